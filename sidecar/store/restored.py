"""After a restore: nobody can tell what the store that was replaced had sealed or sent since the backup.

Job: mark a file that took the place of another, and settle a marked one before anything is sealed.
Must not: guess. What might have left counts as left: it stays here from now on, and the ledger says so.

    restore marks -> the next start, in one transaction: records of the file stay local, held batches are
    void, periods up to this week are not sealed again, the mark goes
"""

import sqlite3
from typing import TYPE_CHECKING, Final

import msgspec

from sidecar.later import Room
from sidecar.store import consents
from sidecar.store.transaction import Transaction

if TYPE_CHECKING:
    from sidecar.store import lanes, sealing
else:
    lanes = Room("sidecar.store.lanes")  # only after a restore
    sealing = Room("sidecar.store.sealing")

MARK: Final = "restored"
FLOOR: Final = "share_after"
"""In `meta`: records up to this number came with a backup, and no grant reaches back to them."""

_HELD: Final = "SELECT batch, lane FROM batch WHERE state = 'held' ORDER BY batch"
_LOST: Final = "SELECT kind, sum(records) FROM batch_cell WHERE batch = ? GROUP BY kind ORDER BY kind"


def mark(connection: sqlite3.Connection) -> None:
    """Remember that this file took the place of another. Outside a transaction it is for good at once."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, 1)", (MARK,))


def is_marked(connection: sqlite3.Connection) -> bool:
    """Whether a restore is still to be settled."""
    return connection.execute("SELECT 1 FROM meta WHERE name = ?", (MARK,)).fetchone() is not None


def settle(transaction: Transaction) -> bool:
    """Settle a marked file; False where there is no mark. A crash before the commit repeats it whole."""
    if not is_marked(transaction.connection):
        return False
    transaction.flush()
    execute = transaction.connection.execute
    granted = consents.grants(transaction.connection)
    for lane in lanes.all_lanes(transaction.connection):
        grant = granted.get(lane.destination)
        for kind, n in lanes.count_free(transaction, lane, grant.scopes) if grant else ():
            lanes.note_lane_loss(transaction, lane.number, kind, "restored", n)
    for name, given in granted.items():
        after = msgspec.json.encode(dict.fromkeys(given.scopes, transaction.last_seq)).decode()
        execute("UPDATE consent SET scopes = ? WHERE destination = ?", (after, name))
    for number, lane_number in execute(_HELD).fetchall():
        for kind, records in execute(_LOST, (number,)).fetchall():
            lanes.note_lane_loss(transaction, lane_number, kind, "restored", records)
        sealing.void(transaction, number=number, why="restored from a backup")
    sealing.be_unsure(transaction.connection, transaction.week)
    execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (FLOOR, transaction.last_seq))
    execute("DELETE FROM meta WHERE name = ?", (MARK,))
    return True


def floor(connection: sqlite3.Connection) -> int:
    """The number up to which records can never be shared, whatever is granted; 0 where there is none."""
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (FLOOR,)).fetchone()
    return int(row[0]) if row else 0
