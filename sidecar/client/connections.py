"""Connections: HTTP over TCP or a Unix socket with the standard library alone.

Job: carry one request to one address, and keep a few connections open for the next.
Must not: repeat, wait or interpret; `exchange` decides.

A connection that was idle is looked at before it is used again: when the daemon was restarted meanwhile, it
is replaced, and the request is not lost on it.
"""

import contextlib
import os
import socket
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Final

from sidecar.client.addresses import Address
from sidecar.client.exchange import MAX_ANSWER_BYTES, Cut, Outcome, Request, Unreached, read_answer
from sidecar.errors import DaemonUnreachable

MOST_IDLE: Final = 8  # more threads than that are served as well, each with a new connection now and then
PIECE_BYTES: Final = 64 * 1024
BROKEN_OFF: Final = "the daemon broke off in the middle of its answer"


class Connections:
    """The open connections of one client; any thread may use it."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout = timeout_seconds
        self._idle: list[tuple[Address, HTTPConnection]] = []
        self._process = os.getpid()

    def send(self, address: Address, request: Request) -> Outcome:
        """Carry a request there and read the answer."""
        connection = self._take(address)
        if connection.sock is None:
            try:
                connection.connect()
            except (OSError, UnicodeError):  # the second: a host that no name server can be asked for
                connection.close()
                return Unreached()
        with contextlib.ExitStack() as stack:
            stack.callback(connection.close)
            try:
                connection.request(
                    request.method, request.target, body=request.body, headers=request.headers(address)
                )
                response = connection.getresponse()
                if request.leaves_open(response.status, response.getheader("Server")):
                    rest = _pieces(response, stack.pop_all().close)
                    return read_answer(response.status, response.getheader, b"", rest)
                body = response.read(MAX_ANSWER_BYTES)
            except TimeoutError:
                return Cut(timed_out=True)
            except (OSError, HTTPException):
                return Cut()
            if not response.isclosed() and response.length is not None:
                return Cut()  # http.client says nothing of a body that ends early
            if response.isclosed() and not response.will_close:
                stack.pop_all()
                self._give_back(address, connection)
            return read_answer(response.status, response.getheader, body)

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop()[1].close()

    def _take(self, address: Address) -> HTTPConnection:
        if self._process != os.getpid():  # after a fork the parent goes on using these; ours are copies
            self.close()
            self._process = os.getpid()
        while self._idle:
            try:
                of, connection = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            if of == address and _is_quiet(connection):
                return connection
            connection.close()
        return _Connection(address, self._timeout)

    def _give_back(self, address: Address, connection: HTTPConnection) -> None:
        if len(self._idle) < MOST_IDLE:
            self._idle.append((address, connection))
        else:
            connection.close()


class _Connection(HTTPConnection):
    def __init__(self, address: Address, timeout_seconds: float) -> None:
        super().__init__(address.host or "localhost", address.port or None, timeout=timeout_seconds)
        self._path = address.socket

    def connect(self) -> None:
        if self._path is None:
            super().connect()
            return
        if sys.platform == "win32":
            raise OSError("Unix sockets are not served on Windows")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _is_quiet(connection: HTTPConnection) -> bool:
    """Whether an idle connection is still open; one that can be read was closed, or speaks unasked."""
    try:
        connection.sock.settimeout(0)
        connection.sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        connection.sock.settimeout(connection.timeout)
        return True
    except OSError:
        return False
    return False


def _pieces(response: HTTPResponse, close: Callable[[], None]) -> Iterator[bytes]:
    """The body of an answer, piece by piece."""
    try:
        while piece := response.read(PIECE_BYTES):
            yield piece
    except (OSError, HTTPException):
        raise DaemonUnreachable(BROKEN_OFF) from None
    finally:
        response.close()
        close()
