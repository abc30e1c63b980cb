"""Connections: HTTP over TCP or a Unix socket with the standard library alone.

Job: carry one request to one address, and keep a few connections open for the next.
Must not: repeat, wait or interpret; `exchange` decides.

A connection that was idle is looked at before it is used again: when the daemon was restarted meanwhile, it
is replaced, and the request is not lost on it.

A token goes out only over a connection whose other end has proved to be ours: it is asked once for each
connection, because the same address may be another program's by the next one.
"""

import contextlib
import os
import socket
import sys
import weakref
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Final

from sidecar.client.addresses import Address
from sidecar.client.exchange import (
    MAX_ANSWER_BYTES,
    Cut,
    Outcome,
    Request,
    Unproven,
    Unreached,
    read_answer,
)
from sidecar.client.trust import Challenge
from sidecar.errors import DaemonUnreachable

MAX_PROOF_BYTES: Final = 4_096  # ours has under a hundred; it only bounds a stranger
MOST_IDLE: Final = 8  # more threads than that are served as well, each with a new connection now and then
PIECE_BYTES: Final = 64 * 1024
BROKEN_OFF: Final = "the daemon broke off in the middle of its answer"


class Connections:
    """The open connections of one client; any thread may use it."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout = timeout_seconds
        self._idle: list[tuple[Address, _Connection]] = []
        self._process = os.getpid()
        weakref.finalize(self, _close_all, self._idle)  # who forgets to close leaves no socket behind

    def send(self, address: Address, request: Request) -> Outcome:
        """Carry a request there and read the answer."""
        connection = self._take(address)
        return self._speak(connection, address, request) if connection.is_open() else Unreached()

    def close(self) -> None:
        """Close what is idle."""
        _close_all(self._idle)

    def _speak(self, connection: "_Connection", address: Address, request: Request) -> Outcome:
        with contextlib.ExitStack() as stack:
            stack.callback(connection.close)
            try:
                if request.challenge is not None and not connection.has_proved(request.challenge):
                    return Unproven()
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

    def _take(self, address: Address) -> "_Connection":
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

    def _give_back(self, address: Address, connection: "_Connection") -> None:
        if len(self._idle) < MOST_IDLE:
            self._idle.append((address, connection))
        else:
            connection.close()


class _Connection(HTTPConnection):
    auto_open = 0  # a connection that was lost is never replaced unasked: the new one has proved nothing

    def __init__(self, address: Address, timeout_seconds: float) -> None:
        super().__init__(address.host or "localhost", address.port or None, timeout=timeout_seconds)
        self._address = address
        self._path = address.socket
        self._proven = False

    def is_open(self) -> bool:
        """Whether somebody is at the other end, connecting first where that has not been done."""
        if self.sock is not None:
            return True
        try:
            self.connect()
        except (OSError, UnicodeError):  # the second: a host that no name server can be asked for
            self.close()
            return False
        return True

    def has_proved(self, challenge: Challenge) -> bool:
        """Whether the other end is ours; asked once.

        Raises:
            OSError, HTTPException: the connection broke.
        """
        if not self._proven:
            asked = Request(method="GET", target=challenge.target)
            self.request(asked.method, asked.target, headers=asked.headers(self._address))
            answer = self.getresponse()
            body = answer.read(MAX_PROOF_BYTES)
            # One that closes now would have the request go out on a new connection, which proved nothing.
            stays = answer.isclosed() and not answer.will_close
            self._proven = stays and challenge.is_met(self._address, answer.status, body)
        return self._proven

    def connect(self) -> None:
        if self._path is None:
            super().connect()
            return
        if sys.platform == "win32":
            raise OSError("Unix sockets are not served on Windows")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _close_all(idle: list[tuple[Address, _Connection]]) -> None:
    while idle:
        idle.pop()[1].close()


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
