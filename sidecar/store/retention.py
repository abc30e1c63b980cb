"""Growing old: records expire, cells stay; at the quota the oldest records go first.

Job: delete what is past its time or over the quota, count it in the ledger, and keep keys from bringing it
back.
Must not: touch cells: insight goes on counting what has expired.
"""

import sqlite3
from typing import Final

from sidecar.store.ledger import note_loss
from sidecar.store.transaction import Transaction

KEY_WEEKS: Final = 58  # an idempotency key is remembered at least 400 days
AT_ONCE: Final = 5_000  # records of one transaction, so that no request waits long behind it

_OLDEST = """
CREATE TEMP TABLE leaving AS
SELECT seq, record.id, record.digest, kind
FROM record JOIN series USING (series)
WHERE week < :before
ORDER BY seq
LIMIT :most
"""


def expire(transaction: Transaction, *, before: int, reason: str, most: int = AT_ONCE) -> int:
    """Delete at most `most` records of weeks before `before`, the oldest first; returns how many went.

    `reason` is `expired` or `quota`.
    """
    transaction.flush()
    connection, this_week = transaction.connection, transaction.week
    connection.execute(_OLDEST, {"before": before, "most": most})
    try:
        lost = connection.execute("SELECT kind, count(*) FROM leaving GROUP BY kind").fetchall()
        for kind, n in lost:
            note_loss(connection, this_week, kind, reason, n)
        connection.execute(
            "INSERT OR REPLACE INTO tombstone SELECT id, digest, ? FROM leaving WHERE digest IS NOT NULL",
            (this_week,),
        )
        if lost:
            transaction.keep_seq()
            transaction.deleted = True
        connection.execute("DELETE FROM record WHERE seq IN (SELECT seq FROM leaving)")
    finally:
        connection.execute("DROP TABLE leaving")
    return sum(n for _, n in lost)


def forget_keys(transaction: Transaction) -> int:
    """Delete tombstones that have done their time; returns how many."""
    before = transaction.week - KEY_WEEKS
    return transaction.connection.execute("DELETE FROM tombstone WHERE week < ?", (before,)).rowcount


def used_bytes(connection: sqlite3.Connection) -> int:
    """Bytes of the file that hold something."""
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size
