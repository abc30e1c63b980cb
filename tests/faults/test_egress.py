"""A server, a network or a name that misbehaves: in time an answer or one reason, and nothing else sent."""

import asyncio
import gzip
import socket
import subprocess
import sys
import tracemalloc
from collections.abc import Sequence

import psutil
import pytest

from sidecar.egress import Answer, Failure, Letter, Patience, send
from sidecar.egress.letter import MAX_ANSWER_BYTES, MAX_BODY_BYTES
from tests.support.stranger import Caller, Script, answering, stranger

BODY = b"\x1f\x8b the sealed bytes"
HEADERS = {
    "Content-Type": "application/vnd.feedback-sidecar.batch+json;version=1",
    "Content-Encoding": "gzip",
    "Content-Digest": "sha-256=:AAAA:",
}
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
SOON = Patience(connect_seconds=0.3, total_seconds=0.6)
SOON_CONNECTED = Patience(connect_seconds=0.3, total_seconds=60)


def letter(port: int, *, method: str = "PUT", body: bytes = BODY, host: str = "127.0.0.1") -> Letter:
    """A batch for a server on loopback."""
    url = f"http://{host}:{port}/v1/batches/0a1b"
    return Letter(method=method, url=url, headers=HEADERS if body else {}, body=body, private=True)


async def sent_to(script: Script, patience: Patience = SOON) -> Answer | Failure:
    """What becomes of a letter to such a server; it is carried there once."""
    async with stranger(script) as server:
        outcome = await send(letter(server.port), patience=patience)
        assert len(server.heard) == 1
    return outcome


async def test_a_letter_goes_out_with_these_bytes_and_no_others() -> None:
    async with stranger(answering(OK)) as server:
        outcome = await send(letter(server.port))
    assert (
        bytes(server.heard[0])
        == (
            b"PUT /v1/batches/0a1b HTTP/1.1\r\n"
            b"Host: 127.0.0.1:%d\r\n"
            b"Content-Type: application/vnd.feedback-sidecar.batch+json;version=1\r\n"
            b"Content-Encoding: gzip\r\n"
            b"Content-Digest: sha-256=:AAAA:\r\n"
            b"User-Agent: feedback-sidecar\r\n"
            b"Accept: */*\r\n"
            b"Accept-Encoding: identity\r\n"
            b"Content-Length: 19\r\n"
            b"Connection: close\r\n"
            b"\r\n" % server.port
        )
        + BODY
    )
    assert outcome == Answer(
        status=200,
        body=b"{}",
        retry_after=None,
        content_type="application/json",
        sent=len(server.heard[0]),
        received=len(OK),
    )


@pytest.mark.parametrize(("method", "length"), [("GET", b""), ("DELETE", b"Content-Length: 0\r\n")])
async def test_a_letter_without_a_body_has_none(method: str, length: bytes) -> None:
    async with stranger(answering(OK)) as server:
        assert isinstance(await send(letter(server.port, method=method, body=b"")), Answer)
    assert bytes(server.heard[0]) == (
        b"%b /v1/batches/0a1b HTTP/1.1\r\n"
        b"Host: 127.0.0.1:%d\r\n"
        b"User-Agent: feedback-sidecar\r\n"
        b"Accept: */*\r\n"
        b"Accept-Encoding: identity\r\n"
        b"%bConnection: close\r\n"
        b"\r\n" % (method.encode(), server.port, length)
    )


async def test_each_letter_has_a_connection_of_its_own_that_is_closed_after_it() -> None:
    keeping = b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nSet-Cookie: id=1\r\nContent-Length: 0\r\n\r\n"
    hung_up = asyncio.Semaphore(0)

    async def script(caller: Caller) -> None:
        await caller.listen()
        await caller.say(keeping)
        await caller.wait()
        hung_up.release()

    before = psutil.Process().num_fds() if sys.platform != "win32" else 0
    async with stranger(script) as server:
        for _ in range(3):
            assert isinstance(await send(letter(server.port)), Answer)
            await asyncio.wait_for(hung_up.acquire(), 5)
        assert len(server.heard) == 3
        assert server.heard[0] == server.heard[2]
    if sys.platform != "win32":
        assert psutil.Process().num_fds() == before


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer_and_nobody_goes_there(status: int) -> None:
    async with stranger(answering(OK)) as other:
        there = f"http://127.0.0.1:{other.port}/"
        head = f"HTTP/1.1 {status} Moved\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n"
        outcome = await sent_to(answering(head.encode()))
        assert other.heard == []
    assert isinstance(outcome, Answer)
    assert outcome.status == status


async def test_a_retry_after_is_handed_on_as_it_is() -> None:
    head = b"HTTP/1.1 503 Busy\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\nContent-Length: 0\r\n\r\n"
    outcome = await sent_to(answering(head))
    assert isinstance(outcome, Answer)
    assert outcome.retry_after == "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize("value", [b"\xc3\xbc", b"\xff\xfe", b"1\t2"])
async def test_a_header_that_is_no_plain_text_is_left_out(value: bytes) -> None:
    head = b"HTTP/1.1 503 \xff\r\nRetry-After: " + value + b"\r\nContent-Length: 0\r\n\r\n"
    outcome = await sent_to(answering(head))
    assert isinstance(outcome, Answer)
    assert outcome.retry_after is None


async def _silent(caller: Caller) -> None:
    await caller.wait()


async def _half_a_head(caller: Caller) -> None:
    await caller.listen()
    await caller.say(b"HTTP/1.1 200 OK\r\nContent-")
    await caller.wait()


async def _half_a_body(caller: Caller) -> None:
    await caller.listen()
    await caller.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await caller.wait()


async def _drip(caller: Caller) -> None:
    await caller.listen()
    await caller.say(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
    while True:
        await caller.say(b" ")
        await asyncio.sleep(0.01)


async def _for_ever_to_be_continued(caller: Caller) -> None:
    await caller.listen()
    while True:
        await caller.say(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100)


@pytest.mark.parametrize("script", [_silent, _half_a_head, _half_a_body, _drip, _for_ever_to_be_continued])
async def test_a_server_that_stalls_is_left_in_time(script: Script) -> None:
    async with asyncio.timeout(30):  # none of them ever ends by itself
        assert await sent_to(script) == Failure("timeout", sent_maybe=True)


async def test_a_connection_that_nobody_takes_is_given_up_in_time() -> None:
    """The queue of the socket is full, so the system lets further ones wait."""
    with socket.socket() as listening, socket.socket() as first, socket.socket() as second:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)  # noqa: FBT003  # the standard library's own signature
            waiting.connect_ex(listening.getsockname())
        async with asyncio.timeout(10):
            outcome = await send(letter(listening.getsockname()[1]), patience=SOON_CONNECTED)
    assert outcome == Failure("timeout", sent_maybe=False)


async def test_a_name_server_that_is_silent_is_given_up_in_time() -> None:
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def asleep(_: str) -> Sequence[str]:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result()
        return []

    try:
        async with asyncio.timeout(10):
            outcome = await send(letter(1, host="localhost"), patience=SOON_CONNECTED, look_up=asleep)
    finally:
        release.set()
    assert outcome == Failure("timeout", sent_maybe=False)


STUCK = """
import asyncio, threading
from sidecar.egress import Letter, Patience, send
letter = Letter(method="GET", url="https://collector.example/", headers={}, body=b"")
stuck = lambda _: threading.Event().wait()
print(asyncio.run(send(letter, patience=Patience(0.1, 0.2), look_up=stuck)).why)
"""


def test_a_name_server_that_never_answers_does_not_hold_up_the_end_of_the_process() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=20, check=True
    )
    assert ended.stdout == "timeout\n"


async def test_a_name_without_an_address_is_told_as_such() -> None:
    url = "https://collector.invalid/v1"
    outcome = await send(Letter(method="GET", url=url, headers={}, body=b""))
    assert outcome == Failure("dns", sent_maybe=False)


async def test_nobody_listening_is_told_as_such() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        outcome = await send(letter(unused.getsockname()[1]))
    assert outcome == Failure("connect", sent_maybe=False)


async def _reset_at_once(caller: Caller) -> None:
    caller.reset()


async def _reset_after_the_request(caller: Caller) -> None:
    await caller.listen()
    caller.reset()


async def _close_after_the_request(caller: Caller) -> None:
    await caller.listen()


async def _half_close(caller: Caller) -> None:
    await caller.listen()
    caller.half_close()
    await caller.wait()


async def _reset_in_the_body(caller: Caller) -> None:
    await caller.listen()
    await caller.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    caller.reset()


async def _end_in_a_chunk(caller: Caller) -> None:
    await caller.listen()
    await caller.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{")


@pytest.mark.parametrize(
    "script",
    [
        _reset_at_once,
        _reset_after_the_request,
        _close_after_the_request,
        _half_close,
        _reset_in_the_body,
        _end_in_a_chunk,
    ],
)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET"])
async def test_a_broken_connection_is_told_and_the_letter_is_not_sent_again(
    script: Script, method: str
) -> None:
    async with stranger(script) as server:
        outcome = await send(letter(server.port, method=method))
        assert len(server.heard) == 1
    assert outcome == Failure("reset", sent_maybe=True)


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"\x00\x01\x02\x03\r\n\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 65 + b"\r\n",
    ],
)
async def test_what_is_no_http_is_told_as_such(answer: bytes) -> None:
    assert await sent_to(answering(answer)) == Failure("protocol", sent_maybe=True)


async def test_a_body_that_breaks_its_own_rules_is_no_answer() -> None:
    """Where its head is read by then, it looks like a broken connection."""
    outcome = await sent_to(answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"))
    assert isinstance(outcome, Failure)
    assert outcome.why in {"protocol", "reset"}
    assert outcome.sent_maybe


async def test_the_longest_answer_is_read_and_one_byte_more_is_not() -> None:
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    whole = await sent_to(answering(head + bytes(MAX_ANSWER_BYTES)))
    assert isinstance(whole, Answer)
    assert len(whole.body) == MAX_ANSWER_BYTES
    longer = await sent_to(answering(head + bytes(MAX_ANSWER_BYTES + 1)))
    assert longer == Failure("too_large", sent_maybe=True)


async def test_a_packed_answer_stays_packed() -> None:
    bomb = gzip.compress(bytes(10_000_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    outcome = await sent_to(answering(head + bomb))
    assert isinstance(outcome, Answer)
    assert outcome.body == bomb


def _flood(begin: bytes, piece: bytes) -> Script:
    async def script(caller: Caller) -> None:
        await caller.listen()
        await caller.say(begin)
        for _ in range(200_000_000 // len(piece)):
            await caller.say(piece)

    return script


FLOODS = {
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n", bytes(65536)),
    "chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"10000\r\n" + bytes(65536) + b"\r\n",
    ),
    "one header": (b"HTTP/1.1 200 OK\r\nA: ", b"a" * 65536),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"A: bbbbbbbbbbbb\r\n" * 4096),
    "status line": (b"HTTP/1.1 200 ", b"a" * 65536),
    "no line": (b"", b"a" * 65536),
    "trailers": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        b"A: bbbbbbbbbbbb\r\n" * 4096,
    ),
}
UNSEEN_FLOODS = {
    "chunk extension": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=", b"a" * 65536),
    "one answer to come after the other": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1600),
}
"""What the parser reads and forgets, as long as there is time."""


@pytest.mark.parametrize("name", FLOODS | UNSEEN_FLOODS)
async def test_a_flood_of_200_mb_is_left_and_keeps_no_memory(name: str) -> None:
    seen = name in FLOODS
    tracemalloc.start()
    try:
        patience = Patience(connect_seconds=30, total_seconds=30) if seen else SOON
        outcome = await sent_to(_flood(*(FLOODS | UNSEEN_FLOODS)[name]), patience)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(outcome, Failure)
    assert outcome.why in ({"too_large", "protocol", "reset"} if seen else {"timeout", "reset"})
    assert peak < (4_000_000 if seen else 16_000_000)  # thousands of heads come in one piece


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://collector.example/v1"},
        {"url": "ftp://127.0.0.1/"},
        {"url": "http://127.0.0.1:9/v1?a=b"},
        {"method": "POST"},
        {"method": "PUT /other HTTP/1.1\r\nX: y\r\n\r\nGET"},
        {"headers": {"Cookie": "a=b"}},
        {"headers": {"Authorization": "Bearer x"}},
        {"headers": {"User-Agent": "else"}},
        {"headers": {"Host": "evil.example"}},
        {"headers": {"Content-Length": "0"}},
        {"headers": {"Content-Type": "a/b\r\nX-Machine: mine"}},
        {"headers": {"Content-Type": "a/b", "content-type": "c/d"}},
        {"headers": {"Content-Type": "\u00fc"}},
        {"headers": {"Content-Type": ""}},
        {"body": bytes(MAX_BODY_BYTES + 1)},
    ],
)
async def test_a_letter_that_is_none_of_ours_opens_nothing(wrong: dict[str, object]) -> None:
    asked: list[str] = []

    def look_up(host: str) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    good = {"method": "PUT", "url": "http://localhost:9/v1", "headers": {}, "body": b"", "private": True}
    outcome = await send(Letter(**{**good, **wrong}), look_up=look_up)  # type: ignore[arg-type]  # on purpose
    assert outcome == Failure("letter", sent_maybe=False)
    assert asked == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "0.0.0.0"],  # noqa: S104  # never bound
)
async def test_a_public_name_never_leads_inside(address: str) -> None:
    async with stranger(answering(OK)) as server:
        for private in (False, True):
            url = f"https://collector.example:{server.port}/v1"
            inside = Letter(method="GET", url=url, headers={}, body=b"", private=private)
            outcome = await send(inside, look_up=lambda _: [address])
            assert outcome == Failure("forbidden_address", sent_maybe=False)
        assert server.heard == []


async def test_a_name_server_that_changes_its_mind_does_not_lead_inside_either() -> None:
    """The first answer is public and takes no connection; whatever is asked later, loopback is not tried."""
    async with stranger(answering(OK)) as server:
        answers = iter([["2001:200::1", "127.0.0.1"], ["127.0.0.1"], ["127.0.0.1"]])
        url = f"https://collector.example:{server.port}/v1"
        outcome = await send(
            Letter(method="GET", url=url, headers={}, body=b""),
            patience=SOON,
            look_up=lambda _: next(answers),
        )
        assert isinstance(outcome, Failure)
        assert not outcome.sent_maybe
        assert server.heard == []
        assert len(list(answers)) == 2


async def test_without_tls_a_name_of_this_machine_does_not_lead_out_of_it() -> None:
    outcome = await send(letter(80, host="localhost"), look_up=lambda _: ["8.8.8.8", "10.0.0.1"])
    assert outcome == Failure("forbidden_address", sent_maybe=False)


async def test_a_literal_inside_needs_to_be_configured() -> None:
    async with stranger(answering(OK)) as server:
        url = f"https://127.0.0.1:{server.port}/v1"
        outcome = await send(Letter(method="GET", url=url, headers={}, body=b""))
        assert outcome == Failure("forbidden_address", sent_maybe=False)
        assert server.heard == []


async def test_a_letter_that_is_called_back_leaves_no_connection() -> None:
    gone = asyncio.Event()
    here = asyncio.Event()

    async def script(caller: Caller) -> None:
        await caller.listen()
        here.set()
        await caller.wait()
        gone.set()

    async with stranger(script) as server:
        sending = asyncio.create_task(send(letter(server.port)))
        await here.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await asyncio.wait_for(gone.wait(), 5)
