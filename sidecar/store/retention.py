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
EVER: Final = 1 << 31  # a week that no clock reaches
AT_ONCE: Final = 5_000  # records of one transaction, so that no request waits long behind it
WEEKS_AT_ONCE: Final = 4
"""How far one look at the clock may move the week that retention goes by. A clock that is wrong by years then
takes four days of looks, each with its line in ledger and log, until it has expired everything."""

_OLDEST = """
CREATE TEMP TABLE leaving AS
SELECT seq, record.id, record.digest, kind, week
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
            "INSERT OR REPLACE INTO tombstone "
            "SELECT id, digest, max(week, ?) FROM leaving WHERE digest IS NOT NULL",
            (this_week,),
        )
        if lost:
            transaction.keep_seq()
            transaction.deleted = True
        connection.execute("DELETE FROM record WHERE seq IN (SELECT seq FROM leaving)")
    finally:
        connection.execute("DROP TABLE leaving")
    return sum(n for _, n in lost)


def look_at_clock(transaction: Transaction) -> int:
    """The week that retention goes by: it follows the clock forward by `WEEKS_AT_ONCE`, and back at once."""
    row = transaction.connection.execute("SELECT value FROM meta WHERE name = 'week'").fetchone()
    week = transaction.week if row is None else min(transaction.week, row[0] + WEEKS_AT_ONCE)
    transaction.connection.execute("INSERT OR REPLACE INTO meta VALUES ('week', ?)", (week,))
    return week


def forget_keys(transaction: Transaction, *, week: int) -> int:
    """Delete tombstones that have done their time by `week`; returns how many."""
    before = week - KEY_WEEKS
    return transaction.connection.execute("DELETE FROM tombstone WHERE week < ?", (before,)).rowcount


def used_bytes(connection: sqlite3.Connection) -> int:
    """Bytes of the file that hold something."""
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size
