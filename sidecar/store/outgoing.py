"""Outgoing: batches that are not settled, as the policy and the other steps see them.

Job: read batches, lanes and the pace of destinations out of the file.
Must not: change anything.
"""

import sqlite3
from typing import Final

from msgspec import Struct

from sidecar.errors import NotFound
from sidecar.share.agenda import BatchView, LaneView, Pace
from sidecar.store.transaction import Transaction

_DIGEST: Final = "CASE WHEN json_valid(terms) THEN coalesce(json_extract(terms, '$.digest'), '') ELSE '' END"

_UNSETTLED: Final = f"""
SELECT batch, id, destination, product, state, {_DIGEST},
       sealed_at, hold_until, next_at, tries, urgent
FROM batch
JOIN lane USING (lane)
WHERE state IN ('held', 'armed', 'withdrawing') AND NOT (state = 'armed' AND given_up)
ORDER BY batch
"""  # noqa: S608  # own names

_ROW: Final = f"""
SELECT batch, id, kind, lane, destination, product, root, state, body, sha256, {_DIGEST},
       terms, url, armed_at, tries, too_large, errors, error_at, given_up, divide
FROM batch
JOIN lane USING (lane)
WHERE batch = ?
"""  # noqa: S608  # own names


class Row(Struct, frozen=True, kw_only=True):
    """A batch as it stands in the file; `url` is where it was sent, once it was armed.

    Attributes:
        terms_digest: of the consent text; empty where the terms cannot be read.
    """

    number: int
    id: bytes
    kind: str
    lane: int
    destination: str
    product: str
    root: bytes | None
    state: str
    body: str
    sha256: str
    terms_digest: str
    terms: str
    url: str | None
    armed_at: int | None
    tries: int
    too_large: int
    errors: int
    error_at: int | None
    given_up: bool
    divide: bool


def lanes_seen(connection: sqlite3.Connection) -> dict[tuple[str, str], LaneView]:
    """The lanes that were ever sealed or looked at."""
    found = connection.execute("SELECT destination, product, tried_week FROM lane")
    return {
        (destination, product): LaneView(destination=destination, product=product, tried_week=week)
        for destination, product, week in found
    }


def unsettled(connection: sqlite3.Connection) -> tuple[BatchView, ...]:
    """Batches that something is still to be done about."""
    return tuple(
        BatchView(
            number=row[0],
            id=bytes(row[1]),
            destination=row[2],
            product=row[3],
            state=row[4],
            terms_digest=row[5],
            sealed_at=row[6],
            hold_until=row[7],
            next_at=row[8],
            tries=row[9],
            urgent=bool(row[10]),
        )
        for row in connection.execute(_UNSETTLED)
    )


def paces(connection: sqlite3.Connection) -> dict[str, Pace]:
    """What the answers of each destination taught."""
    found = connection.execute("SELECT destination, failures, next_at, firm, unsupported, why FROM pace")
    return {
        row[0]: Pace(failures=row[1], next_at=row[2], firm=bool(row[3]), unsupported=row[4], why=row[5])
        for row in found
    }


def row_of(transaction: Transaction, number: int) -> Row:
    """The batch of a row number."""
    found = transaction.connection.execute(_ROW, (number,)).fetchone()
    named = dict(zip(Row.__struct_fields__, found, strict=True))
    named |= {name: bool(named[name]) for name in ("given_up", "divide")}
    return Row(**named)


def number_of(transaction: Transaction, id_: bytes) -> int:
    """The row number of a batch's id.

    Raises:
        NotFound: no such batch.
    """
    row = transaction.connection.execute("SELECT batch FROM batch WHERE id = ?", (id_,)).fetchone()
    if row is None:
        raise NotFound("no batch has this id; `sidecar outbox` and `sidecar receipts` list them")
    return int(row[0])
