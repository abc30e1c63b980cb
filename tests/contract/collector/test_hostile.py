"""Bytes that are no request, requests that break off, senders that ask for what there is not."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.support.caller import ANSWER_SECONDS
from tests.support.collector.letters import Letter, Pen, compressed, headers_of
from tests.support.collector.sender import is_unsettled, judged, put, verdict
from tests.support.plain_http import ask, host_of, ours, read, send

CANARY = "CANARYCANARY"

MALFORMED = {
    "words": f"{CANARY}\r\n\r\n",
    "TLS": f"\x16\x03\x01\x02\x00\x01{CANARY}\r\n\r\n",
    "another version": f"GET /{CANARY} HTTP/9.9\r\nHost: {{host}}\r\n\r\n",
    "blank in the path": f"GET /{CANARY} x HTTP/1.1\r\nHost: {{host}}\r\n\r\n",
    "header without colon": f"GET /v1/meta HTTP/1.1\r\nHost: {{host}}\r\n{CANARY}\r\n\r\n",
    "header with a blank in its name": f"GET /v1/meta HTTP/1.1\r\nHost: {{host}}\r\nx {CANARY}: 1\r\n\r\n",
    "null byte in a header": f"GET /v1/meta HTTP/1.1\r\nHost: {{host}}\r\nX: {CANARY}\x00\r\n\r\n",
    "folded header": f"GET /v1/meta HTTP/1.1\r\nHost: {{host}}\r\nX: a\r\n {CANARY}\r\n\r\n",
    "long header": f"GET /v1/meta HTTP/1.1\r\nHost: {{host}}\r\nX: {CANARY}{'a' * 70_000}\r\n\r\n",
    "length is no number": f"PUT /v1/meta HTTP/1.1\r\nHost: {{host}}\r\nContent-Length: {CANARY}\r\n\r\n",
    "negative length": f"PUT /v1/meta HTTP/1.1\r\nHost: {{host}}\r\nContent-Length: -1\r\n\r\n{CANARY}",
    "length with a sign": f"PUT /v1/meta HTTP/1.1\r\nHost: {{host}}\r\nContent-Length: +5\r\n\r\n{CANARY}",
    "two lengths": "PUT /v1/meta HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "length and chunks": (
        "PUT /v1/meta HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n"
        f"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{CANARY}"
    ),
}

PATHS = (
    "/",
    "/v1",
    "/v1/batches",
    "/v1/batches/",
    "/v1/batches/x",
    f"/v1/batches/{'0' * 31}",
    f"/v1/batches/{'0' * 33}",
    f"/v1/batches/{'A' * 32}",
    f"/v1/batches/{'0' * 32}/",
    f"/v1/batches/{'0' * 32}/x",
    f"/v1/batches/..%2f{'0' * 32}",
    f"/v1/batches/{'%30' * 32}",
    f"/v1/records/{'0' * 32}",
    f"/v2/batches/{'0' * 32}",
)


def wire(collector: str, letter: Letter, *more: str) -> bytes:
    """A whole PUT as bytes."""
    body = compressed(letter.body)
    named = [f"{name}: {value}" for name, value in headers_of(letter).items()]
    lines = [
        f"PUT {letter.path} HTTP/1.1",
        f"Host: {host_of(collector)}",
        *named,
        f"Content-Length: {len(body)}",
        *more,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_request_is_refused_without_its_words(collector: str, pen: Pen, name: str) -> None:
    raw = MALFORMED[name].replace("{host}", host_of(collector)).encode("latin-1")
    answer = read(send(collector, raw, hang_up=True))
    assert 400 <= answer.status < 500
    assert CANARY.encode() not in answer.body
    assert verdict(collector, pen.batch()) == "stored"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET"])
def test_a_path_that_is_none_settles_nothing(collector: str, pen: Pen, method: str, path: str) -> None:
    letter = pen.batch()
    headers = ours(collector, *headers_of(letter).items())
    answer = ask(collector, method, path, headers, compressed(letter.body))
    assert answer.status in {400, 404, 405}
    assert is_unsettled(answer)


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_another_method_settles_nothing(collector: str, pen: Pen, method: str) -> None:
    letter = pen.batch()
    answer = ask(
        collector, method, letter.path, ours(collector, *headers_of(letter).items()), compressed(letter.body)
    )
    assert answer.status in {400, 405, 501}
    assert is_unsettled(answer)
    assert verdict(collector, letter) == "stored"


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.6, 0.99])
def test_a_request_that_breaks_off_stores_nothing(collector: str, pen: Pen, kept: float) -> None:
    letter = pen.batch()
    whole = wire(collector, letter)
    raw = send(collector, whole[: int(len(whole) * kept)], hang_up=True)
    assert raw == b"" or 400 <= read(raw).status < 500
    assert verdict(collector, letter) == "stored"


def test_a_request_in_many_pieces_is_whole(collector: str, pen: Pen) -> None:
    letter = pen.batch()
    whole = wire(collector, letter, "Connection: close")
    answer = read(send(collector, *(whole[place : place + 97] for place in range(0, len(whole), 97))))
    assert judged(answer, letter)["verdict"] == "stored"


def test_a_sender_that_closes_its_half_is_answered(collector: str, pen: Pen) -> None:
    letter = pen.batch()
    answer = read(send(collector, wire(collector, letter), hang_up=True))
    assert judged(answer, letter)["verdict"] == "stored"


def test_a_sender_that_does_not_wait_for_the_answer_is_not_counted_twice(collector: str, pen: Pen) -> None:
    letter = pen.batch()
    place = urlsplit(collector)
    with socket.create_connection((place.hostname or "", place.port or 0), ANSWER_SECONDS) as connection:
        connection.sendall(wire(collector, letter))
    assert verdict(collector, letter) in {"stored", "duplicate"}
    assert verdict(collector, letter) == "duplicate"


def test_two_requests_in_one_go_are_answered_in_order(collector: str, pen: Pen) -> None:
    first, second = pen.batch(), pen.batch()
    raw = send(collector, wire(collector, first) + wire(collector, second, "Connection: close"))
    assert raw.count(b"HTTP/1.1 200") == 2
    assert raw.index(first.id.encode()) < raw.index(second.id.encode())


def test_a_request_hidden_in_a_body_is_no_request(collector: str, pen: Pen) -> None:
    hidden = pen.batch()
    letter = pen.batch()
    answer = put(collector, letter, body=wire(collector, hidden))
    assert answer.status == 400
    assert verdict(collector, hidden) == "stored"


def test_a_length_beside_chunks_ends_the_connection(collector: str, pen: Pen) -> None:
    """A proxy that believes the one and a collector that believes the other see different requests."""
    hidden = pen.batch()
    head = f"PUT {pen.batch().path} HTTP/1.1\r\nHost: {host_of(collector)}\r\n"
    framed = f"{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode()
    raw = send(collector, framed + wire(collector, hidden, "Connection: close"), hang_up=True)
    assert raw.count(b"HTTP/1.1 ") == 1
    assert read(raw).status == 400
    assert verdict(collector, hidden) == "stored"


@pytest.mark.parametrize("name", ["Content-Digest", "Content-Type", "Content-Encoding"])
def test_a_header_that_stands_twice_settles_nothing(collector: str, pen: Pen, name: str) -> None:
    """A proxy and the collector could each believe another of the two."""
    letter = pen.batch()
    raw = wire(collector, letter, f"{name}: {CANARY}", "Connection: close")
    answer = read(send(collector, raw))
    assert answer.status in {400, 415}
    assert is_unsettled(answer)
    assert verdict(collector, letter) == "stored"


def test_a_sender_that_waits_to_be_asked_is_asked(collector: str, pen: Pen) -> None:
    letter = pen.batch()
    head, _, body = wire(collector, letter, "Expect: 100-continue", "Connection: close").partition(
        b"\r\n\r\n"
    )
    place = urlsplit(collector)
    with socket.create_connection((place.hostname or "", place.port or 0), ANSWER_SECONDS) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    assert judged(read(received), letter)["verdict"] == "stored"
