"""Giving up: what of a batch will not leave any more, and the lines of the ledger that say so.

Job: settle a batch, mark its cells with the reason, and set a damaged one apart.
Must not: decide that something is given up, or free a record: what is given up stays here for good.
"""

import hashlib
from collections.abc import Collection

import msgspec
from msgspec import Struct

from sidecar.store import lanes
from sidecar.store.outgoing import Row
from sidecar.store.terms import read
from sidecar.store.transaction import Transaction


class _Written(Struct, frozen=True):
    """The cells of a batch as they stand in its text."""

    cells: list[msgspec.Raw]


def give_up_cells(transaction: Transaction, row: Row, positions: Collection[int] | None, reason: str) -> int:
    """These cells (None: all) stay here, and ledger and result say how many records that were."""
    execute = transaction.connection.execute
    given_up = 0
    found = execute(
        "SELECT cell, position, kind, records FROM batch_cell WHERE batch = ?", (row.number,)
    ).fetchall()
    for cell, position, kind, records in found:
        if positions is None or position in positions:
            execute("UPDATE batch_cell SET state = ? WHERE cell = ?", (reason, cell))
            lanes.note_lane_loss(transaction, row.lane, kind, reason, records)
            given_up += records
    return given_up


def settled(transaction: Transaction, number: int, state: str, now: int, why: str = "") -> None:
    """A batch has come to its end."""
    transaction.connection.execute(
        "UPDATE batch SET state = ?, settled_at = ?, why = ?, next_at = 0 WHERE batch = ?",
        (state, now, why, number),
    )


def is_whole(transaction: Transaction, row: Row) -> bool:
    """Whether the bytes are those that were sealed, and the cells those that are written in them."""
    if hashlib.sha256(row.body.encode()).hexdigest() != row.sha256 or read(row.terms) is None:
        return False
    if row.kind != "batch":
        return True
    cells = transaction.connection.execute(
        "SELECT position, body FROM batch_cell WHERE batch = ? ORDER BY position", (row.number,)
    ).fetchall()
    written = msgspec.json.decode(row.body, type=_Written).cells
    return cells == [(position, bytes(cell).decode()) for position, cell in enumerate(written)]


def contain(transaction: Transaction, row: Row, now: int) -> None:
    """Set a damaged batch apart: nothing of it leaves, and the others go on."""
    give_up_cells(transaction, row, None, "corrupt")
    lanes.untell_losses(transaction, row.number)
    settled(transaction, row.number, "quarantined", now, "damaged on the disk")
