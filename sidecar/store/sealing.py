"""Sealing: free records become a batch, its exact bytes, and the marks that say so, in one transaction.

Job: seal a lane's ended periods, seal a held batch anew when something in it was undone, void one.
Must not: send, or decide what may leave; the terms that the consent allows come in and stay with the batch.

    free --seal--> held (marks: sealed)        undo, change of a record in it --> void, next revision held
    held --void--> void (marks gone: free)
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import msgspec
from msgspec import Struct

from sidecar.clock import week_label
from sidecar.share.agenda import HOLD
from sidecar.share.batch import Cell, Free, batch_id, pack, secret, withdrawal, written
from sidecar.share.periods import has_ended, is_too_old, next_label, period_of
from sidecar.store import lanes
from sidecar.store.lanes import Lane
from sidecar.store.terms import Terms, read
from sidecar.store.transaction import Transaction

UNSURE_UNTIL: Final = "unsure_until"
"""In `meta`: the week in which this file took the place of another. What the other one sealed until then
nobody can tell, so periods up to that week are not sealed again."""


class Touched(Struct, frozen=True):
    """A batch that a changed or deleted record is in, and what became of the batch."""

    batch_id: str
    state: str


def seal(  # noqa: PLR0913  # a lane, its terms, the machine and the moment
    transaction: Transaction,
    *,
    destination: str,
    product: str,
    terms: Terms,
    salt: bytes,
    now: int,
    running: bool = False,
) -> list[bytes]:
    """Seal what a lane has of ended periods, and with `running` of the present one; returns the ids."""
    at = lanes.lane(transaction, destination=destination, product=product, salt=salt)
    execute = transaction.connection.execute
    execute("UPDATE lane SET tried_week = ? WHERE lane = ?", (transaction.week, at.number))
    free = _recent(transaction, at, lanes.free_records(transaction, at, terms.scopes, terms.own))
    sealed = _sealed_periods(transaction, at)
    first = _first_week(transaction, terms.length)

    def label(each: lanes.Stamped) -> int:
        return next_label(each.week, sealed, terms.length, transaction.week, first)

    made: list[bytes] = []
    present = period_of(transaction.week, terms.length)
    for period, found in groupby(sorted(free, key=label), key=label):
        if has_ended(period, terms.length, transaction.week) or (running and period == present):
            made += _seal_period(transaction, at, terms, period, [each.free for each in found], now)
    if len(free) < lanes.AT_ONCE:
        _skip_what_is_done(transaction, at, terms)
    return made


def anew(transaction: Transaction, *, number: int) -> bytes | None:
    """Void a held batch and seal what is left of it as the next revision, its hold kept.

    Returns:
        The id of the new one; None where nothing is left, or where it cannot be sealed anew.
    """
    execute = transaction.connection.execute
    lane, period, hold, sealed_at, urgent, written_terms = execute(
        "SELECT lane, period, hold_until, sealed_at, urgent, terms FROM batch WHERE batch = ?", (number,)
    ).fetchone()
    at, terms = lanes.numbered(transaction.connection, lane), read(written_terms)
    if terms is None:  # damaged: it is set apart before it could leave
        return None
    free = list(lanes.records_of_batch(transaction, number, terms.own))
    void(transaction, number=number)
    made = _seal_period(transaction, at, terms, period, free, sealed_at)
    for id_ in made:
        execute("UPDATE batch SET hold_until = ?, urgent = ? WHERE id = ?", (hold, urgent, id_))
    return made[0] if made else None


def void(transaction: Transaction, *, number: int, why: str = "sealed anew") -> None:
    """A held batch is no more, its bytes neither; its records are free again."""
    execute = transaction.connection.execute
    execute("DELETE FROM mark WHERE cell IN (SELECT cell FROM batch_cell WHERE batch = ?)", (number,))
    execute("DELETE FROM batch_cell WHERE batch = ?", (number,))
    execute("UPDATE batch SET state = 'void', body = '', why = ? WHERE batch = ?", (why, number))
    execute("UPDATE lane SET done_seq = 0 WHERE lane = (SELECT lane FROM batch WHERE batch = ?)", (number,))
    lanes.untell_losses(transaction, number)
    transaction.deleted = True  # the bytes that counted a deleted record go out of every file


def batches_of(transaction: Transaction, *, seq: int) -> list[int]:
    """The batches that a record is in, of every lane."""
    transaction.flush()
    found = transaction.connection.execute(
        "SELECT DISTINCT batch FROM mark JOIN batch_cell USING (cell) WHERE seq = ? ORDER BY batch", (seq,)
    )
    return [row[0] for row in found]


def touch(transaction: Transaction, numbers: Sequence[int]) -> list[Touched]:
    """A record of these batches was changed or deleted: the held ones are sealed anew, the others stay."""
    touched = []
    for number in numbers:
        id_, state, kind = transaction.connection.execute(
            "SELECT id, state, kind FROM batch WHERE batch = ?", (number,)
        ).fetchone()
        touched.append(Touched(bytes(id_).hex(), state))
        if state == "held" and kind == "batch":
            anew(transaction, number=number)
        elif state == "held":
            void(transaction, number=number, why="the wish was undone")
    return touched


def void_held(transaction: Transaction, *, product: str | None, why: str) -> None:
    """Void what is held, of one product if one is named."""
    found = transaction.connection.execute(
        "SELECT batch FROM batch JOIN lane USING (lane) "
        "WHERE state = 'held' AND (?1 IS NULL OR product = ?1)",
        (product,),
    ).fetchall()
    for (number,) in found:
        void(transaction, number=number, why=why)


def _recent(transaction: Transaction, at: Lane, free: list[lanes.Stamped]) -> list[lanes.Stamped]:
    """The records that a collector may still take; the others stay here for good."""
    old = [each for each in free if is_too_old(each.week, transaction.week)]
    lanes.keep_local(transaction, at, [(each.free.seq, each.free.facts.kind) for each in old], "expired")
    return [each for each in free if not is_too_old(each.week, transaction.week)] if old else free


def _seal_period(  # noqa: PLR0913, PLR0917  # as `seal`
    transaction: Transaction, at: Lane, terms: Terms, period: int, free: Sequence[Free], now: int
) -> list[bytes]:
    packed = pack(free, bucket=terms.bucket, revision=terms.manifest)
    lanes.keep_local(transaction, at, packed.unsayable, "quarantined")
    if not packed.cells:
        return []
    bodies = [msgspec.Raw(msgspec.json.encode(cell.body)) for cell in packed.cells]
    number, id_ = insert(transaction, at, terms, period, bodies, now)
    for position, (cell, body) in enumerate(zip(packed.cells, bodies, strict=True)):
        _insert_cell(transaction, at, number, position, cell, bytes(body).decode())
    return [id_]


def insert(  # noqa: PLR0913, PLR0917  # as `seal`
    transaction: Transaction, at: Lane, terms: Terms, period: int, bodies: Sequence[msgspec.Raw], now: int
) -> tuple[int, bytes]:
    """A held batch of these cells under the next revision of its period: its row and its id."""
    execute = transaction.connection.execute
    names = (at.destination, at.product, period)
    revision = execute(
        "SELECT coalesce(max(revision), -1) + 1 FROM batch WHERE lane = ? AND period = ? AND kind = 'batch'",
        (at.number, period),
    ).fetchone()[0]
    id_ = batch_id(at.key, *names, revision)
    root = batch_id(at.key, *names, 0)
    number: int = execute("SELECT coalesce(max(batch), 0) + 1 FROM batch").fetchone()[0]
    text = written(
        bodies,
        manifest=terms.manifest,
        keys=terms.keys,
        period=week_label(period),
        hardware_bucket=terms.bucket,
        product=at.product,
        withdrawal=withdrawal(secret(at.key, root)),
        supersedes=root if revision else None,
        lost=lanes.tell_losses(transaction, at.number, number),
    )
    execute(
        "INSERT INTO batch (batch, id, kind, lane, period, revision, root, state, body, sha256, terms, "
        "sealed_at, hold_until) VALUES (?, ?, 'batch', ?, ?, ?, ?, 'held', ?, ?, ?, ?, ?)",
        (
            number,
            id_,
            at.number,
            period,
            revision,
            root if revision else None,
            text.decode(),
            hashlib.sha256(text).hexdigest(),
            msgspec.json.encode(terms).decode(),
            now,
            now + int(HOLD),
        ),
    )
    return number, id_


def _insert_cell(  # noqa: PLR0913, PLR0917  # one row
    transaction: Transaction, at: Lane, number: int, position: int, cell: Cell, body: str
) -> None:
    execute = transaction.connection.execute
    made = execute(
        "INSERT INTO batch_cell (batch, position, kind, body, records) VALUES (?, ?, ?, ?, ?)",
        (number, position, cell.kind, body, len(cell.records)),
    ).lastrowid
    transaction.connection.executemany(
        "INSERT INTO mark (seq, lane, cell) VALUES (?, ?, ?)",
        [(seq, at.number, made) for seq in cell.records],
    )


def _sealed_periods(transaction: Transaction, at: Lane) -> set[int]:
    """Periods with a batch that was not voided; what was voided may be sealed again, as a later revision."""
    found = transaction.connection.execute(
        "SELECT DISTINCT period FROM batch WHERE lane = ? AND kind = 'batch' AND state <> 'void'",
        (at.number,),
    )
    return {row[0] for row in found}


def _first_week(transaction: Transaction, length: int) -> int:
    """The first week that may be sealed; a week that a wrong clock had written down is set right."""
    execute = transaction.connection.execute
    row = execute("SELECT value FROM meta WHERE name = ?", (UNSURE_UNTIL,)).fetchone()
    if row is None:
        return 0
    unsure = int(row[0])
    if unsure > transaction.week:
        unsure = transaction.week
        be_unsure(transaction.connection, unsure)
    return period_of(unsure, length) + length


def be_unsure(connection: sqlite3.Connection, week: int) -> None:
    """From here on no period up to this week is sealed. Call inside a transaction."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (UNSURE_UNTIL, week))


def _skip_what_is_done(transaction: Transaction, at: Lane, terms: Terms) -> None:
    """Remember up to where no record is free, so that the next seal need not look there."""
    still = lanes.free_records(transaction, at, terms.scopes, terms.own, most=1)
    done = still[0].free.seq - 1 if still else transaction.last_seq
    transaction.connection.execute("UPDATE lane SET done_seq = ? WHERE lane = ?", (done, at.number))
