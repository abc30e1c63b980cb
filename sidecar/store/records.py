"""Records: insert, change, undo. Every function here runs inside the writer's transaction.

Job: keep a record and its cells in step, and a key true to the record it first stood for.
Must not: begin or commit (the group's owner does), or answer questions that cells can answer.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import astuple, replace

from sidecar.errors import IdempotencyConflict, InvalidRecord, NotFound
from sidecar.records import Change
from sidecar.store.cells import CellChanges
from sidecar.store.rows import (
    SERIES_COLUMNS,
    VALUE_COLUMNS,
    NewRecord,
    Series,
    Values,
    measures,
    reasons_text,
)
from sidecar.store.series import SeriesIndex, drop_unused

_COLUMNS: Final = ("id", "series", "week", "digest", *VALUE_COLUMNS)
_INSERT: Final = f"INSERT INTO record ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608  # own names
_STORED: Final = (
    f"SELECT seq, record.series, week, digest, {', '.join(VALUE_COLUMNS)}, "  # noqa: S608  # own names
    f"{', '.join(SERIES_COLUMNS)}, model_key, preferred_key, alternative_key "
    "FROM record JOIN series USING (series) WHERE id = ?"
)


class Stored(Struct, frozen=True, kw_only=True):
    """A record as it stands in the file."""

    id: bytes
    seq: int
    number: int
    week: int
    digest: bytes | None
    values: Values
    series: Series
    keys: tuple[str, str, str]


def find(connection: sqlite3.Connection, id_: bytes) -> Stored:
    """The record of an id.

    Raises:
        NotFound: never stored, undone, or expired.
    """
    row = connection.execute(_STORED, (id_,)).fetchone()
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


def insert(
    connection: sqlite3.Connection, index: SeriesIndex, cells: CellChanges, records: Sequence[NewRecord]
) -> list[bool]:
    """Store all records of one request, or none; True for each that its key had already brought.

    Raises:
        IdempotencyConflict: a key stands for another record; raised before the first write.
    """
    duplicates: list[bool] = []
    fresh: dict[bytes, bytes] = {}
    for position, record in enumerate(records):
        known = _known_digest(connection, record, fresh)
        if known is not None and known != record.digest:
            raise IdempotencyConflict(
                "use a new idempotency_key for a new record; change the first one by PATCH",
                field="idempotency_key",
                index=position if len(records) > 1 else None,
            )
        duplicates.append(known is not None)
        if record.digest is not None:
            fresh[record.id] = record.digest
    for record, duplicate in zip(records, duplicates, strict=True):
        if not duplicate:
            _insert_one(connection, index, cells, record)
    return duplicates


def _known_digest(
    connection: sqlite3.Connection, record: NewRecord, fresh: dict[bytes, bytes]
) -> bytes | None:
    """What the key already stands for: in this request, among the records, or among the tombstones."""
    if record.digest is None:
        return None
    if record.id in fresh:
        return fresh[record.id]
    row = connection.execute(
        "SELECT digest FROM record WHERE id = :id UNION ALL SELECT digest FROM tombstone WHERE id = :id",
        {"id": record.id},
    ).fetchone()
    return None if row is None else bytes(row[0])


def _insert_one(
    connection: sqlite3.Connection, index: SeriesIndex, cells: CellChanges, record: NewRecord
) -> None:
    number = index.number(record.series, record.keys)
    inserted = connection.execute(
        _INSERT, (record.id, number, record.week, record.digest, *astuple(record.values))
    )
    if record.text is not None:
        connection.execute(
            "INSERT INTO request_text (seq, text) VALUES (?, ?)", (inserted.lastrowid, record.text)
        )
    if record.template is not None:
        connection.execute("INSERT OR IGNORE INTO error_template VALUES (?, ?, ?)", astuple(record.template))
    cells.add(number, record.week, measures(record.series.kind, record.values))


def change(
    connection: sqlite3.Connection, index: SeriesIndex, cells: CellChanges, stored: Stored, wanted: Change
) -> Stored:
    """Change what was said, in the record's own week; returns the record as it now stands.

    Raises:
        InvalidRecord: a field that this kind does not have.
    """
    series, values = changed(stored.series, stored.values, wanted)
    number = index.number(series, stored.keys)
    assignments = ", ".join(f"{column} = ?" for column in ("series", *VALUE_COLUMNS))
    connection.execute(
        f"UPDATE record SET {assignments} WHERE seq = ?",  # noqa: S608  # own names
        (number, *astuple(values), stored.seq),
    )
    cells.add(stored.number, stored.week, measures(stored.series.kind, stored.values), -1)
    cells.add(number, stored.week, measures(series.kind, values))
    return replace(stored, number=number, series=series, values=values)


def changed(series: Series, values: Values, wanted: Change) -> tuple[Series, Values]:
    """What a record says after a change.

    Raises:
        InvalidRecord: a field that this kind does not have.
    """
    if series.kind != "rating" and (wanted.rating is not None or wanted.thumb is not None):
        raise InvalidRecord(f"a {series.kind} has no rating to change", field="rating")
    if series.kind not in {"rating", "comparison"} and wanted.reasons is not None:
        raise InvalidRecord(f"a {series.kind} has no reasons to change", field="reasons")
    if series.kind == "feature_request":
        raise InvalidRecord("a feature_request has nothing to change; undo it and send a new one")
    if wanted.rating is not None or wanted.thumb is not None:
        values = replace(values, rating=wanted.rating, thumb=wanted.thumb)
    if wanted.reasons is not None:
        values = replace(values, reasons=reasons_text(wanted.reasons))
    if wanted.task_category is not None:
        series = replace(series, task_category=wanted.task_category)
    return series, values


def delete(connection: sqlite3.Connection, cells: CellChanges, id_: bytes, week: int) -> Stored:
    """Undo one record; its key, if it had one, leaves a tombstone of the present week.

    Raises:
        NotFound: no such record.
    """
    stored = find(connection, id_)
    if stored.digest is not None:
        connection.execute("INSERT OR REPLACE INTO tombstone VALUES (?, ?, ?)", (id_, stored.digest, week))
    connection.execute("DELETE FROM record WHERE seq = ?", (stored.seq,))
    cells.add(stored.number, stored.week, measures(stored.series.kind, stored.values), -1)
    return stored


def purge(connection: sqlite3.Connection, week: int, product_id: str | None = None) -> int:
    """Delete every record (of one product, if named), cells included; returns how many records went."""
    where = (
        ""
        if product_id is None
        else "WHERE series IN (SELECT series FROM series WHERE product_id = :product)"
    )
    named = {"product": product_id, "week": week}
    keyed = "AND" if where else "WHERE"
    connection.execute(
        "INSERT OR REPLACE INTO tombstone SELECT id, digest, :week FROM record "
        f"{where} {keyed} digest IS NOT NULL",
        named,
    )
    gone = connection.execute(f"DELETE FROM record {where}", named).rowcount  # noqa: S608  # own clauses
    connection.execute(f"DELETE FROM cell {where}", named)  # noqa: S608  # own clauses
    drop_unused(connection)
    return gone
