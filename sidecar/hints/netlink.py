"""The kernel's routing socket: what is asked and what is heard, as bytes (rtnetlink(7)).

Job: write the questions for a route and a link, read the answers, find out which links and routes broke.
Must not: open a socket, or trust a length; what comes in is bytes, however broken.

    nlmsghdr   length type flags sequence port           then, for each kind of message:
    ifinfomsg  family . type index flags change          a link
    rtmsg      family lengths . table . . type flags     a route, followed by attributes
    rtattr     length type value                         padded to four bytes
"""

import errno
import socket
import struct
from collections.abc import Collection, Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from sidecar.hints.hint import Ways

HEADER: Final = struct.Struct("=IHHII")
LINK: Final = struct.Struct("=BxHiII")
ROUTE: Final = struct.Struct("=BBBBBBBBI")
ATTRIBUTE: Final = struct.Struct("=HH")
NUMBER: Final = struct.Struct("=i")

REQUEST: Final = 1  # NLM_F_REQUEST
ERROR: Final = 2  # NLMSG_ERROR
NEW_LINK, DEL_LINK, GET_LINK = 16, 17, 18
NEW_ROUTE, DEL_ROUTE, GET_ROUTE = 24, 25, 26
DESTINATION, OUT_INTERFACE, GATEWAY, VIA = 1, 4, 5, 18  # attributes of a route
UNICAST: Final = 1  # RTN_UNICAST
RUNNING: Final = 0x1 | 0x40  # IFF_UP, IFF_RUNNING
DEAD: Final = 0x1 | 0x10  # RTNH_F_DEAD, RTNH_F_LINKDOWN

GROUPS: Final = 0x1 | 0x10 | 0x40 | 0x400
"""RTMGRP_LINK, _IPV4_IFADDR, _IPV4_ROUTE and _IPV6_ROUTE: whose messages are listened to."""

SOMEWHERE: Final = (IPv4Address("192.0.2.1"), IPv6Address("2001:db8::1"))
"""Addresses of nobody (RFC 5737, RFC 3849): the way to them is the way to everybody."""
NO_WAY: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EACCES, errno.EINVAL})
"""How the kernel says that there is none: no route, or one that forbids, rejects or drops."""


def route_question(address: IPv4Address | IPv6Address) -> bytes:
    """Which way would a packet to an address take? Asking sends none."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004  # IPv4
    route = ROUTE.pack(family, address.max_prefixlen, 0, 0, 0, 0, 0, 0, 0)
    wanted = ATTRIBUTE.pack(ATTRIBUTE.size + len(address.packed), DESTINATION) + address.packed
    return _request(GET_ROUTE, route + wanted)


def link_question(interface: int) -> bytes:
    """How is an interface?"""
    return _request(GET_LINK, LINK.pack(socket.AF_UNSPEC, 0, interface, 0, 0))


def ways(data: bytes) -> Ways | None:
    """The way that the kernel answered with, none, or None for anything else."""
    for kind, body in messages(data):
        if kind == ERROR and len(body) >= NUMBER.size:
            return frozenset() if -NUMBER.unpack_from(body)[0] in NO_WAY else None
        if kind == NEW_ROUTE and len(body) >= ROUTE.size:
            *_, form, flags = ROUTE.unpack_from(body)
            return frozenset() if form != UNICAST or flags & DEAD else frozenset({_name(body)})
    return None


def runs(data: bytes) -> bool:
    """Whether the answer tells of an interface that carries anything; a route outlives its cable."""
    for kind, body in messages(data):
        if kind == NEW_LINK and len(body) >= LINK.size:
            return _runs(LINK.unpack_from(body)[3])
    return False


def broken(data: bytes) -> frozenset[int]:
    """The interfaces that went down or lost a route to everybody."""
    found = set()
    for kind, body in messages(data):
        if kind in {NEW_LINK, DEL_LINK} and len(body) >= LINK.size:
            family, _, index, flags, _ = LINK.unpack_from(body)
            if family == socket.AF_UNSPEC and (kind == DEL_LINK or not _runs(flags)):
                found.add(index)  # another family: a bridge speaks of its ports
        if kind == DEL_ROUTE and len(body) >= ROUTE.size and ROUTE.unpack_from(body)[1] == 0:
            found.add(_out(dict(attributes(body[ROUTE.size :]))))
    return frozenset(found)


def through(ways: Ways, interfaces: Collection[int]) -> Ways:
    """Those of the ways that lead through an interface."""
    return frozenset(way for way in ways if interface(way) in interfaces)


def interface(way: str) -> int:
    """The interface that a way leads through."""
    return int(way.partition(" ")[0])


def messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(type, rest) of each whole message."""
    while len(data) >= HEADER.size:
        length, kind, *_ = HEADER.unpack_from(data)
        if not HEADER.size <= length <= len(data):
            return
        yield kind, data[HEADER.size : length]
        data = data[_padded(length) :]


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(type, value) of each whole attribute."""
    while len(data) >= ATTRIBUTE.size:
        length, kind = ATTRIBUTE.unpack_from(data)
        if not ATTRIBUTE.size <= length <= len(data):
            return
        yield kind, data[ATTRIBUTE.size : length]
        data = data[_padded(length) :]


def _request(kind: int, body: bytes) -> bytes:
    return HEADER.pack(HEADER.size + len(body), kind, REQUEST, 0, 0) + body


def _runs(flags: int) -> bool:
    return flags & RUNNING == RUNNING


def _name(route: bytes) -> str:
    """The interface and the gateway: the same as long as the way is."""
    found = dict(attributes(route[ROUTE.size :]))
    gateway = found.get(GATEWAY) or found.get(VIA) or b""
    return f"{_out(found)} {gateway.hex()}"


def _out(found: dict[int, bytes]) -> int:
    value = found.get(OUT_INTERFACE, b"")
    return int(NUMBER.unpack(value)[0]) if len(value) == NUMBER.size else 0


def _padded(length: int) -> int:
    return (length + 3) & ~3
