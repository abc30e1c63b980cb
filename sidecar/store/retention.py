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
LEAST_AT_ONCE: Final = 64  # records: a page or two, so that each step frees something
USUAL_WEEKS: Final = 1
"""How far the clock moves between two looks of a machine in use. More is a jump: a long time switched off, or
a clock that was set wrong."""
STANDS_WEEKS: Final = 2
"""How long a jump has to stand before retention follows it: one to two weeks, by the jumped clock itself."""
WEEKS_AT_ONCE: Final = 4
"""How far one look then moves the week that retention goes by: the owner of a clock that is wrong for good
still has days, each with its line in ledger and log."""
ANOTHER_JUMP_WEEKS: Final = 26
"""A clock that moves on so far behind a jump has jumped again."""

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
    """The week that retention goes by; what it was, and a jump that is waiting, stand in `meta`."""
    found = transaction.connection.execute("SELECT name, value FROM meta WHERE name IN ('week', 'jump')")
    known: dict[str, int] = dict(found.fetchall())
    week, jump = believe(transaction.week, known.get("week"), known.get("jump"))
    transaction.connection.execute("DELETE FROM meta WHERE name = 'jump'")
    for name, value in (("week", week), ("jump", jump)):
        if value is not None:
            transaction.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
    return week


def believe(now: int, week: int | None, jump: int | None) -> tuple[int, int | None]:
    """The week to go by, and the week at which a jump was first seen, if one is waiting.

        a week forward, or back    -> believed at once
        further                    -> the old week, until the jump has stood for `STANDS_WEEKS`
        it has stood               -> `WEEKS_AT_ONCE` nearer at each look

    Args:
        now: the week of the clock.
        week: what was believed at the last look; None at the first.
        jump: where a jump that is waiting was first seen.
    """
    if week is None or now <= week + USUAL_WEEKS:
        return now, None
    if jump is None or not jump <= now <= jump + ANOTHER_JUMP_WEEKS:
        return week, now
    if now - jump < STANDS_WEEKS:
        return week, jump
    return week + min(WEEKS_AT_ONCE, now - week), jump


def enough_to_free(connection: sqlite3.Connection, excess_bytes: int) -> int:
    """About how many of the oldest records have to go to free so much, by what a record takes on average."""
    lowest, highest = connection.execute("SELECT min(seq), max(seq) FROM record").fetchone()
    if lowest is None:
        return LEAST_AT_ONCE
    records = int(highest - lowest + 1)
    return min(max(records * excess_bytes // used_bytes(connection), LEAST_AT_ONCE), AT_ONCE)


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
