"""Splitting: a batch that is refused in part goes on in parts, which supersede its revision 0.

Job: hand a batch's cells to its children, and make a batch whole again that may have been stored before.
Must not: decide where to cut, or that it is cut; `settling` does.
"""

from collections.abc import Sequence

import msgspec

from sidecar.store import lanes, sealing
from sidecar.store.giving_up import contain, is_whole
from sidecar.store.outgoing import Row
from sidecar.store.terms import read
from sidecar.store.transaction import Transaction


def make_whole(transaction: Transaction, *, destination: str) -> None:
    """A batch that may have been stored before it was split stands as sent again, unless a part was stored.

    Before the parts are let go: what nobody voided at the collector must not be free for another batch.
    """
    execute = transaction.connection.execute
    found = execute(
        "SELECT batch, id FROM batch JOIN lane USING (lane) "
        "WHERE destination = ? AND state = 'split' AND unsure AND NOT EXISTS "
        "(SELECT 1 FROM batch AS part WHERE part.root = batch.id AND part.state = 'shared')",
        (destination,),
    ).fetchall()
    for number, id_ in found:
        parts = [
            row[0] for row in execute("SELECT batch FROM batch WHERE root = ? AND state = 'held'", (id_,))
        ]
        for part in parts:
            execute("UPDATE batch_cell SET batch = ? WHERE batch = ?", (number, part))
            sealing.void(transaction, number=part, why="its whole may have been stored")
        execute("UPDATE batch SET state = 'armed', unsure = 0, settled_at = NULL WHERE batch = ?", (number,))


def split(
    transaction: Transaction, row: Row, parts: Sequence[Sequence[int]], *, now: int, unsure: bool = False
) -> list[bytes]:
    """Let parts of a batch's cells (positions) go on as children that supersede revision 0.

    `unsure` tells that the collector may hold the whole.
    """
    execute, number = transaction.connection.execute, row.number
    at, terms = lanes.numbered(transaction.connection, row.lane), read(row.terms)
    if terms is None or not is_whole(transaction, row):
        contain(transaction, row, now)
        return []
    (period,) = execute("SELECT period FROM batch WHERE batch = ?", (number,)).fetchone()
    cells = execute("SELECT position, cell, body FROM batch_cell WHERE batch = ?", (number,)).fetchall()
    by_position = {position: (cell, body) for position, cell, body in cells}
    execute(
        "UPDATE batch SET state = 'split', settled_at = ?, divide = 0, unsure = ?, why = 'refused in part' "
        "WHERE batch = ?",
        (now, unsure, number),
    )
    lanes.untell_losses(transaction, number)
    made = []
    for part in parts:
        chosen = [by_position[position] for position in part]
        bodies = [msgspec.Raw(body.encode()) for _, body in chosen]
        child, id_ = sealing.insert(transaction, at, terms, period, bodies, now)
        for position, (cell, _) in enumerate(chosen):
            execute("UPDATE batch_cell SET batch = ?, position = ? WHERE cell = ?", (child, position, cell))
        # It was looked at as a part of its parent for as long as that was held.
        execute("UPDATE batch SET hold_until = ?, urgent = 1 WHERE batch = ?", (now, child))
        made.append(id_)
    return made
