"""Rows of `/proc/net/tcp` and `/proc/net/tcp6`: the owner of a socket, found by its two ends.

Job: say how the row of a peer begins, and read its owner from the text of a table.
Must not: open a file; what comes in is text, however broken.

    sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
     0: 0100007F:22D5 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 4711 1 ...

An address is written as the kernel holds it: words of 32 bits in the byte order of the machine. A program
that connects from an IPv6 socket to 127.0.0.1 stands in the second table, as ::ffff:127.0.0.1.
"""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, Literal

from msgspec import Struct

TABLES: Final = ("tcp", "tcp6")
ROOT: Final = 0
HUNG_UP: Final = -1
"""In place of a uid: the socket has left its process. Its row may say 0, and who sends a record and closes at
once would pass for root.
"""

MAPPED: Final = int(IPv6Address("::ffff:0.0.0.0"))
WORD: Final = 4  # bytes
LOCAL, REMOTE, UID, INODE = 1, 2, 7, 9  # columns, counted by blanks

ByteOrder = Literal["little", "big"]


class Ends(Struct, frozen=True):
    """One connection, as the peer sees it; `local` is the peer's end."""

    local: tuple[str, int]
    remote: tuple[str, int]


def is_foreign(uid: int | None, own: int) -> bool:
    """Whether a connection is another user's. One that cannot be told (None) is let in."""
    return uid is not None and uid not in {own, ROOT}


def key(ends: Ends, table: str, order: ByteOrder) -> bytes | None:
    """The two ends as the row of the peer has them; None where this table cannot hold it."""
    written = [_written(host, port, table, order) for host, port in (ends.local, ends.remote)]
    return None if None in written else b" ".join(filter(None, written))


def owners(text: bytes, wanted: Collection[bytes]) -> dict[bytes, int]:
    """The uid, or `HUNG_UP`, behind each of the wanted keys that has a row."""
    found = {}
    for row in text.splitlines():
        head = row.split(None, REMOTE + 1)
        if len(head) <= REMOTE or (name := head[LOCAL] + b" " + head[REMOTE]) not in wanted:
            continue
        uid = _uid(row.split())
        if uid is not None:
            found[name] = uid
    return found


def _uid(columns: list[bytes]) -> int | None:
    if len(columns) <= INODE or not (columns[UID].isdigit() and columns[INODE].isdigit()):
        return None
    return int(columns[UID]) if int(columns[INODE]) else HUNG_UP


def _written(host: str, port: int, table: str, order: ByteOrder) -> bytes | None:
    address = ip_address(host.partition("%")[0])  # an interface is named behind the %
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if table == "tcp6" and isinstance(address, IPv4Address):
        address = IPv6Address(MAPPED + int(address))
    if table == "tcp" and isinstance(address, IPv6Address):
        return None
    packed = address.packed
    words = (packed[place : place + WORD] for place in range(0, len(packed), WORD))
    return b"%s:%04X" % (b"".join(b"%08X" % int.from_bytes(word, order) for word in words), port)
