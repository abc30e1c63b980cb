"""Dispatching: committing to one attempt before its first byte leaves.

Job: look at the grant once more, move a batch to `armed`, and write the attempt into the egress log.
Must not: open a connection, or let anything leave that the consent of this very transaction does not allow.
"""

import sqlite3
from collections.abc import Callable
from typing import Final, TypeAlias

from msgspec import Struct

from sidecar.share.batch import secret
from sidecar.share.consent import Standing, may_send, may_withdraw
from sidecar.share.verdict import Sent
from sidecar.store import lanes
from sidecar.store.giving_up import contain, is_whole
from sidecar.store.outgoing import Row, row_of
from sidecar.store.transaction import Transaction

MOST_ATTEMPTS: Final = 10_000
"""Lines of the egress log that are kept; how many there ever were is counted beyond them."""


class Dispatch(Struct, frozen=True, kw_only=True):
    """What leaves in one attempt; committed before its first byte does.

    Attributes:
        attempt: its line in the egress log.
        kind: `batch` or `request`.
        secret: for a withdrawal alone.
    """

    attempt: int
    number: int
    destination: str
    url: str
    kind: str
    sent: Sent
    body: bytes
    secret: str | None = None


Standings: TypeAlias = Callable[[sqlite3.Connection], Standing]
"""Reads grants and mode in the very transaction that acts on them."""


def arm(transaction: Transaction, *, number: int, standings: Standings, now: int) -> Dispatch | None:
    """Look at the grant once more and commit to sending; None where it may not leave after all."""
    standing = standings(transaction.connection)
    row = row_of(transaction, number)
    if row.state not in {"held", "armed"} or row.given_up:
        return None
    if not may_send(standing, row.destination, row.product, row.terms_digest):
        return None
    if not is_whole(transaction, row):
        contain(transaction, row, now)
        return None
    url = standing.proposals[row.destination].destination.url
    if row.state == "held":
        transaction.connection.execute(
            "UPDATE batch SET state = 'armed', armed_at = ?, url = ? WHERE batch = ?", (now, url, number)
        )
    return _dispatch(transaction, row, row.kind, url, now)


def take_back(transaction: Transaction, *, number: int, standings: Standings, now: int) -> Dispatch | None:
    """Commit to asking the collector to forget a batch; None where no packet may leave."""
    standing = standings(transaction.connection)
    row = row_of(transaction, number)
    if row.state != "withdrawing" or row.url is None or not may_withdraw(standing):
        return None
    return _dispatch(
        transaction, row, "withdrawal", row.url, now
    )  # where it went, whatever is configured now


def _dispatch(transaction: Transaction, row: Row, what: str, url: str, now: int) -> Dispatch:
    """Write the attempt down, then say what leaves."""
    execute = transaction.connection.execute
    words = None
    body = row.body.encode()
    if what == "withdrawal":
        key = lanes.numbered(transaction.connection, row.lane).key
        words = secret(key, row.root or row.id)
        body = b'{"secret":"%s"}' % words.encode()
    attempt = execute(
        "INSERT INTO attempt (at, destination, url, what, batch, bytes) VALUES (?, ?, ?, ?, ?, ?)",
        (now, row.destination, url, what, row.number, len(body)),
    ).lastrowid
    execute("DELETE FROM attempt WHERE attempt <= ?", ((attempt or 0) - MOST_ATTEMPTS,))
    cells, passed_at = execute(
        "SELECT count(*), (SELECT passed_at FROM pace WHERE destination = ?) FROM batch_cell WHERE batch = ?",
        (row.destination, row.number),
    ).fetchone()
    return Dispatch(
        attempt=attempt or 0,
        number=row.number,
        destination=row.destination,
        url=url,
        kind=row.kind,
        sent=Sent(
            id=row.id.hex(),
            sha256=row.sha256,
            cells=cells,
            too_large=row.too_large,
            errors=row.errors,
            others_pass=row.error_at is not None and passed_at is not None and passed_at >= row.error_at,
        ),
        body=body,
        secret=words,
    )
