"""Sockets that the service manager opened for the daemon: the LISTEN_FDS protocol, see sd_listen_fds(3).

Job: take over inherited descriptors, after a look at what each one is.
Must not: open, bind or serve anything, or read the environment.

The manager holds the port while the daemon restarts, so callers wait instead of being refused.
"""

import ipaddress
import os
import socket
import stat
from collections.abc import Mapping

from sidecar.errors import StartupError

FIRST_FD = 3
"""SD_LISTEN_FDS_START: behind stdin, stdout and stderr."""

MOST_FDS = 16
"""A socket unit of ours opens one; a number far above it is a broken environment, not a wish."""


def inherited_sockets(environ: Mapping[str, str], pid: int) -> list[socket.socket]:
    """The listening sockets handed to process `pid`, non-blocking, closed on exec; none without a manager.

    Raises:
        StartupError: a descriptor is missing, is no listening stream socket, or listens beyond loopback.
    """
    found: list[socket.socket] = []
    try:
        for fd in range(FIRST_FD, FIRST_FD + _handed_over(environ, pid)):
            found.append(_adopt(fd))
            _refuse_unless_ours(found[-1])
    except StartupError:
        for each in found:
            each.close()
        raise
    return found


def _handed_over(environ: Mapping[str, str], pid: int) -> int:
    """How many descriptors are meant for this process: children inherit the variables, not the sockets."""
    if environ.get("LISTEN_PID") != str(pid):
        return 0
    text = environ.get("LISTEN_FDS", "")
    if not text.isdecimal() or int(text) > MOST_FDS:
        raise StartupError(f"LISTEN_FDS has to be a number up to {MOST_FDS}; check the socket unit")
    names = environ.get("LISTEN_FDNAMES")
    if names is not None and len(names.split(":")) != int(text):
        raise StartupError("LISTEN_FDNAMES does not name as many sockets as LISTEN_FDS counts")
    return int(text)


def _adopt(fd: int) -> socket.socket:
    """Own the descriptor; what is no socket is left as it was."""
    try:
        if not stat.S_ISSOCK(os.fstat(fd).st_mode):
            raise StartupError(
                f"descriptor {fd} from the service manager is no socket; check the socket unit"
            )
        adopted = socket.socket(fileno=fd)
    except OSError as error:
        raise StartupError(f"descriptor {fd} from the service manager is not open") from error
    adopted.set_inheritable(False)
    adopted.settimeout(0)
    return adopted


def _refuse_unless_ours(candidate: socket.socket) -> None:
    """Ours listens for streams (Accept=no) and cannot be reached from another machine."""
    if candidate.type != socket.SOCK_STREAM or not _listens(candidate):
        raise StartupError(
            "the service manager's socket does not listen for streams; use ListenStream, Accept=no"
        )
    if candidate.family in (socket.AF_INET, socket.AF_INET6):
        address = ipaddress.ip_address(candidate.getsockname()[0])
        if not address.is_loopback:
            raise StartupError(
                "the service manager's socket is open to the network; use 127.0.0.1 in the unit"
            )


def _listens(candidate: socket.socket) -> bool:
    return bool(candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
