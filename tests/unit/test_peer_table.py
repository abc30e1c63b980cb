"""The owner of a socket, read from the kernel's tables: pure, whatever a table says."""

import sys
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.peer.system import uid_of_xucred
from sidecar.peer.table import HUNG_UP, TABLES, ByteOrder, Ends, is_foreign, key, owners

HEAD = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
ports = st.integers(1, 65_535)
fours = st.tuples(st.ip_addresses(v=4).map(str), ports)
sixes = st.tuples(st.integers(2**64, 2**128 - 1).map(IPv6Address).map(str), ports)  # none is a mapped one
uids = st.integers(0, 2**32 - 1)
orders = st.sampled_from(["little", "big"])
pairs = st.builds(Ends, fours, fours) | st.builds(Ends, sixes, sixes)


def row(name: bytes, uid: int, inode: int = 4711, number: int = 0) -> bytes:
    """A row as Linux 6 writes it."""
    return (
        b"%4d: %s 01 00000000:00000000 00:00000000 00000000 %5d        0 %d 1 000000007ab8e73c 100 0 0 10 0\n"
        % (number, name, uid, inode)
    )


def test_addresses_are_written_as_the_kernel_does() -> None:
    local = Ends(("127.0.0.1", 54_321), ("127.0.0.1", 8_917))
    assert key(local, "tcp", "little") == b"0100007F:D431 0100007F:22D5"
    assert key(local, "tcp", "big") == b"7F000001:D431 7F000001:22D5"
    mapped = b"0000000000000000FFFF00000100007F"
    assert key(local, "tcp6", "little") == mapped + b":D431 " + mapped + b":22D5"
    six = Ends(("::1", 1), ("::1", 2))
    assert key(six, "tcp6", "little") == b"0" * 24 + b"01000000:0001 " + b"0" * 24 + b"01000000:0002"
    assert key(six, "tcp", "little") is None


def test_a_mapped_address_is_found_in_both_tables() -> None:
    mapped = Ends(("::ffff:127.0.0.1", 5), ("::ffff:127.0.0.1", 6))
    plain = Ends(("127.0.0.1", 5), ("127.0.0.1", 6))
    for table in TABLES:
        assert key(mapped, table, "little") == key(plain, table, "little") is not None


def test_an_interface_behind_an_address_does_not_matter() -> None:
    named = Ends(("fe80::1%eth0", 5), ("fe80::2%eth0", 6))
    assert key(named, "tcp6", "little") == key(Ends(("fe80::1", 5), ("fe80::2", 6)), "tcp6", "little")


@given(pair=pairs, uid=uids, order=orders)
def test_every_owner_is_found_in_the_table_that_holds_it(pair: Ends, uid: int, order: ByteOrder) -> None:
    name = key(pair, "tcp6", order)
    assert name is not None
    assert owners(HEAD + row(name, uid), {name}) == {name: uid}


@given(st.lists(st.tuples(pairs, uids), unique_by=lambda each: each[0], max_size=6), st.data())
def test_one_reading_tells_each_from_all_others(rows: list[tuple[Ends, int]], data: st.DataObject) -> None:
    table = {key(pair, "tcp6", "little"): uid for pair, uid in rows}
    text = HEAD + b"".join(
        row(name or b"", uid, number=place) for place, (name, uid) in enumerate(table.items())
    )
    asked = data.draw(st.sets(st.sampled_from(sorted(table)))) if table else set()  # type: ignore[type-var]
    asked.add(b"0100007F:0001 0100007F:0002")
    assert owners(text, asked) == {name: table[name] for name in asked if name in table}


@given(pair=pairs, uid=uids)
def test_our_own_end_is_not_taken_for_the_peers(pair: Ends, uid: int) -> None:
    name, ours = key(pair, "tcp6", "little"), key(Ends(pair.remote, pair.local), "tcp6", "little")
    assert name is not None
    assert ours is not None
    if name != ours:
        assert owners(HEAD + row(ours, uid), {name}) == {}


@given(uid=uids)
def test_a_socket_that_left_its_process_has_no_owner(uid: int) -> None:
    name = b"0100007F:D431 0100007F:22D5"
    assert owners(row(name, uid, inode=0), {name}) == {name: HUNG_UP}
    assert is_foreign(HUNG_UP, own=0)


@given(text=st.binary(max_size=300), name=st.binary(min_size=1, max_size=20))
def test_no_text_breaks_the_reader(text: bytes, name: bytes) -> None:
    for found in owners(text + b"\n0: " + name + b" " + text, {name, b"a b"}).values():
        assert found >= HUNG_UP


@given(cut=st.integers(0, 200))
def test_a_row_that_is_cut_says_nothing_false(cut: int) -> None:
    name = b"0100007F:D431 0100007F:22D5"
    whole = row(name, 1000, inode=7)
    assert owners(whole[:cut], {name}) in ({}, {name: 1000})


@given(uid=uids, own=uids)
def test_another_uid_than_ours_and_roots_is_foreign(uid: int, own: int) -> None:
    assert is_foreign(uid, own) == (uid not in {own, 0})
    assert not is_foreign(None, own)


@given(st.ip_addresses(v=4), ports)
def test_the_kernels_order_is_that_of_the_machine(address: IPv4Address, port: int) -> None:
    pair = Ends((str(address), port), (str(IPv6Address("::1")), port))
    name = key(pair, "tcp6", sys.byteorder)
    assert name is not None
    assert len(name) == 2 * (32 + 5) + 1


@pytest.mark.parametrize(
    ("raw", "uid"),
    [
        (b"\0\0\0\0\xe8\x03\0\0" + bytes(68), 1000 if sys.byteorder == "little" else None),
        (b"\1\0\0\0\xe8\x03\0\0" + bytes(68), None),
        (b"\0\0\0\0", None),
        (b"", None),
    ],
)
def test_the_credentials_of_macos_are_read_or_left(raw: bytes, uid: int | None) -> None:
    assert uid_of_xucred(raw) == uid
