"""Asking the kernel for the owner of one TCP socket, by its two ends (`sock_diag`, Linux).

It answers in some microseconds, however many sockets there are, and to any user. Where it is left out of the
kernel or forbidden to us, the tables are read instead.

Job: write the question, read the answer, and ask it over a netlink socket of this instant.
Must not: address anything but the kernel, or take silence for an answer: a kernel without this says of every
socket that there is none.

    sock_diag(7):  nlmsghdr | inet_diag_req_v2            nlmsghdr | inet_diag_msg, or an error number
"""

import errno
import os
import socket
import struct
import sys
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, TypeAlias

from msgspec import Struct

from sidecar.peer.table import HUNG_UP, Ends

SOCK_DIAG: Final = 4  # NETLINK_SOCK_DIAG of linux/netlink.h
BY_FAMILY: Final = 20  # SOCK_DIAG_BY_FAMILY of linux/sock_diag.h
REQUEST: Final = 1  # NLM_F_REQUEST
ERROR: Final = 2  # NLMSG_ERROR
ANY_STATE: Final = 0xFFFFFFFF
NO_COOKIE: Final = (ANY_STATE, ANY_STATE)
FAMILIES: Final = {4: 2, 6: 10}  # AF_INET, AF_INET6 of Linux
HEADER: Final = struct.Struct("=IHHII")  # length, type, flags, number, port
QUESTION: Final = struct.Struct("=BBBxI")  # family, protocol, extensions, states
ADDRESSES: Final = struct.Struct("!HH16s16s")  # ports and addresses, as on the wire
INTERFACE: Final = struct.Struct("=III")  # none, and a cookie
OWNER: Final = struct.Struct("=II")  # uid, inode
ADDRESSES_AT: Final = HEADER.size + 4
OWNER_AT: Final = ADDRESSES_AT + ADDRESSES.size + INTERFACE.size + 3 * 4  # beyond a timer and two queues
NUMBER: Final = struct.Struct("=i")
ANSWER_BYTES: Final = 4096  # a message and its attributes are some hundred

Address: TypeAlias = IPv4Address | IPv6Address


class Absent(Struct, frozen=True):
    """The kernel says that there is no such socket, or that it knows nothing of sockets.

    Attributes:
        number: its error number.
    """

    number: int


def question(ends: Ends) -> bytes:
    """The message that asks for the socket with these ends."""
    source, target = _address(ends.local[0]), _address(ends.remote[0])
    asked = QUESTION.pack(FAMILIES[source.version], socket.IPPROTO_TCP, 0, ANY_STATE)
    asked += ADDRESSES.pack(ends.local[1], ends.remote[1], source.packed, target.packed)
    asked += INTERFACE.pack(0, *NO_COOKIE)
    return HEADER.pack(HEADER.size + len(asked), BY_FAMILY, REQUEST, 0, 0) + asked


def owner(answer: bytes, ends: Ends) -> int | Absent:
    """The uid behind a socket, or `HUNG_UP`, as the kernel answers.

    A listener of the same port stands in for a connection that is not there: it is none.
    """
    if len(answer) < HEADER.size + NUMBER.size:
        return Absent(errno.EPROTO)
    if HEADER.unpack_from(answer)[1] != BY_FAMILY:
        return Absent(-int(NUMBER.unpack_from(answer, HEADER.size)[0]) or errno.EPROTO)
    if len(answer) < OWNER_AT + OWNER.size:
        return Absent(errno.EPROTO)
    if _ends(answer) != (_address(ends.local[0]), ends.local[1], _address(ends.remote[0]), ends.remote[1]):
        return Absent(errno.ENOENT)
    uid, inode = OWNER.unpack_from(answer, OWNER_AT)
    return int(uid) if inode else HUNG_UP


class Kernel:
    """The kernel as a witness; believed when it says "there is none" once it has known a socket."""

    def __init__(self) -> None:
        self._knows = False

    def owner(self, ends: Ends) -> int | None:
        """The uid behind a connection, or `HUNG_UP`; None where there is no such socket.

        Raises:
            OSError: it cannot be asked.
        """
        found = owner(_ask(question(ends)), ends)
        if not isinstance(found, Absent):
            self._knows = True
            return found
        if found.number == errno.ENOENT and self._knows:
            return None
        raise OSError(found.number, os.strerror(found.number))


def _ask(message: bytes) -> bytes:
    if sys.platform != "linux":
        raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    with socket.socket(socket.AF_NETLINK, kind, SOCK_DIAG) as line:
        line.sendto(message, (0, 0))  # answered before this returns
        return line.recv(ANSWER_BYTES)


def _address(host: str) -> Address:
    """An address without its interface; one of IPv4 in the clothes of IPv6 as what it is."""
    return _unmapped(ip_address(host.partition("%")[0]))


def _unmapped(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _ends(answer: bytes) -> tuple[Address, int, Address, int]:
    """Both ends of the socket that an answer is about."""
    port, other_port, source, target = ADDRESSES.unpack_from(answer, ADDRESSES_AT)
    if answer[HEADER.size] == FAMILIES[6]:
        return _unmapped(IPv6Address(source)), port, _unmapped(IPv6Address(target)), other_port
    return IPv4Address(source[:4]), port, IPv4Address(target[:4]), other_port
