"""TLS and proxies: a letter is shown to no server that has not proved its name, and to no proxy."""

import asyncio
import ssl
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from sidecar.egress import Answer, Failure, Letter, Patience, send
from tests.support.stranger import Caller, answering, stranger

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
SOON = Patience(connect_seconds=0.5, total_seconds=60)
DAY = timedelta(days=1)
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Whom the machine trusts."""
    return trustme.CA()


@pytest.fixture(autouse=True)
def trusting(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that trusts one authority and names no proxy."""
    authority.cert_pem.write_to_path(tmp_path / "trusted.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    for name in (*PROXIES, "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return iter([None])


def shown(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """The server's side, with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def letter(port: int | str, host: str = "localhost", *, private: bool = True) -> Letter:
    """A letter over TLS."""
    url = f"https://{host}:{port}/v1/batches/0a1b"
    return Letter(method="PUT", url=url, headers={}, body=b"sealed", private=private)


async def test_a_trusted_server_with_the_right_name_gets_the_letter(authority: trustme.CA) -> None:
    names: list[str | None] = []
    tls = shown(authority.issue_cert("localhost"))
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    async with stranger(answering(OK), tls) as server:
        outcome = await send(letter(server.port))
    assert isinstance(outcome, Answer)
    assert outcome.sent == len(server.heard[0])
    assert names == ["localhost"]


async def test_a_server_may_prove_an_address_instead_of_a_name(authority: trustme.CA) -> None:
    async with stranger(answering(OK), shown(authority.issue_cert("127.0.0.1"))) as server:
        assert isinstance(await send(letter(server.port, "127.0.0.1")), Answer)


WRONG: dict[str, Callable[[trustme.CA], ssl.SSLContext]] = {
    "another name": lambda known: shown(known.issue_cert("other.example")),
    "a name below": lambda known: shown(known.issue_cert("a.localhost")),
    "expired": lambda known: shown(
        known.issue_cert(
            "localhost", not_before=datetime.now(UTC) - 9 * DAY, not_after=datetime.now(UTC) - DAY
        )
    ),
    "not yet valid": lambda known: shown(
        known.issue_cert(
            "localhost", not_before=datetime.now(UTC) + DAY, not_after=datetime.now(UTC) + 9 * DAY
        )
    ),
    "from nobody we trust": lambda _: shown(trustme.CA().issue_cert("localhost")),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_server_that_proves_nothing_is_shown_nothing(name: str, authority: trustme.CA) -> None:
    async with stranger(answering(OK), WRONG[name](authority)) as server:
        outcome = await send(letter(server.port))
    assert outcome == Failure("tls", sent_maybe=False)
    assert server.heard == []


def old(tls: ssl.SSLContext) -> ssl.SSLContext:
    """It speaks TLS 1.1 and nothing newer."""
    tls.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        tls.minimum_version = tls.maximum_version = ssl.TLSVersion.TLSv1_1
    return tls


async def test_a_server_with_an_old_protocol_is_shown_nothing(authority: trustme.CA) -> None:
    async with stranger(answering(OK), old(shown(authority.issue_cert("localhost")))) as server:
        outcome = await send(letter(server.port))
    assert isinstance(outcome, Failure)
    assert outcome.why in {"connect", "tls"}  # a server may say why, or hang up
    assert not outcome.sent_maybe
    assert server.heard == []


async def test_a_server_without_tls_is_shown_nothing() -> None:
    async def script(caller: Caller) -> None:
        await caller.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await caller.wait()

    async with stranger(script) as server:
        outcome = await send(letter(server.port))
    assert outcome == Failure("tls", sent_maybe=False)
    assert server.heard == [bytearray()]


async def test_a_handshake_that_stalls_is_given_up_in_time() -> None:
    async def script(caller: Caller) -> None:
        await caller.wait()

    async with stranger(script) as server, asyncio.timeout(10):
        outcome = await send(letter(server.port), patience=SOON)
    assert outcome == Failure("timeout", sent_maybe=False)


async def test_a_handshake_that_breaks_off_leaves_the_letter_here() -> None:
    async def script(caller: Caller) -> None:
        caller.reset()

    async with stranger(script) as server:
        outcome = await send(letter(server.port), patience=SOON)
        assert len(server.heard) == 1
    assert isinstance(outcome, Failure)
    assert outcome.why in {"connect", "tls"}
    assert not outcome.sent_maybe


async def test_no_key_of_a_connection_is_written_down(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    async with stranger(answering(OK), shown(authority.issue_cert("localhost"))) as server:
        assert isinstance(await send(letter(server.port)), Answer)
    assert not (tmp_path / "keys").exists()


async def test_a_proxy_of_the_environment_is_not_used_unasked(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        stranger(answering(OK)) as proxy,
        stranger(answering(OK), shown(authority.issue_cert("localhost"))) as server,
    ):
        for name in PROXIES:
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert isinstance(await send(letter(server.port)), Answer)
        assert isinstance(await send(letter(server.port), trust_env=True), Answer)  # it is this machine
        public = letter(443, "collector.example", private=False)
        assert await send(public, look_up=lambda _: []) == Failure("dns", sent_maybe=False)
        assert proxy.heard == []


async def test_a_proxy_that_the_owner_trusts_carries_the_letter_unread(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It learns the name of the server and nothing of who sends; not even a password of `.netrc` is shown."""
    (tmp_path / ".netrc").write_text("machine collector.example login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    async with stranger(answering(OK), shown(authority.issue_cert("collector.example"))) as server:

        async def script(caller: Caller) -> None:
            await caller.listen()
            await caller.say(b"HTTP/1.1 200 OK\r\n\r\n")
            await caller.tunnel(server.port)

        async with stranger(script) as proxy:
            monkeypatch.setenv("https_proxy", f"127.0.0.1:{proxy.port}")
            outcome = await send(letter(8443, "collector.example", private=False), trust_env=True)
    assert isinstance(outcome, Answer)
    assert outcome.sent == len(server.heard[0])
    assert bytes(server.heard[0]).startswith(
        b"PUT /v1/batches/0a1b HTTP/1.1\r\nHost: collector.example:8443\r\n"
    )
    assert b"uthorization" not in server.heard[0]
    assert bytes(proxy.heard[0]) == (
        b"CONNECT collector.example:8443 HTTP/1.1\r\n"
        b"Host: collector.example:8443\r\n"
        b"User-Agent: feedback-sidecar\r\n"
        b"Accept: */*\r\n"
        b"Accept-Encoding: identity\r\n"
        b"Connection: close\r\n"
        b"\r\n"
    )


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n"],
)
async def test_a_proxy_that_refuses_is_told_as_such(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stranger(answering(answer)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://me:secret@127.0.0.1:{proxy.port}")
        outcome = await send(letter(443, "collector.example", private=False), trust_env=True)
    assert outcome == Failure("proxy", sent_maybe=False)
    assert b"Proxy-Authorization: Basic bWU6c2VjcmV0\r\n" in proxy.heard[0]


@pytest.mark.parametrize(
    "named", ["http://127.0.0.1:1", "socks5://127.0.0.1:1", "http://", "http://[", "127.0.0.1:x"]
)
async def test_a_proxy_that_is_none_is_not_gone_around(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def look_up(host: str) -> list[str]:
        asked.append(host)
        return []

    monkeypatch.setenv("https_proxy", named)
    outcome = await send(letter(443, "collector.example", private=False), trust_env=True, look_up=look_up)
    assert outcome == Failure("proxy", sent_maybe=False)
    assert "collector.example" not in asked
