"""Records: insert, change, undo. Every function here runs inside the writer's transaction.

Job: keep a record and its cells in step, and a key true to the record it first stood for.
Must not: begin or commit (the group's owner does), or answer questions that cells can answer.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import astuple, replace

from sidecar.errors import IdempotencyConflict, InvalidRecord, NotFound
from sidecar.later import Room
from sidecar.records import Change
from sidecar.store.cells import TABLES
from sidecar.store.rows import (
    SERIES_COLUMNS,
    VALUE_COLUMNS,
    NewRecord,
    Series,
    Values,
    measures,
    reasons_text,
)
from sidecar.store.transaction import Transaction

if TYPE_CHECKING:
    from sidecar.store import sealing
    from sidecar.store.sealing import Touched
else:
    sealing = Room("sidecar.store.sealing")  # from the first change on

_STORED: Final = (
    f"SELECT seq, record.series, week, digest, {', '.join(VALUE_COLUMNS)}, "  # noqa: S608  # own names
    f"{', '.join(SERIES_COLUMNS)}, model_key, preferred_key, alternative_key "
    "FROM record JOIN series USING (series) WHERE id = ?"
)


class Stored(Struct, frozen=True, kw_only=True):
    """A record as it stands in the file; `touched` are the batches that a change of it reached."""

    id: bytes
    seq: int
    number: int
    week: int
    digest: bytes | None
    values: Values
    series: Series
    keys: tuple[str, str, str]
    touched: "tuple[Touched, ...]" = ()


def find(transaction: Transaction, id_: bytes) -> Stored:
    """The record of an id.

    Raises:
        NotFound: never stored, undone, or expired.
    """
    transaction.flush()
    row = transaction.connection.execute(_STORED, (id_,)).fetchone()
    if row is None:
        raise NotFound("no record has this id; it may have been undone or have expired")
    values, series = row[4 : 4 + len(VALUE_COLUMNS)], row[4 + len(VALUE_COLUMNS) :]
    return Stored(
        id=id_,
        seq=row[0],
        number=row[1],
        week=row[2],
        digest=row[3],
        values=Values(**dict(zip(VALUE_COLUMNS, values, strict=True))),
        series=Series(**dict(zip(SERIES_COLUMNS, series, strict=False))),
        keys=series[-3:],
    )


def insert(transaction: Transaction, *, records: Sequence[NewRecord]) -> list[bool]:
    """Store all records of one request, or none; True for each that its key had already brought.

    Raises:
        IdempotencyConflict: a key stands for another record; raised before the first write.
    """
    duplicates: list[bool] = []
    fresh: dict[bytes, bytes] = {}
    for position, record in enumerate(records):
        known = None
        if record.digest is not None:
            known = fresh.get(record.id) or transaction.known_digest(record.id)
            fresh[record.id] = record.digest
        if known is not None and known != record.digest:
            raise IdempotencyConflict(
                "use a new idempotency_key for a new record; change the first one by PATCH",
                field="idempotency_key",
                index=position if len(records) > 1 else None,
            )
        duplicates.append(known is not None)
    for record, duplicate in zip(records, duplicates, strict=True):
        if not duplicate:
            transaction.add(record)
    return duplicates


def change(transaction: Transaction, stored: Stored, wanted: Change) -> Stored:
    """Change what was said, in the record's own week; returns the record as it now stands.

    Raises:
        InvalidRecord: a field that this kind does not have.
    """
    series, values = changed(stored.series, stored.values, wanted)
    number = transaction.index.number(series, stored.keys)
    assignments = ", ".join(f"{column} = ?" for column in ("series", *VALUE_COLUMNS))
    transaction.connection.execute(
        f"UPDATE record SET {assignments} WHERE seq = ?",  # noqa: S608  # own names
        (number, *astuple(values), stored.seq),
    )
    transaction.cells.add(stored.number, stored.week, measures(stored.series.kind, stored.values), -1)
    transaction.cells.add(number, stored.week, measures(series.kind, values))
    touched = sealing.touch(transaction, sealing.batches_of(transaction, seq=stored.seq))
    return replace(stored, number=number, series=series, values=values, touched=tuple(touched))


def changed(series: Series, values: Values, wanted: Change) -> tuple[Series, Values]:
    """What a record says after a change.

    Raises:
        InvalidRecord: a field that this kind does not have.
    """
    if series.kind != "rating" and (wanted.rating is not None or wanted.thumb is not None):
        raise InvalidRecord(f"a record of kind {series.kind} has no rating to change", field="rating")
    if series.kind not in {"rating", "comparison"} and wanted.reasons is not None:
        raise InvalidRecord(f"a record of kind {series.kind} has no reasons to change", field="reasons")
    if series.kind == "feature_request":
        raise InvalidRecord("a wish has nothing to change; undo it and send a new one")
    if wanted.rating is not None or wanted.thumb is not None:
        values = replace(values, rating=wanted.rating, thumb=wanted.thumb)
    if wanted.reasons is not None:
        values = replace(values, reasons=reasons_text(wanted.reasons))
    if wanted.task_category is not None:
        series = replace(series, task_category=wanted.task_category)
    return series, values


def delete(transaction: Transaction, *, id_: bytes) -> Stored:
    """Undo one record; its key, if it had one, leaves a tombstone of the present week.

    Raises:
        NotFound: no such record.
    """
    stored = find(transaction, id_)
    transaction.keep_seq()
    if stored.digest is not None:
        transaction.connection.execute(
            "INSERT OR REPLACE INTO tombstone VALUES (?, ?, ?)",
            (id_, stored.digest, max(stored.week, transaction.week)),  # a clock set back forgets no key
        )
    batches = sealing.batches_of(transaction, seq=stored.seq)
    transaction.connection.execute("DELETE FROM record WHERE seq = ?", (stored.seq,))
    transaction.cells.add(stored.number, stored.week, measures(stored.series.kind, stored.values), -1)
    transaction.deleted = True
    return replace(stored, touched=tuple(sealing.touch(transaction, batches)))


def purge(transaction: Transaction, *, product_id: str | None = None) -> int:
    """Delete every record (of one product, if named), cells included; returns how many records went."""
    transaction.flush()
    transaction.keep_seq()
    sealing.void_held(transaction, product=product_id, why="its records were deleted")
    mine = (
        "" if product_id is None else " AND series IN (SELECT series FROM series WHERE product_id = :product)"
    )
    named = {"product": product_id, "week": transaction.week}
    execute = transaction.connection.execute
    execute(
        "INSERT OR REPLACE INTO tombstone SELECT id, digest, max(week, :week) FROM record "  # noqa: S608  # own clause
        f"WHERE digest IS NOT NULL{mine}",
        named,
    )
    gone: int = execute(f"DELETE FROM record WHERE true{mine}", named).rowcount  # noqa: S608  # own clause
    for table in TABLES:
        execute(f"DELETE FROM {table} WHERE true{mine}", named)  # noqa: S608  # own clause
    transaction.deleted = True
    return gone
