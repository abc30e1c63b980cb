"""What an attacker does to a port: many connections, bytes that never end, answers that are never read.

Job: open, send and count with plain sockets, as fast as one process can.
Must not: wait for the daemon to be ready for it, or judge what it answers.
"""

import contextlib
import re
import resource
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, cast
from urllib.parse import urlsplit

from tests.support.daemon import Daemon
from tests.support.plain_http import host_of, url_of

STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d\d\d) ")
SECONDS: Final = 20.0
ENDED: Final = (ConnectionError, TimeoutError)


def address(daemon: Daemon) -> tuple[str, int]:
    """Where to connect."""
    place = urlsplit(url_of(daemon))
    return place.hostname or "", place.port or 0


def connect(daemon: Daemon) -> socket.socket:
    """One connection that sends each piece at once."""
    connection = socket.create_connection(address(daemon), SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def head(daemon: Daemon, method: str, path: str, *fields: str) -> bytes:
    """A whole head, with the right Host."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host_of(url_of(daemon))}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def post(daemon: Daemon, body: bytes, path: str = "/v1/feedback") -> bytes:
    """A whole request."""
    fields = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    return head(daemon, "POST", path, *fields) + body


def send(connection: socket.socket, data: bytes) -> bool:
    """Send all of it; False when the daemon has hung up."""
    try:
        connection.sendall(data)
    except ENDED:
        return False
    return True


def receive(connection: socket.socket, answers: int) -> tuple[Counter[int], bytes]:
    """Read until this many answers have begun, or the daemon hangs up."""
    received = bytearray()
    with contextlib.suppress(*ENDED):
        while len(STATUS.findall(received)) < answers and (more := connection.recv(1 << 20)):
            received += more
    return Counter(int(status) for status in STATUS.findall(received)), bytes(received)


def ask_on_and_on(lines: Sequence[socket.socket], question: bytes, seconds: float) -> Counter[int]:
    """Ask the same over each connection, again as soon as it is answered; what was answered."""
    answers: Counter[int] = Counter()
    until = time.monotonic() + seconds
    with selectors.DefaultSelector() as ready:
        for line in lines:
            ready.register(line, selectors.EVENT_READ)
            line.sendall(question)
        while time.monotonic() < until:
            for key, _ in ready.select(SECONDS):
                line = cast("socket.socket", key.fileobj)
                answers.update(int(status) for status in STATUS.findall(line.recv(1 << 16)))
                line.sendall(question)
    return answers


def is_hung_up(connection: socket.socket, seconds: float) -> bool:
    """Whether the daemon ends a connection within some seconds; what it still says is thrown away."""
    until = time.monotonic() + seconds
    try:
        while (left := until - time.monotonic()) > 0:
            connection.settimeout(left)
            if not connection.recv(1 << 20):
                return True
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return False


@contextlib.contextmanager
def many_files(wanted: int) -> Iterator[int]:
    """Let this process open many files; gives how many it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    granted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, granted), hard))
    try:
        yield max(soft, granted)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
