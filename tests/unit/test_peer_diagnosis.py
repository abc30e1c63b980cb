"""Asking the kernel whose a socket is: what is asked, what is believed, and what happens without it."""

import errno
import os
import socket
from collections.abc import Collection, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.peer.diagnosis import HEADER, Absent, Kernel, owner, question
from sidecar.peer.system import Peers
from sidecar.peer.table import HUNG_UP, Ends
from tests.support.needs import need, need_linux
from tests.support.somebody import has_ipv6

PAIR = Ends(("127.0.0.1", 54_321), ("127.0.0.1", 8_917))
OTHER = 1001


class Pair:
    """A connection, and how the daemon sees its ends."""

    def __init__(self, listening: socket.socket, calling: socket.socket) -> None:
        self.calling = calling
        self.line, _ = listening.accept()
        self.ends = Ends(self.line.getpeername()[:2], self.line.getsockname()[:2])

    def close(self) -> None:
        """Both ends."""
        self.calling.close()
        self.line.close()


@pytest.fixture(params=["four", "six", "mapped"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    need_linux()
    six = request.param == "six"
    need(not six or has_ipv6(), "this machine has no IPv6 loopback")
    family = socket.AF_INET if request.param == "four" else socket.AF_INET6
    with socket.create_server(
        ("::1" if six else "127.0.0.1", 0), family=socket.AF_INET6 if six else socket.AF_INET
    ) as listening:
        host, port = listening.getsockname()[:2]
        calling = socket.socket(family)
        calling.connect((f"::ffff:{host}" if request.param == "mapped" else host, port))
        made = Pair(listening, calling)
        yield made
        made.close()


def test_the_kernel_names_the_owner_of_the_other_end(pair: Pair) -> None:
    assert Kernel().owner(pair.ends) == os.geteuid()


def test_who_has_closed_is_nobody_any_more(pair: Pair) -> None:
    kernel = Kernel()
    kernel.owner(pair.ends)
    pair.calling.close()
    assert kernel.owner(pair.ends) in {HUNG_UP, None}


def test_a_listener_on_the_port_of_a_peer_does_not_stand_in_for_it(pair: Pair) -> None:
    """The kernel looks for one where it finds no connection; it may be another user's, or root's."""
    kernel = Kernel()
    kernel.owner(pair.ends)
    at_the_listener = Ends(pair.ends.remote, (pair.ends.remote[0], 9))
    assert kernel.owner(at_the_listener) is None


def test_a_kernel_that_never_knew_a_socket_is_not_believed_that_there_is_none() -> None:
    """One without `inet_diag` says the same of every socket."""
    need_linux()
    with pytest.raises(OSError, match="No such file"):
        Kernel().owner(Ends(("127.0.0.1", 1), ("127.0.0.1", 2)))


@given(st.binary(max_size=200))
def test_any_answer_names_an_owner_or_nobody(answer: bytes) -> None:
    assert isinstance(owner(answer, PAIR), int | Absent)


@given(st.binary(min_size=72, max_size=200))
def test_an_answer_about_another_connection_is_no_answer(answer: bytes) -> None:
    head = HEADER.pack(HEADER.size + len(answer), 20, 0, 0, 0)
    assert owner(head + answer, PAIR) == Absent(errno.ENOENT)


def test_a_question_names_both_ends() -> None:
    asked = question(PAIR)
    assert socket.inet_aton("127.0.0.1") in asked
    assert (54_321).to_bytes(2, "big") + (8_917).to_bytes(2, "big") in asked


async def test_where_the_kernel_cannot_be_asked_its_tables_are_read() -> None:
    def forbidden(_: Ends) -> int | None:
        raise OSError(errno.EAFNOSUPPORT, "not allowed")

    def tables(asked: Collection[Ends]) -> dict[Ends, int]:
        return dict.fromkeys(asked, OTHER)

    assert await Peers(OTHER, tables, forbidden).owner(PAIR) == OTHER


async def test_what_the_kernel_says_needs_no_table() -> None:
    def tables(_: Collection[Ends]) -> dict[Ends, int]:
        raise AssertionError

    assert await Peers(OTHER, tables, lambda _: OTHER).owner(PAIR) == OTHER
    assert await Peers(OTHER, tables, lambda _: None).owner(PAIR) is None
