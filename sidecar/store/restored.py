"""After a restore: nobody can tell what the store that was replaced had sealed or sent since the backup.

Job: mark a file that took the place of another; settle a marked one before anything is sealed.
Must not: guess. What might have left counts as left: it stays here from now on, and the ledger says so.

    restore marks -> the next start, in one transaction: no record of the file leaves any more, held batches
    are void, periods up to this week are not sealed again, the mark goes
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from sidecar.store import lanes, sealing
from sidecar.store.consents import grants
from sidecar.store.giving_up import give_up_cells, settled
from sidecar.store.outgoing import row_of
from sidecar.store.transaction import Transaction

RESTORED: Final = "restored"
"""The reason of the ledger's lines, and the mark in `meta`."""


def mark(connection: sqlite3.Connection) -> None:
    """Remember that this file took the place of another. Outside a transaction it is for good at once."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, 1)", (RESTORED,))


def is_marked(connection: sqlite3.Connection) -> bool:
    """Whether a restore is still to be settled."""
    return connection.execute("SELECT 1 FROM meta WHERE name = ?", (RESTORED,)).fetchone() is not None


def settle(transaction: Transaction, *, open_lanes: Sequence[tuple[str, str]], salt: bytes, now: int) -> int:
    """Let nothing of the backup leave that had not; returns how many records that were, over all lanes.

    A crash before the commit repeats it whole. `open_lanes` are destination and product of every lane that
    could be packed now.
    """
    transaction.flush()
    execute = transaction.connection.execute
    kept = 0
    for (number,) in execute("SELECT batch FROM batch WHERE state = 'held'").fetchall():
        kept += give_up_cells(transaction, row_of(transaction, number), None, RESTORED)
        settled(transaction, number, "void", now, RESTORED)
        lanes.untell_losses(transaction, number)
        execute("UPDATE batch SET body = '' WHERE batch = ?", (number,))
    granted = grants(transaction.connection)
    for destination, product in open_lanes:
        at = lanes.lane(transaction, destination=destination, product=product, salt=salt)
        for kind, n in lanes.count_free(transaction, at, granted[destination].scopes):
            lanes.note_lane_loss(transaction, at.number, kind, RESTORED, n)
            kept += n
    lanes.keep_until(transaction, transaction.last_seq)
    sealing.be_unsure(transaction.connection, transaction.week)
    execute("DELETE FROM meta WHERE name = ?", (RESTORED,))
    transaction.deleted = True  # the bytes of a preview go out of every file
    return kept
