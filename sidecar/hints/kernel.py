"""Linux: the ways out as the kernel knows them, and its word when one of them changes.

Job: ask the routing socket for the way to everybody, and listen to its messages.
Must not: send a packet; what is asked goes to the kernel and no further.
"""

import asyncio
import socket
import sys
from collections.abc import Callable
from typing import Final

from sidecar.hints import netlink
from sidecar.hints.hint import Ways

PIECE_BYTES: Final = 64 * 1024  # the kernel writes at most 32 KiB at once
MOST: Final = 64  # pieces in one turn of the event loop; the rest has the next one


class Kernel:
    """The routing socket.

    Raises:
        OSError: at `open`, where it is denied.
    """

    def __init__(self) -> None:
        self._heard: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self, changed: Callable[[], None]) -> None:
        """Listen; `changed` is called after each burst of messages."""
        heard = _routing()
        try:
            heard.bind((0, netlink.GROUPS))
        except OSError:
            heard.close()
            raise
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(heard.fileno(), changed)
        self._heard = heard

    def close(self) -> None:
        """Listen no more."""
        if self._heard is not None and self._loop is not None:
            self._loop.remove_reader(self._heard.fileno())
            self._heard.close()
        self._heard = self._loop = None

    def ways(self) -> Ways | None:
        """The ways to everybody, one for each version of IP; None when nothing can be learnt."""
        answers = [_ask(netlink.route_question(address)) for address in netlink.SOMEWHERE]
        known = [ways for data in answers if (ways := netlink.ways(data)) is not None]
        if not known:
            return None
        found: Ways = frozenset().union(*known)
        asked = {netlink.interface(way) for way in found}
        return netlink.through(
            found, {each for each in asked if netlink.runs(_ask(netlink.link_question(each)))}
        )

    def broken(self, ways: Ways) -> Ways:
        """Those of the ways that went down since the last call, be it for a moment."""
        interfaces: frozenset[int] = frozenset()
        for _ in range(MOST):
            try:
                piece = self._heard.recv(PIECE_BYTES) if self._heard is not None else b""
            except BlockingIOError:
                break
            except OSError:  # ENOBUFS: more came than the socket holds, and what it was is lost
                continue
            if not piece:
                break
            interfaces |= netlink.broken(piece)
        return netlink.through(ways, interfaces)


def _ask(words: bytes) -> bytes:
    """What the kernel answers; it does so within the call that asks, so nothing is waited for."""
    try:
        with _routing() as asked:
            asked.send(words)
            return asked.recv(PIECE_BYTES)
    except OSError:
        return b""


def _routing() -> socket.socket:
    if sys.platform != "linux":
        raise OSError("only Linux has this socket")
    return socket.socket(
        socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE
    )
