"""One request over a socket of its own, with exactly the headers that a test names.

Job: send what no well-behaved library would send, and read the answer.
Must not: add a header, repair a request, or hide a closed connection.
"""

import contextlib
import http.client
import io
import socket
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from tests.support.caller import ANSWER_SECONDS, Answer
from tests.support.daemon import Daemon

Headers = Iterable[tuple[str, str]]
JSON = ("Content-Type", "application/json")


class _Received:
    """What http.client reads an answer from."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, *_: object) -> io.BytesIO:
        return io.BytesIO(self._raw)


def url_of(daemon: Daemon) -> str:
    """Where a daemon serves."""
    assert daemon.endpoint is not None
    return daemon.endpoint.url


def host_of(url: str) -> str:
    """The Host value that a browser would send."""
    return urlsplit(url).netloc


def ask(url: str, method: str, path: str, headers: Headers | None = None, body: bytes = b"") -> Answer:
    """One request on a new connection; without `headers` it carries the right Host alone."""
    named = [("Host", host_of(url))] if headers is None else list(headers)
    if body and not {name for name, _ in named} & {"Content-Length", "Transfer-Encoding"}:
        named.append(("Content-Length", str(len(body))))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named), "Connection: close"]
    return read(send(url, "\r\n".join(lines).encode() + b"\r\n\r\n" + body), method)


def ours(url: str, *headers: tuple[str, str]) -> list[tuple[str, str]]:
    """The right Host, and more."""
    return [("Host", host_of(url)), *headers]


def send(url: str, *pieces: bytes, hang_up: bool = False) -> bytes:
    """Send bytes, each piece in a segment of its own; read until the daemon hangs up, or hang up first."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname or "", place.port or 0), ANSWER_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        received = b""
        if hang_up:
            with contextlib.suppress(OSError):  # it may have hung up already
                connection.shutdown(socket.SHUT_WR)
        while chunk := connection.recv(65536):
            received += chunk
    return received


def read(raw: bytes, method: str = "GET") -> Answer:
    """The first answer in what was received."""
    connection: Any = _Received(raw)
    answer = http.client.HTTPResponse(connection, method=method)
    answer.begin()
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(answer.status, headers, answer.read())
