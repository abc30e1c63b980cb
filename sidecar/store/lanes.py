"""Lanes: one destination and one product each; which records are free in them.

Job: find or make a lane, read its free records, and note what it lost.
Must not: seal, send, or decide what may leave.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from sidecar.share.batch import Free, Lost, lane_key
from sidecar.share.manifest import SCOPES, Declared
from sidecar.store.facts import facts
from sidecar.store.ledger import note_loss
from sidecar.store.rows import SERIES_COLUMNS, VALUE_COLUMNS, Series, Values
from sidecar.store.transaction import Transaction

AT_ONCE: Final = 20_000
"""Records of one seal: half a second of work. What is beyond it stays free for the next one."""

NO_CELL: Final = 0
_COLUMNS: Final = f"seq, week, {', '.join(VALUE_COLUMNS)}, {', '.join(SERIES_COLUMNS)}, signature"
_IS_FREE: Final = """
seq > max(:done, coalesce((SELECT value FROM meta WHERE name = 'stays_until'), 0))
AND product_id = :product AND safe_to_share AND ({scopes})
AND NOT EXISTS (SELECT 1 FROM mark WHERE mark.seq = record.seq AND lane = :lane)
"""
_FREE: Final = f"""
SELECT {_COLUMNS}
FROM record
JOIN series USING (series)
LEFT JOIN error_template USING (fingerprint)
WHERE {_IS_FREE}
ORDER BY seq
LIMIT :most
"""  # noqa: S608  # own names
_COUNT_FREE: Final = (
    f"SELECT kind, count(*) FROM record JOIN series USING (series) WHERE {_IS_FREE} GROUP BY kind"  # noqa: S608  # own names
)
_OF_BATCH: Final = f"""
SELECT {_COLUMNS}
FROM record
JOIN series USING (series)
LEFT JOIN error_template USING (fingerprint)
WHERE seq IN (SELECT mark.seq FROM batch_cell JOIN mark USING (cell) WHERE batch = ?)
ORDER BY seq
"""  # noqa: S608  # own names


class Lane(Struct, frozen=True, kw_only=True):
    """A lane as it stands in the file; `key` is what its ids and secrets come from."""

    number: int
    destination: str
    product: str
    key: bytes
    done_seq: int


class Stamped(Struct, frozen=True):
    """A free record with the week that it was stamped with."""

    week: int
    free: Free


def lane(transaction: Transaction, *, destination: str, product: str, salt: bytes) -> Lane:
    """The lane, made now if it is new."""
    found = find(transaction.connection, destination, product)
    if found is not None:
        return found
    key = lane_key(salt, destination, product)
    transaction.connection.execute(
        "INSERT INTO lane (destination, product, key) VALUES (?, ?, ?)", (destination, product, key)
    )
    return lane(transaction, destination=destination, product=product, salt=salt)


def find(connection: sqlite3.Connection, destination: str, product: str) -> Lane | None:
    """The lane, if there is one."""
    row = connection.execute(
        "SELECT lane, destination, product, key, done_seq FROM lane WHERE destination = ? AND product = ?",
        (destination, product),
    ).fetchone()
    return None if row is None else _lane(row)


def numbered(connection: sqlite3.Connection, number: int) -> Lane:
    """The lane of a number that a batch has."""
    return _lane(
        connection.execute(
            "SELECT lane, destination, product, key, done_seq FROM lane WHERE lane = ?", (number,)
        ).fetchone()
    )


def free_records(
    transaction: Transaction, at: Lane, scopes: Mapping[str, int], own: Declared, most: int = AT_ONCE
) -> list[Stamped]:
    """Records that nothing keeps from being sealed in this lane, in the order in which they came.

    `scopes` tells for each scope after which number records were granted.
    """
    return [_stamped(row, own) for row in _look(transaction, _FREE, at, scopes, most)]


def count_free(transaction: Transaction, at: Lane, scopes: Mapping[str, int]) -> list[tuple[str, int]]:
    """How many records of each kind nothing keeps from being sealed in this lane."""
    return _look(transaction, _COUNT_FREE, at, scopes)


def keep_until(transaction: Transaction, seq: int) -> None:
    """No record up to this number leaves through any lane from here on, whatever is granted later."""
    transaction.connection.execute("INSERT OR REPLACE INTO meta VALUES ('stays_until', ?)", (seq,))


def look_anew(transaction: Transaction, destination: str) -> None:
    """Another grant may free what no seal had to look at."""
    transaction.connection.execute("UPDATE lane SET done_seq = 0 WHERE destination = ?", (destination,))


def records_of_batch(transaction: Transaction, number: int, own: Declared) -> Iterator[Free]:
    """The records that a batch was counted from, as they stand now."""
    transaction.flush()
    for row in transaction.connection.execute(_OF_BATCH, (number,)):
        yield _stamped(row, own).free


def keep_local(transaction: Transaction, at: Lane, records: Sequence[tuple[int, str]], reason: str) -> None:
    """These records (number and kind) never leave through this lane; the ledger says why and how many."""
    transaction.connection.executemany(
        "INSERT INTO mark (seq, lane, cell) VALUES (?, ?, ?)",
        [(seq, at.number, NO_CELL) for seq, _ in records],
    )
    for kind, n in sorted(Counter(kind for _, kind in records).items()):
        note_lane_loss(transaction, at.number, kind, reason, n)


def note_lane_loss(transaction: Transaction, number: int, kind: str, reason: str, n: int) -> None:
    """A line of the ledger, and one for the next batch of the lane."""
    if n <= 0:
        return
    note_loss(transaction.connection, transaction.week, kind, reason, n)
    transaction.connection.execute(
        "INSERT INTO lane_loss (lane, kind, reason, n) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET n = n + excluded.n",
        (number, kind, reason, n),
    )


def tell_losses(transaction: Transaction, number: int, batch: int) -> list[Lost]:
    """What the lane lost and no batch has told: this one does."""
    transaction.connection.execute(
        "UPDATE lane_loss SET batch = ? WHERE lane = ? AND batch = 0", (batch, number)
    )
    found = transaction.connection.execute(
        "SELECT kind, reason, n FROM lane_loss WHERE lane = ? AND batch = ? ORDER BY kind, reason",
        (number, batch),
    )
    return [Lost(*row) for row in found]


def untell_losses(transaction: Transaction, batch: int) -> None:
    """A batch that never arrives has told nothing."""
    execute = transaction.connection.execute
    execute(
        "INSERT INTO lane_loss SELECT lane, 0, kind, reason, n FROM lane_loss WHERE batch = ? "
        "ON CONFLICT DO UPDATE SET n = n + excluded.n",
        (batch,),
    )
    execute("DELETE FROM lane_loss WHERE batch = ?", (batch,))


def _lane(row: tuple[Any, ...]) -> Lane:
    return Lane(number=row[0], destination=row[1], product=row[2], key=bytes(row[3]), done_seq=row[4])


def _look(
    transaction: Transaction, query: str, at: Lane, scopes: Mapping[str, int], most: int = AT_ONCE
) -> list[tuple[Any, ...]]:
    transaction.flush()
    clauses = [
        f"kind = '{kind}' AND seq > :{scope}"
        for scope, kind in SCOPES.items()
        if scope in scopes and kind != "feature_request"
    ]
    found = transaction.connection.execute(
        query.format(scopes=" OR ".join(clauses) or "false"),
        {"done": at.done_seq, "product": at.product, "lane": at.number, "most": most, **scopes},
    )
    return found.fetchall()


def _stamped(row: tuple[Any, ...], own: Declared) -> Stamped:
    seq, week, *said, signature = row
    values = Values(**dict(zip(VALUE_COLUMNS, said, strict=False)))
    series = Series(**dict(zip(SERIES_COLUMNS, said[len(VALUE_COLUMNS) :], strict=True)))
    return Stamped(week, Free(seq, facts(series, values, own, signature), series.hardware_bucket))
