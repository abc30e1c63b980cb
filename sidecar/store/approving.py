"""Approving: one wish in the words that its owner chose, as a batch of its own.

Job: seal an approved wish, and let a new approval take the place of one that has not left.
Must not: let a wish leave under words that nobody approved, or one whose record is to stay here for ever.
"""

import hashlib
from typing import Final

import msgspec
from msgspec import Struct

from sidecar.clock import week_label
from sidecar.errors import NotFound, StateConflict
from sidecar.records import FeatureRequest
from sidecar.share.agenda import HOLD
from sidecar.share.batch import request_id, secret, withdrawal, written_request
from sidecar.share.periods import period_of
from sidecar.store import lanes, sealing
from sidecar.store.lanes import Lane
from sidecar.store.terms import Terms
from sidecar.store.transaction import Transaction

_WISH: Final = """
SELECT seq, product_id, safe_to_share, nullif(category, '')
FROM record
JOIN series USING (series)
WHERE id = ? AND kind = ?
"""
_SENT_BEFORE: Final = """
SELECT batch, batch.state, id, armed_at IS NOT NULL
FROM mark
JOIN batch_cell USING (cell)
JOIN batch USING (batch)
WHERE seq = ? AND mark.lane = ?
"""
_WORDS_STAND_IN_THE_BATCH: Final = "{}"
"""Of the cell: the words of a wish are kept once, so that they go with the batch."""


class Wish(Struct, frozen=True):
    """A stored wish, as far as its approval needs it."""

    seq: int
    id: bytes
    product: str
    category: str | None


def find(transaction: Transaction, id_: bytes) -> Wish:
    """The wish of an id.

    Raises:
        NotFound: no such wish.
        StateConflict: its record is to stay here for ever.
    """
    transaction.flush()
    row = transaction.connection.execute(_WISH, (id_, FeatureRequest.kind)).fetchone()
    if row is None:
        raise NotFound("no feature request has this id; it may have been undone or have expired")
    seq, product, safe_to_share, category = row
    if not safe_to_share:
        raise StateConflict("this wish was sent with `safe_to_share` false: it stays on this machine")
    return Wish(seq, id_, product, category)


def approve(  # noqa: PLR0913  # a wish, its words, the terms and the moment
    transaction: Transaction, *, wish: Wish, text: str, destination: str, terms: Terms, salt: bytes, now: int
) -> bytes:
    """Seal the wish in these words; returns the id of its batch. The same approval again is the same batch.

    Raises:
        StateConflict: it left already.
    """
    at = lanes.lane(transaction, destination=destination, product=wish.product, salt=salt)
    id_ = request_id(at.key, destination, wish.product, wish.id, text)
    execute = transaction.connection.execute
    before = execute(_SENT_BEFORE, (wish.seq, at.number)).fetchone()
    if before is not None:
        number, state, known, left = before
        if bytes(known) == id_ and state in {"held", "armed", "shared"}:
            return id_
        if left:
            raise StateConflict(f"this wish is {state} already; withdraw that batch before you word it anew")
        sealing.void(transaction, number=number, why="worded anew")
    _clear_way(transaction, id_)
    _insert(transaction, at, wish, text, terms, id_, now)
    return id_


def _clear_way(transaction: Transaction, id_: bytes) -> None:
    """An earlier approval of the same words that was void before it left makes room.

    Raises:
        StateConflict: it did leave: its id is used up.
    """
    execute = transaction.connection.execute
    row = execute("SELECT batch, armed_at FROM batch WHERE id = ?", (id_,)).fetchone()
    if row is None:
        return
    if row[1] is not None:
        raise StateConflict("these very words left before and were taken back; word it another way")
    execute("DELETE FROM batch WHERE batch = ?", (row[0],))


def _insert(  # noqa: PLR0913, PLR0917  # the columns
    transaction: Transaction, at: Lane, wish: Wish, text: str, terms: Terms, id_: bytes, now: int
) -> None:
    execute = transaction.connection.execute
    period = period_of(transaction.week, terms.length)
    body = written_request(
        manifest=terms.manifest,
        period=week_label(period),
        product=wish.product,
        withdrawal=withdrawal(secret(at.key, id_)),
        category=wish.category,
        text=text,
    )
    number = execute("SELECT coalesce(max(batch), 0) + 1 FROM batch").fetchone()[0]
    execute(
        "INSERT INTO batch (batch, id, kind, lane, period, revision, state, body, sha256, terms, sealed_at, "
        "hold_until) VALUES (?, ?, 'request', ?, ?, 0, 'held', ?, ?, ?, ?, ?)",
        (
            number,
            id_,
            at.number,
            period,
            body.decode(),
            hashlib.sha256(body).hexdigest(),
            msgspec.json.encode(terms).decode(),
            now,
            now + int(HOLD),
        ),
    )
    cell = execute(
        "INSERT INTO batch_cell (batch, position, kind, body, records) VALUES (?, 0, ?, ?, 1)",
        (number, FeatureRequest.kind, _WORDS_STAND_IN_THE_BATCH),
    ).lastrowid
    execute("INSERT INTO mark (seq, lane, cell) VALUES (?, ?, ?)", (wish.seq, at.number, cell))
