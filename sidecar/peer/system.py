"""Asking the system for the owner of a connection.

Job: read the socket's credentials, ask the kernel, or read its tables where it cannot be asked, and remember
the verdict of each connection.
Must not: read a table on the event loop, or once for each of a thousand connections.

Asking takes some microseconds. Reading a table takes 6 ms where it is empty and 18 ms with 5,000 sockets,
because it walks every bucket of the kernel's hash. So it is done in a thread, and one reading answers every
connection that waits when it begins. A connection is looked at with its first request, never again: one that
never asks costs nothing.

A peer that stands in no table while the connection is open is beyond our sight (a Windows program before WSL,
a redirected port) and is let in. One that is gone by then is not: it could have been anybody.
"""

import asyncio
import contextlib
import os
import socket
import struct
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from sidecar.peer.diagnosis import Kernel
from sidecar.peer.table import HUNG_UP, TABLES, Ends, is_foreign, key, owners

FOLDER: Final = Path("/proc/self/net")
PIECE_BYTES: Final = 64 * 1024  # the kernel gives less at a time
MAX_BYTES: Final = 64 * 1024 * 1024  # 400,000 sockets; a second, and more than one program may open
ESTABLISHED: Final = 1  # TCP_ESTABLISHED of netinet/tcp.h, the first byte of TCP_INFO
UCRED: Final = struct.Struct("=iII")  # pid, uid, gid: unix(7)
XUCRED: Final = struct.Struct("=II")  # cr_version, cr_uid: the head of xucred in sys/ucred.h of macOS
XUCRED_BYTES: Final = 76
SOL_LOCAL: Final = 0  # sys/un.h of macOS
LOCAL_PEERCRED: Final = 1

LookUp = Callable[[Collection[Ends]], Mapping[Ends, int]]
Ask = Callable[[Ends], int | None]


class Asked(Protocol):
    """What is asked of a socket; asyncio hands out a view that can do no more."""

    @property
    def family(self) -> int:
        """Its address family."""
        ...

    def getsockopt(self, level: int, option: int, size: int, /) -> bytes:
        """An option."""
        ...

    def getsockname(self) -> Any:  # noqa: ANN401  # as the family has it
        """Our end."""
        ...

    def getpeername(self) -> Any:  # noqa: ANN401  # as the family has it
        """The peer's end."""
        ...


class Peers:
    """The look-ups of one daemon.

    Args:
        own: our uid; None where the system has none.
        look_up: finds owners in the tables; runs in a thread.
        ask: finds one owner at once, or raises OSError; left out where nobody can be asked.
    """

    def __init__(self, own: int | None, look_up: LookUp, ask: Ask | None = None) -> None:
        self.own = own
        self._look_up = look_up
        self._ask = ask
        self._waiting: list[tuple[Ends, asyncio.Future[int | None]]] = []
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    def of_this_machine(cls) -> "Peers":
        """With what this system can tell."""
        if sys.platform == "win32":
            return cls(None, _nothing)
        if sys.platform == "linux":
            return cls(os.geteuid(), look_up, Kernel().owner)
        return cls(os.geteuid(), _nothing)

    async def owner(self, ends: Ends) -> int | None:
        """The uid behind a TCP connection; None where there is none to be seen."""
        if self._ask is not None:
            with contextlib.suppress(OSError):  # left out of this kernel, or forbidden: its tables are not
                return self._ask(ends)
        answer: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((ends, answer))
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        return await answer

    async def _read(self) -> None:
        """One reading after the other, each for all who wait by then."""
        asked: list[tuple[Ends, asyncio.Future[int | None]]] = []
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, []
                found = await asyncio.to_thread(self._look_up, [ends for ends, _ in asked])
                for ends, answer in asked:
                    if not answer.done():
                        answer.set_result(found.get(ends))
        finally:
            self._reading = None
            for _, answer in [*asked, *self._waiting]:  # only when the reading failed: nobody waits for ever
                answer.cancel()


class Peer:
    """The other end of one connection.

    Attributes:
        foreign: whether it is another user's; None as long as nobody has looked.
    """

    __slots__ = ("_peers", "_socket", "foreign")

    def __init__(self, peers: Peers, asked: Asked | None) -> None:
        self._peers = peers
        self._socket = asked
        self.foreign: bool | None = False if asked is None or peers.own is None else None

    async def is_foreign(self) -> bool:
        """Whether it is another user's; looks at the first call alone."""
        if self.foreign is None and self._socket is not None and self._peers.own is not None:
            self.foreign = is_foreign(await self._uid(self._socket), self._peers.own)
        return bool(self.foreign)

    async def _uid(self, asked: Asked) -> int | None:
        try:
            if asked.family not in {socket.AF_INET, socket.AF_INET6}:
                return credentials(asked)
            ends = Ends(asked.getpeername()[:2], asked.getsockname()[:2])
            found = await self._peers.owner(ends)
            return found if found is not None or _is_open(asked) else HUNG_UP
        except OSError:  # it is closed
            return HUNG_UP


def credentials(asked: Asked) -> int | None:
    """The uid that connected to a Unix socket; None where the system does not say."""
    if sys.platform == "linux":
        _, uid, _ = UCRED.unpack(asked.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, UCRED.size))
        return int(uid)
    if sys.platform == "darwin":
        return uid_of_xucred(asked.getsockopt(SOL_LOCAL, LOCAL_PEERCRED, XUCRED_BYTES))
    return None


def uid_of_xucred(raw: bytes) -> int | None:
    """What macOS says of a peer; None for a form that we do not know."""
    if len(raw) < XUCRED.size:
        return None
    version, uid = XUCRED.unpack_from(raw)
    return int(uid) if version == 0 else None


def look_up(asked: Collection[Ends], folder: Path = FOLDER) -> dict[Ends, int]:
    """The owners of peers, as far as the tables in `folder` have them."""
    found: dict[Ends, int] = {}
    for table in TABLES:
        keys = {key(ends, table, sys.byteorder): ends for ends in asked if ends not in found}
        wanted = {name: ends for name, ends in keys.items() if name is not None}
        if wanted:
            found |= {wanted[name]: uid for name, uid in _scan(folder / table, set(wanted))}
    return found


def _nothing(_: Collection[Ends]) -> dict[Ends, int]:
    """Of a system without such tables."""
    return {}


def _scan(path: Path, wanted: set[bytes]) -> Iterator[tuple[bytes, int]]:
    """The owners of the wanted rows; reads no further than the last of them."""
    for text in _whole_rows(path):
        for name, uid in owners(text, wanted).items():
            wanted.discard(name)
            yield name, uid
        if not wanted:
            return


def _whole_rows(path: Path) -> Iterator[bytes]:
    """The text of a table piece by piece, each ending with a row."""
    rest, size = b"", 0
    try:
        with path.open("rb", buffering=0) as file:
            while size < MAX_BYTES and (piece := file.read(PIECE_BYTES)):
                size += len(piece)
                text, end, rest = (rest + piece).rpartition(b"\n")
                yield text + end
    except OSError:  # hidden from us, or not there
        return
    yield rest


def _is_open(asked: Asked) -> bool:
    """Whether the peer has neither closed nor been cut off."""
    if sys.platform != "linux":
        return True
    return asked.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == ESTABLISHED
