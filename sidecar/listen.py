"""Listening sockets: loopback TCP, the Unix socket, and the listeners that the user wrote down.

Job: bind to this machine only, but for those listeners, and say in words why a port cannot be had.
Must not: ever bind a wildcard or a network address that the user did not write down.
"""

import errno
import os
import socket
import sys
from pathlib import Path
from typing import Final

from sidecar.errors import StartupError

BACKLOG: Final = 512  # connections that wait to be taken
AT_ONCE: Final = 16  # taken in one turn of the event loop: three milliseconds, in which everybody else waits
UNREAD_BYTES: Final = 128 * 1024  # of answers, for one connection; a list of 100 records
IP_FREEBIND: Final = 15  # ip(7); the socket module names it from Python 3.12 on
LOOPBACK: Final = "127.0.0.1"
LOOPBACK_6: Final = "::1"


def tcp(port: int, *, insisted: bool) -> list[socket.socket]:
    """Sockets on 127.0.0.1 and, where there is one, on [::1] with the same port.

    Args:
        port: the wanted port; 0 for any.
        insisted: whether somebody named the port; else a taken one is replaced by a free one.

    Raises:
        StartupError: the port is taken and was insisted on, or may not be bound.
    """
    try:
        first = _bind(socket.AF_INET, (LOOPBACK, port))
    except OSError as fault:
        if fault.errno != errno.EADDRINUSE:
            raise StartupError(f"port {port} cannot be bound: {os.strerror(fault.errno or 0)}") from fault
        if insisted:
            raise StartupError(
                f"port {port} is taken by another program; choose another --port or leave it out"
            ) from fault
        first = _bind(socket.AF_INET, (LOOPBACK, 0))
    return [first, *beside(first)]


def beside(listening: socket.socket) -> list[socket.socket]:
    """[::1] with the port of a socket on 127.0.0.1; none where there is no IPv6 or its port is taken."""
    if listening.family != socket.AF_INET:
        return []
    try:
        return [_bind(socket.AF_INET6, (LOOPBACK_6, listening.getsockname()[1]))]
    except OSError:
        return []


def unix(path: Path) -> socket.socket:
    """A Unix socket that only this user may connect to; a dead one in its place is removed.

    Raises:
        StartupError: something else is there, or the path is not possible here.
    """
    if sys.platform == "win32":
        raise StartupError("Unix sockets are not served on Windows; leave `socket` out")
    if path.exists() and not path.is_socket():
        raise StartupError(f"{path} exists and is no socket; choose another path")
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(str(path))
        path.chmod(0o600)
        listening.listen(BACKLOG)
    except OSError as fault:
        listening.close()
        raise StartupError(f"the socket {path} cannot be made: {os.strerror(fault.errno or 0)}") from fault
    listening.setblocking(False)  # noqa: FBT003  # the standard library's own signature
    return listening


def bound(listening: socket.socket) -> None:
    """Bound what its connections may leave in the system's memory, and let many wait to be taken.

    Without it the system keeps megabytes of answers for each of them that nobody reads.
    """
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD_BYTES)
    listening.listen(BACKLOG)  # the event loop took the number of `AT_ONCE` for both


def named(address: str, port: int) -> socket.socket:
    """The socket of a listener, on exactly this address.

    On Linux the address may come later: the bridge of a container engine is made after the login.

    Raises:
        StartupError: it cannot be bound.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return _bind(family, (address, port), freely=True)
    except OSError as fault:
        raise StartupError(f"port {port} cannot be bound: {os.strerror(fault.errno or 0)}") from fault


def is_here(address: str) -> bool:
    """Whether this machine has an address now."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


def _bind(family: socket.AddressFamily, address: tuple[str, int], *, freely: bool = False) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # Without it a second program could take over the port that we already serve.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if freely and sys.platform == "linux":
            listening.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    listening.setblocking(False)  # noqa: FBT003  # the standard library's own signature
    return listening
