"""Looking up who is at the other end: once for each connection, one reading for all who wait."""

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Collection
from pathlib import Path

import pytest

from sidecar.peer.system import Peer, Peers, look_up
from sidecar.peer.table import HUNG_UP, Ends, key
from tests.support.needs import need_linux

OWN = 1000
OTHER = 1001


def ends(number: int) -> Ends:
    """A connection among many."""
    return Ends(("127.0.0.1", 10_000 + number), ("127.0.0.1", 8917))


class Tables:
    """Tables that are read only when the test lets them be."""

    def __init__(self) -> None:
        self.readings: list[int] = []
        self.began = threading.Event()
        self.may_go_on = threading.Event()

    def read(self, asked: Collection[Ends]) -> dict[Ends, int]:
        """One reading; every odd port is another user's."""
        self.readings.append(len(asked))
        self.began.set()
        assert self.may_go_on.wait(30)
        return {each: OTHER if each.local[1] % 2 else OWN for each in asked}


async def test_one_reading_answers_all_who_wait_and_the_loop_goes_on() -> None:
    tables = Tables()
    peers = Peers(OWN, tables.read)
    first = asyncio.create_task(peers.owner(ends(0)))
    await asyncio.to_thread(tables.began.wait, 30)
    rest = [asyncio.create_task(peers.owner(ends(number))) for number in range(1, 1000)]
    await asyncio.sleep(0)  # the loop turns while a table is being read
    tables.may_go_on.set()
    assert [await first, *await asyncio.gather(*rest)] == [OTHER if n % 2 else OWN for n in range(1000)]
    assert tables.readings == [1, 999], "who came during a reading is answered by the next one"


async def test_a_reading_that_fails_leaves_nobody_waiting() -> None:
    def broken(_: Collection[Ends]) -> dict[Ends, int]:
        raise RuntimeError

    peers = Peers(OWN, broken)
    waiting = asyncio.create_task(peers.owner(ends(1)))
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(waiting, 30)


class Line:
    """A connection over TCP, open or not."""

    family = socket.AF_INET

    def __init__(self, *, state: int = 1) -> None:
        self.state = state

    def getpeername(self) -> tuple[str, int]:
        """The peer's end."""
        return ends(1).local

    def getsockname(self) -> tuple[str, int]:
        """Our end."""
        return ends(1).remote

    def getsockopt(self, *_: int) -> bytes:
        """TCP_INFO."""
        return bytes([self.state])


async def test_a_connection_is_looked_at_once() -> None:
    tables = Tables()
    tables.may_go_on.set()
    peer = Peer(Peers(OWN, tables.read), Line())
    assert tables.readings == [], "before its first request nobody asks"
    assert [await peer.is_foreign() for _ in range(3)] == [True, True, True]
    assert tables.readings == [1]


async def test_a_peer_out_of_sight_is_let_in_while_it_is_there() -> None:
    need_linux()
    unseen = Peers(OWN, lambda _: {})
    assert not await Peer(unseen, Line()).is_foreign()
    assert await Peer(unseen, Line(state=7)).is_foreign(), "gone: it could have been anybody"


async def test_a_closed_connection_is_nobodys() -> None:
    peers = Peers.of_this_machine()
    line = socket.socket()
    line.close()
    assert await Peer(peers, line).is_foreign() == (sys.platform != "win32")


async def test_where_nothing_can_be_told_everybody_is_let_in() -> None:
    assert not await Peer(Peers(None, lambda _: {}), Line()).is_foreign()
    assert not await Peer(Peers(OWN, lambda _: {}), None).is_foreign()


async def test_our_own_connections_are_ours() -> None:
    peers = Peers.of_this_machine()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        calling = socket.create_connection(listening.getsockname())
        line, _ = listening.accept()
        with line, calling:
            assert not await Peer(peers, line).is_foreign()


def test_the_tables_of_this_machine_name_the_owner() -> None:
    need_linux()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        calling = socket.create_connection(listening.getsockname())
        line, _ = listening.accept()
        with line:
            pair = Ends(line.getpeername(), line.getsockname())
            with calling:
                assert look_up([pair]) == {pair: os.geteuid()}
            assert look_up([pair]).get(pair) in {HUNG_UP, None}


def test_tables_that_cannot_be_read_say_nothing(tmp_path: Path) -> None:
    assert look_up([ends(1)], tmp_path) == {}


def test_a_table_is_read_to_its_last_row_even_without_its_end(tmp_path: Path) -> None:
    name = (key(ends(1), "tcp", sys.byteorder) or b"").decode()
    filler = "".join(f"{n}: 00000000:{n % 65536:04X} 00000000:0000 0A 0 0 0 0 0 9\n" for n in range(9_000))
    (tmp_path / "tcp").write_text(f"{filler}9: {name} 01 0:0 0:0 0 1001 0 5")
    assert look_up([ends(1), ends(2)], tmp_path) == {ends(1): OTHER}
