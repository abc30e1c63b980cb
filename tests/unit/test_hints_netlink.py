"""Messages of the kernel's routing socket, as a real one wrote them, and any bytes at all."""

import struct
from itertools import islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sidecar.hints.hint import came_up
from sidecar.hints.netlink import (
    SOMEWHERE,
    attributes,
    broken,
    interface,
    link_question,
    messages,
    route_question,
    runs,
    through,
    ways,
)

WAY = bytes.fromhex(
    "700000001800000000000000441818de02200000fe0000010002000008000f00fe00000008000100c0000201"
    "080004000300000008000700c0a8070208000500c0a80701080019000000000024000c00020000000000000000"
    "0000000000000000000000000000000000000000000000"
)
"""To 192.0.2.1 through interface 3 and the gateway 192.168.7.1."""
WAY_6 = bytes.fromhex(
    "b000000018000000000000001dfd1ec70a808000fe0300010000000008000f00fe0000001400010020010db800"
    "0000000000000000000001140002000000000000000000000000000000000014000700000000000000000000000000"
    "0000000108000600000400001400" + "0500fe80000000000000000000000000000108000400" + "03000000"
    "24000c000200000000000000000000000000000000000000000000000000000000000000" + "0500140000000000"
)
"""To 2001:db8::1 through interface 3 and the gateway fe80::1."""
NO_ROUTE = "9bffffff"
FORBIDDEN = {"blackhole": "eaffffff", "prohibit": "f3ffffff", "unreachable": "8fffffff", "no route": NO_ROUTE}
"""How each ends, as an errno below zero."""
ANOTHER_ERROR = "ffffffff"
REFUSAL = (
    "3800000002000000000000006bd388ca{}240000001a0001000000000000000000"
    "02200000000000000000000008000100c0000201"
)

LINK_RUNS = bytes.fromhex("2000000010000000000000000000000000000100030000004310010000000000")
LINK_IS_DOWN = bytes.fromhex("2000000010000000000000000000000000000100030000000210000001000000")
LINK_HAS_NO_CABLE = bytes.fromhex("2000000010000000000000000000000000000100030000000310000000000000")
PORT_LEAVES_A_BRIDGE = bytes.fromhex("2000000011000000000000000000000007000100030000004310010000000000")
LINK_IS_GONE = bytes.fromhex("2000000011000000000000000000000000000100030000004310010000000000")
DEFAULT_IS_GONE = bytes.fromhex(
    "34000000190000008401056b9e44000002000000fe0300010000000008000f00fe00000008000500c0a807010800040003000000"
)
DEFAULT_CAME = bytes.fromhex(
    "34000000180000068401056b9d44000002000000fe0300010000000008000f00fe00000008000500c0a807010800040003000000"
)
ANOTHER_ROUTE_IS_GONE = bytes.fromhex(
    "2c000000190000009401056bf646000002180000fe0300060000000008000f00fe00000008000100c0000200"
)


def test_the_way_to_everybody_is_named_by_its_interface_and_gateway() -> None:
    assert ways(WAY) == frozenset({"3 c0a80701"})
    assert ways(WAY_6) == frozenset({"3 fe800000000000000000000000000001"})
    assert interface("3 c0a80701") == 3


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_refusal_for_want_of_a_way_is_none(name: str) -> None:
    assert ways(bytes.fromhex(REFUSAL.format(FORBIDDEN[name]))) == frozenset()


def test_another_refusal_tells_nothing() -> None:
    assert ways(bytes.fromhex(REFUSAL.format(ANOTHER_ERROR))) is None
    assert ways(b"") is None
    assert ways(LINK_RUNS) is None


@pytest.mark.parametrize(("place", "value"), [(16 + 7, 2), (16 + 7, 6), (16 + 8, 1), (16 + 8, 16)])
def test_a_route_that_carries_nothing_is_no_way(place: int, value: int) -> None:
    """Local, blackhole, dead, without a link."""
    assert ways(WAY[:place] + bytes([value]) + WAY[place + 1 :]) == frozenset()


def test_a_link_runs_when_it_is_up_and_has_its_cable() -> None:
    assert runs(LINK_RUNS)
    for other in (LINK_IS_DOWN, LINK_HAS_NO_CABLE, LINK_IS_GONE, WAY, b""):
        assert not runs(other)


@pytest.mark.parametrize("message", [LINK_IS_DOWN, LINK_HAS_NO_CABLE, LINK_IS_GONE, DEFAULT_IS_GONE])
def test_a_link_that_goes_down_and_a_default_that_goes_break_the_way(message: bytes) -> None:
    assert broken(DEFAULT_CAME + message + LINK_RUNS) == {3}


@pytest.mark.parametrize(
    "message", [LINK_RUNS, DEFAULT_CAME, ANOTHER_ROUTE_IS_GONE, PORT_LEAVES_A_BRIDGE, WAY]
)
def test_anything_else_breaks_nothing(message: bytes) -> None:
    assert broken(message) == frozenset()


def test_only_the_ways_through_an_interface_break_with_it() -> None:
    known = frozenset({"3 c0a80701", "33 c0a80701", "4 "})
    assert through(known, {3}) == {"3 c0a80701"}


@pytest.mark.parametrize("question", [link_question(3), *(route_question(address) for address in SOMEWHERE)])
def test_a_question_is_one_whole_message(question: bytes) -> None:
    assert struct.unpack_from("=I", question) == (len(question),)
    assert len(list(messages(question))) == 1


RECORDED = st.sampled_from([WAY, WAY_6, LINK_RUNS, LINK_IS_DOWN, DEFAULT_IS_GONE, ANOTHER_ROUTE_IS_GONE])


@given(
    st.binary(max_size=300)
    | st.tuples(RECORDED, st.integers(0, 120), st.binary(max_size=8)).map(
        lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + len(parts[2]) :]
    )
)
@example(bytes(32))
@example(b"\xff" * 32)
@example(b"\x03" + bytes(31))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    assert len(list(islice(messages(data), 1000))) <= len(data) // 16
    assert len(list(islice(attributes(data), 1000))) <= len(data) // 4
    found = ways(data)
    assert found is None or all(isinstance(interface(way), int) for way in found)
    assert runs(data) in {True, False}
    assert len(broken(data)) <= len(data) // 16


A, B = frozenset({"3 a"}), frozenset({"4 b"})


@pytest.mark.parametrize(
    ("before", "now", "down", "edge"),
    [
        (frozenset(), A, frozenset(), True),
        (A, A | B, frozenset(), True),
        (A, B, frozenset(), True),
        (A, A, A, True),
        (A, A, frozenset(), False),
        (A | B, A, frozenset(), False),
        (A, frozenset(), A, False),
        (A, A, B, False),
        (None, A, frozenset(), False),
        (A, None, A, False),
    ],
)
def test_an_edge_is_a_way_that_was_not_there_throughout(
    before: frozenset[str] | None, now: frozenset[str] | None, down: frozenset[str], *, edge: bool
) -> None:
    assert came_up(before, now, down) is edge
