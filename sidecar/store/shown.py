"""Shown: what the owner can see of sharing, read out of the file.

Job: list answers, batches, receipts and attempts as rows that say everything but secrets.
Must not: change anything, or decide what a row allows.
"""

import sqlite3
from collections.abc import Callable
from typing import Final, Literal, TypeVar

from msgspec import Struct

from sidecar.clock import week_label
from sidecar.store.connection import as_problem
from sidecar.store.database import Database
from sidecar.store.reader import LAST_TAKEN

T = TypeVar("T")
ALL: Final = -1

_BATCHES: Final = """
SELECT lower(hex(id)) AS batch_id, batch, kind, state, destination, product, period, revision, sha256, body,
       sealed_at, hold_until, armed_at, settled_at, tries, urgent, given_up, why,
       (SELECT count(*) FROM batch_cell WHERE batch_cell.batch = batch.batch) AS cells,
       (SELECT coalesce(sum(records), 0) FROM batch_cell WHERE batch_cell.batch = batch.batch) AS records
FROM batch
JOIN lane USING (lane)
WHERE batch > :after AND {chosen}
ORDER BY batch
LIMIT :limit
"""
_WAITING: Final = "state IN ('held', 'armed', 'withdrawing')"
_LEFT: Final = "armed_at IS NOT NULL"
_ATTEMPTS: Final = """
SELECT attempt, at, destination, url, what,
       (SELECT lower(hex(id)) FROM batch WHERE batch.batch = attempt.batch), bytes, outcome, status
FROM attempt
WHERE attempt > :after
ORDER BY attempt
LIMIT :limit
"""
_EVER: Final = "SELECT coalesce(max(attempt), 0) FROM attempt"
_LAST: Final = f"SELECT {LAST_TAKEN}"

What = Literal["batch", "request", "withdrawal"]


class Shelved(Struct, frozen=True, kw_only=True):
    """A batch as the owner sees it.

    Attributes:
        body: the exact text that leaves, or left; empty once it is void.
        cells, records: how many cells it has, and of how many records.
        given_up: armed when its grant was taken back: it may have arrived, and is never tried again.
    """

    batch_id: str
    batch: int
    kind: Literal["batch", "request"]
    state: str
    destination: str
    product: str
    period: str
    revision: int
    sha256: str
    body: str
    sealed_at: int
    hold_until: int
    armed_at: int | None
    settled_at: int | None
    tries: int
    urgent: bool
    given_up: bool
    why: str
    cells: int
    records: int


class Attempt(Struct, frozen=True, kw_only=True):
    """One line of the egress log.

    Attributes:
        number: counts every attempt that was ever made.
        at: seconds since the epoch.
        bytes: of the body, before compression.
        outcome: what came of it; empty where the daemon ended before it knew.
    """

    number: int
    at: int
    destination: str
    url: str
    what: What
    batch_id: str | None
    bytes: int
    outcome: str
    status: int | None


def look(database: Database, read: Callable[[sqlite3.Connection], T]) -> T:
    """Read with the writer's connection, between two groups.

    Raises:
        StoreUnavailable, StorageFull: the file cannot be read.
    """
    try:
        return read(database.connection)
    except sqlite3.Error as fault:
        raise as_problem(fault) from fault


def waiting(connection: sqlite3.Connection) -> list[Shelved]:
    """Batches that something is still to be done about."""
    return _shelved(connection, _WAITING, 0, ALL)


def receipts(connection: sqlite3.Connection, after: int, limit: int) -> list[Shelved]:
    """Every batch that left, or may have, whatever became of it; the oldest first."""
    return _shelved(connection, _LEFT, after, limit)


def attempts(connection: sqlite3.Connection, after: int, limit: int) -> list[Attempt]:
    """Lines of the egress log, the oldest first."""
    found = connection.execute(_ATTEMPTS, {"after": after, "limit": limit})
    return [Attempt(**dict(zip(Attempt.__struct_fields__, row, strict=True))) for row in found]


def attempts_ever(connection: sqlite3.Connection) -> int:
    """How many attempts there ever were, those included whose lines are gone."""
    return int(connection.execute(_EVER).fetchone()[0])


def last_upload(connection: sqlite3.Connection) -> int | None:
    """When a collector last took a batch: when it was sent, as the egress log has it."""
    found: int | None = connection.execute(_LAST).fetchone()[0]
    return found


def asked(connection: sqlite3.Connection) -> dict[str, int]:
    """When an application last had each destination's page opened."""
    return dict(connection.execute("SELECT destination, at FROM asked").fetchall())


def _shelved(connection: sqlite3.Connection, chosen: str, after: int, limit: int) -> list[Shelved]:
    found = []
    for row in connection.execute(_BATCHES.format(chosen=chosen), {"after": after, "limit": limit}):
        named = dict(zip(Shelved.__struct_fields__, row, strict=True))
        named["period"] = week_label(named["period"])
        named |= {name: bool(named[name]) for name in ("urgent", "given_up")}
        found.append(Shelved(**named))
    return found
