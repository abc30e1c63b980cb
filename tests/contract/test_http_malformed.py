"""Bytes that are no request, and requests that break off: a problem or a closed line, no record, no echo."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.support.caller import ANSWER_SECONDS, Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import least
from tests.support.plain_http import host_of, read, send, url_of
from tests.support.problem import CANARY, problem
from tests.support.secure import secure, without_cors

RECORD = json.dumps(least("rating"))
POST = "POST /v1/feedback HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"

MALFORMED = {
    "words": f"{CANARY}\r\n\r\n",
    "a prompt": f"Why is {CANARY} blue?\r\n\r\n",
    "bare JSON": f'{{"prompt": "{CANARY}"}}\r\n\r\n',
    "another version": f"GET /{CANARY} HTTP/9.9\r\nHost: {{host}}\r\n\r\n",
    "another protocol": f"GET /{CANARY} CANARY/1.1\r\nHost: {{host}}\r\n\r\n",
    "TLS": "\x16\x03\x01\x02\x00\x01" + CANARY + "\r\n\r\n",
    "control character in the path": f"GET /{CANARY}\x01 HTTP/1.1\r\nHost: {{host}}\r\n\r\n",
    "blank in the path": f"GET /{CANARY} x HTTP/1.1\r\nHost: {{host}}\r\n\r\n",
    "long path": f"GET /{CANARY}{'a' * 9_000} HTTP/1.1\r\nHost: {{host}}\r\n\r\n",
    "header without colon": f"GET / HTTP/1.1\r\nHost: {{host}}\r\n{CANARY}\r\n\r\n",
    "header with a blank in its name": f"GET / HTTP/1.1\r\nHost: {{host}}\r\nx {CANARY}: 1\r\n\r\n",
    "null byte in a header": f"GET / HTTP/1.1\r\nHost: {{host}}\r\nX: {CANARY}\x00\r\n\r\n",
    "carriage return in a header": f"GET / HTTP/1.1\r\nHost: {{host}}\r\nX: {CANARY}\rY: 1\r\n\r\n",
    "folded header": f"GET / HTTP/1.1\r\nHost: {{host}}\r\nX: a\r\n {CANARY}\r\n\r\n",
    "long header": f"GET / HTTP/1.1\r\nHost: {{host}}\r\nX: {CANARY}{'a' * 9_000}\r\n\r\n",
    "many headers": "GET / HTTP/1.1\r\nHost: {host}\r\n" + f"X: {CANARY}\r\n" * 1_000 + "\r\n",
    "length is no number": f"{POST}Content-Length: {CANARY}\r\n\r\n",
    "negative length": f"{POST}Content-Length: -1\r\n\r\n{CANARY}",
    "length with a sign": f"{POST}Content-Length: +5\r\n\r\n{CANARY}",
    "two lengths": f"{POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{CANARY}",
    "length and chunks": f"{POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{CANARY}",
    "unknown coding": f"{POST}Transfer-Encoding: {CANARY}\r\n\r\n",
    "chunked is not last": f"{POST}Transfer-Encoding: chunked, gzip\r\n\r\n{CANARY}",
    "chunk size is no number": f"{POST}Transfer-Encoding: chunked\r\n\r\n{CANARY}\r\n\r\n",
    "chunk is longer than its size": f"{POST}Transfer-Encoding: chunked\r\n\r\n1\r\n{CANARY}\r\n0\r\n\r\n",
}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    settings = {"HARDWARE_BUCKET": "unknown", "LOG_LEVEL": "debug"}
    with start(tmp_path_factory.mktemp("malformed") / "data", settings=settings) as daemon:
        yield daemon


@pytest.fixture
def owner(daemon: Daemon) -> Iterator[Caller]:
    """An owner whose store stays empty."""
    with daemon.caller(manages=True) as caller:
        yield caller
        assert caller.rows("/v1/feedback") == []


def wire(daemon: Daemon, text: str) -> bytes:
    """Bytes for the socket, with the right Host."""
    return text.replace("{host}", host_of(url_of(daemon))).encode("latin-1")


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_request_gets_a_problem_that_repeats_nothing(daemon: Daemon, name: str) -> None:
    answer = secure(without_cors(read(send(url_of(daemon), wire(daemon, MALFORMED[name])))))
    problem(answer, 400, "malformed-request")


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize("rest", [f"5\r\n{CANARY}\r\n", f"{CANARY}\r\n", f"5;{CANARY}\r\n12345{CANARY}\r\n"])
def test_a_body_that_breaks_while_its_handler_waits_gets_a_problem(daemon: Daemon, rest: str) -> None:
    head = wire(daemon, f"{POST}Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
    received = send_when_asked(url_of(daemon), head, wire(daemon, f"2\r\n{{ \r\n{rest}"))
    assert received.count(b"HTTP/1.1 ") == 1
    problem(secure(read(received)), 400, "malformed-request")


def send_when_asked(url: str, head: bytes, body: bytes) -> bytes:
    """Send a head, wait until the handler asks for the body, send it; what comes back then."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname or "", place.port or 0), ANSWER_SECONDS) as connection:
        connection.sendall(head)
        asked = connection.recv(65536)
        assert asked == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def test_a_caller_that_hangs_up_stores_nothing_and_is_no_bug(daemon: Daemon, owner: Caller) -> None:
    before = daemon.log.count("ERROR")
    for cut in (0, 1, len(RECORD) // 2, len(RECORD) - 1):
        told = wire(daemon, f"{POST}Content-Length: {len(RECORD)}\r\n\r\n")
        send(url_of(daemon), told + RECORD[:cut].encode(), hang_up=True)
    assert owner.rows("/v1/feedback") == []
    assert daemon.log.count("ERROR") == before


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize("expected", [CANARY, "100-continue, x", "200-ok"])
@pytest.mark.parametrize("path", ["/healthz", "/v1/feedback", f"/{CANARY}"])
def test_an_unknown_expectation_is_refused_without_its_words(
    daemon: Daemon, path: str, expected: str
) -> None:
    text = f"GET {path} HTTP/1.1\r\nHost: {{host}}\r\nExpect: {expected}\r\nConnection: close\r\n\r\n"
    problem(secure(read(send(url_of(daemon), wire(daemon, text)))), 400, "malformed-request")


def test_a_caller_that_waits_to_be_asked_for_its_body_is_asked(daemon: Daemon) -> None:
    head = f"{POST}Content-Length: {len(RECORD)}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    received = send(url_of(daemon), wire(daemon, head), RECORD.encode())
    asked, _, answer = received.partition(b"\r\n\r\n")
    assert asked == b"HTTP/1.1 100 Continue"
    assert read(answer).status == 201
    with daemon.caller(manages=True) as owner:
        assert owner.post("/v1/purge", {}).json == {"deleted": 1}


@pytest.mark.usefixtures("owner")
def test_a_request_hidden_in_a_body_is_no_request(daemon: Daemon) -> None:
    """What follows a body that was refused is either skipped or ends the connection, never run."""
    hidden = wire(daemon, f"{POST}Content-Length: {len(RECORD)}\r\n\r\n{RECORD}")
    for head in ("Content-Type: text/plain", "Content-Type: application/json\r\nContent-Encoding: gzip"):
        told = f"POST /v1/feedback HTTP/1.1\r\nHost: {{host}}\r\n{head}\r\nContent-Length: {len(hidden)}\r\n"
        received = send(url_of(daemon), wire(daemon, f"{told}Connection: close\r\n\r\n") + hidden)
        assert received.count(b"HTTP/1.1 ") == 1
        problem(read(received), 415, "json-only")


def test_nothing_of_it_is_in_the_log_or_in_any_file(daemon: Daemon, owner: Caller) -> None:
    """After all of the above, with the log at its wordiest."""
    assert owner.get("/healthz").status == 200
    for path in sorted(daemon.data_dir.rglob("*")):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path
    assert CANARY not in daemon.words
