"""The double on real sockets: every kind of nonsense is on the wire as the script says it, and over TLS."""

import http.client
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.caller import ANSWER_SECONDS, Answer
from tests.support.collector.certificates import Authority
from tests.support.collector.desk import Clock, Desk, Poison, Push
from tests.support.collector.letters import Letter, Pen, compressed, headers_of, ratings
from tests.support.collector.remote import Remote
from tests.support.collector.script import (
    CONTENTS,
    HUGE,
    LOST_AFTER,
    LOST_BEFORE,
    STATUSES,
    STEPS,
    Act,
    Content,
    How,
    Step,
)
from tests.support.collector.sender import judged, put, verdict, withdraw
from tests.support.collector.server import Server, serving

SHORT = 0.2  # seconds; what is silent now stays silent


@pytest.fixture(scope="module")
def module_server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def server(module_server: Server) -> Server:
    """A collector without a script."""
    module_server.desk.script.queue.clear()
    module_server.desk.script.standing.clear()
    return module_server


@pytest.fixture
def letter() -> Letter:
    return Pen().batch()


def connect(server: Server, seconds: float = ANSWER_SECONDS) -> socket.socket:
    """A connection of one's own."""
    place = urlsplit(server.url)
    return socket.create_connection((place.hostname or "", place.port or 0), seconds)


def send(connection: socket.socket, letter: Letter) -> None:
    """A whole PUT; the connection stays open."""
    body = compressed(letter.body)
    lines = [f"PUT {letter.path} HTTP/1.1", "Host: x", *(f"{k}: {v}" for k, v in headers_of(letter).items())]
    connection.sendall("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body)


def is_stored(server: Server, letter: Letter) -> bool:
    """Whether the book had it before this very call."""
    return verdict(server.url, letter) == "duplicate"


@pytest.mark.parametrize("content", CONTENTS)
def test_every_status_carries_every_content(server: Server, content: Content) -> None:
    pen = Pen()
    for status in STATUSES:
        letter = pen.batch()
        server.desk.script.queue.append(Act(status=status, content=content))
        answer = put(server.url, letter)
        assert answer.status == status
        if status in {204, 304}:
            assert answer.body == b""
        elif content == "honest":
            assert (answer.json["batch_id"], answer.json["verdict"]) == (letter.id, "stored")
        elif content == "huge":
            assert answer.body == HUGE


@pytest.mark.parametrize(
    ("act", "stored"),
    [(LOST_AFTER, True), (LOST_BEFORE, False), (Act(stop="request"), False), (Act(stop="accept"), False)],
)
def test_a_lost_answer_is_a_reset(server: Server, letter: Letter, act: Act, *, stored: bool) -> None:
    server.desk.script.queue.append(act)
    with pytest.raises(ConnectionError):
        put(server.url, letter)
    assert is_stored(server, letter) == stored


def receive(connection: socket.socket) -> tuple[bytes, type[OSError] | None]:
    """What comes, and what ends it: silence, a reset, or (None) the end of the stream."""
    received = b""
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except (TimeoutError, ConnectionError) as end:
        return received, type(end)
    return received, None


@pytest.mark.parametrize("step", STEPS)
def test_a_stall_is_silence_from_its_step_on(server: Server, letter: Letter, step: Step) -> None:
    server.desk.script.queue.append(Act(stop=step, how="stall"))
    with connect(server, SHORT) as connection:
        send(connection, letter)
        received, end = receive(connection)
    assert end is TimeoutError
    head, ended, body = received.partition(b"\r\n\r\n")
    assert bool(head) == (step in {"headers", "body", "after"})
    assert bool(ended) == (step in {"body", "after"})
    assert (b'"detail": ""}' in body) == (step == "after")
    assert is_stored(server, letter) == (step not in {"accept", "request"})


@pytest.mark.parametrize(("how", "expected"), [("close", None), ("reset", ConnectionResetError)])
@pytest.mark.parametrize("step", STEPS)
def test_an_exchange_that_breaks_off(
    server: Server, letter: Letter, step: Step, how: How, expected: type[OSError] | None
) -> None:
    server.desk.script.queue.append(Act(stop=step, how=how))
    try:
        with connect(server) as connection:
            if step != "accept":  # who meets nobody may be hung up on before a word is sent
                send(connection, letter)
            received, end = receive(connection)
    except ConnectionResetError:
        received, end = b"", ConnectionResetError
        assert step in {"accept", "request"}, "what was read to its end is not reset while it is sent"
    assert end is expected
    assert (b'"detail": ""}' in received) == (step == "after" and (how == "close" or bool(received)))
    assert is_stored(server, letter) == (step not in {"accept", "request"})


def test_half_a_close_still_takes_what_is_sent(server: Server, letter: Letter) -> None:
    server.desk.script.queue.append(Act(stop="answer", how="close"))
    with connect(server) as connection:
        send(connection, letter)
        assert connection.recv(1) == b""
        for _ in range(3):
            connection.sendall(b"is there anybody?")
    assert is_stored(server, letter)


def test_a_slow_drip_arrives_byte_by_byte(server: Server, letter: Letter) -> None:
    server.desk.script.queue.append(Act(drip_seconds=0.001))
    with connect(server) as connection:
        send(connection, letter)
        pieces: list[bytes] = []
        while b'"detail": ""}' not in b"".join(pieces):
            pieces.append(connection.recv(65536))
    assert len(pieces) > 20


def test_more_headers_are_on_the_wire(server: Server, letter: Letter) -> None:
    headers = (("Retry-After", "Mon, 99 Nov 2026"), ("Location", "http://elsewhere.example/"))
    server.desk.script.queue.append(Act(status=307, content="empty", headers=headers))
    answer = put(server.url, letter)
    assert (answer.headers["retry-after"], answer.headers["location"]) == (headers[0][1], headers[1][1])


def test_the_log_is_what_was_sent_byte_for_byte() -> None:
    with serving() as server:
        letter = Pen().batch(*ratings(3))
        put(server.url, letter)
        withdraw(server.url, letter)
        first, second = server.desk.log
    assert (first.method, first.target, first.body) == ("PUT", letter.path, compressed(letter.body))
    assert first.plain() == letter.body
    assert {("Content-Type", letter.media), ("Content-Encoding", "gzip")} <= set(first.headers)
    assert (second.method, second.plain()) == ("DELETE", f'{{"secret": "{letter.secret}"}}'.encode())


def test_in_a_process_of_its_own_it_obeys_and_tells() -> None:
    pen = Pen()
    good, bad = pen.batch(), pen.batch(*ratings(2))
    with Remote() as remote:
        remote.tell(Push([Act(status=503, content="portal", headers=(("Retry-After", "7"),)), LOST_AFTER]))
        remote.tell(Poison([{"model": ratings(2)[1]["model"]}], "indices"))
        assert put(remote.url, good).headers["retry-after"] == "7"
        with pytest.raises(ConnectionError):
            put(remote.url, good)
        assert verdict(remote.url, good) == "duplicate"
        assert judged(put(remote.url, bad), bad)["cells"] == [1]
        seen = remote.look()
        assert [request.plain() for request in seen.requests] == [good.body] * 3 + [bad.body]
        assert (seen.connections, seen.pushed) == (4, 0)
        assert sum(number.n for number in seen.counted) == 11
        remote.tell(Clock(Desk().now() + timedelta(days=400)))
        assert verdict(remote.url, pen.batch()) == "rejected"
    assert remote.process.returncode != 0


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def ask_over_tls(url: str, trusted: Path) -> Answer:
    """As a careful client would."""
    place = urlsplit(url)
    context = ssl.create_default_context(cafile=trusted)
    connection = http.client.HTTPSConnection(
        place.hostname or "", place.port, context=context, timeout=ANSWER_SECONDS
    )
    try:
        connection.request("GET", "/v1/meta")
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.headers), answer.read())
    finally:
        connection.close()


def test_over_tls_it_is_who_it_says(authority: Authority) -> None:
    with serving(tls=authority.issue()) as server:
        assert server.url.startswith("https://localhost:")
        assert ask_over_tls(server.url, authority.trusted).json["schema"] == [1]


@pytest.mark.parametrize(
    ("names", "ended", "why"),
    [
        (("elsewhere.example",), None, "mismatch"),
        ((), timedelta(days=1), "expired"),
    ],
)
def test_a_certificate_that_no_careful_client_takes(
    authority: Authority, names: tuple[str, ...], ended: timedelta | None, why: str
) -> None:
    with serving(tls=authority.issue(*names, ended=ended)) as server:
        with pytest.raises(ssl.SSLCertVerificationError, match=why):
            ask_over_tls(server.url, authority.trusted)
        assert server.desk.log == []


def test_an_authority_that_nobody_trusts(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other")
    with (
        serving(tls=stranger.issue()) as server,
        pytest.raises(ssl.SSLCertVerificationError, match="verify failed"),
    ):
        ask_over_tls(server.url, authority.trusted)


def test_over_tls_a_stall_and_a_reset_are_the_same(authority: Authority) -> None:
    with serving(tls=authority.issue()) as server:
        server.desk.script.queue += [Act(stop="answer"), Act(stop="body", how="close")]
        for _ in range(2):
            with pytest.raises((ConnectionError, http.client.HTTPException, ssl.SSLError)):
                ask_over_tls(server.url, authority.trusted)
        assert ask_over_tls(server.url, authority.trusted).status == 200
