"""Salvage: records of a damaged file, stored in the new one exactly once.

Job: check each row as strictly as a posted record, store what passes, and keep the progress in the same
transaction, so that a crash neither loses nor doubles any.
Must not: believe a damaged file: a page may hold a piece of another file by now.

    meta `salvage:<name>`   how far it came; read and written by each step, `done` when nothing is left
    ledger                  salvaged/restored: brought over; record/corrupt: could not be read, at the most
"""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from sidecar import scrub, strict
from sidecar.clock import LAST_WEEK
from sidecar.errors import SidecarError
from sidecar.hardware.bucket import valid_bucket
from sidecar.modelnames import parse
from sidecar.records import ErrorReport, FeatureRequest
from sidecar.store.damaged import Damaged, Row
from sidecar.store.ledger import DATABASE, SALVAGED, note_loss
from sidecar.store.rows import (
    KEY_COLUMNS,
    SERIES_COLUMNS,
    SPEEDS,
    VALUE_COLUMNS,
    ErrorTemplate,
    NewRecord,
    Series,
    Values,
    measures,
    speed_edge,
)
from sidecar.store.transaction import Transaction
from sidecar.vocabulary import UNKNOWN

Key: TypeAlias = tuple[bytes, bytes, int]
"""Id, digest and week of a tombstone."""

ID_BYTES: Final = 16
DIGEST_BYTES: Final = 8
UNREADABLE: Final = "record"
"""The kind of the ledger's line: nobody can tell what an unreadable record was."""

_NOT_SENT: Final = frozenset({"kind", "hardware_bucket", "fingerprint"})


class Progress(Struct, frozen=True):
    """How far a file was salvaged.

    Attributes:
        after: records up to this sequence number were looked at.
        stored: of these, brought over.
        unreadable: sequence numbers that could not be read, or held no record any more; at the most.
        done: nothing is left to do; `purged` when that is because its owner wanted it deleted.
    """

    after: int = 0
    stored: int = 0
    unreadable: int = 0
    done: bool = False
    purged: bool = False


class Found(Struct, frozen=True):
    """What one stretch of a file gave: its records, the number they reach to, how many could not be read."""

    records: Sequence[NewRecord]
    until: int
    lost: int


def progress(transaction: Transaction, *, name: str) -> Progress:
    """How far the file of this name was salvaged."""
    row = transaction.connection.execute(
        "SELECT value FROM meta WHERE name = ?", (f"salvage:{name}",)
    ).fetchone()
    return msgspec.json.decode(row[0], type=Progress) if row else Progress()


def store(transaction: Transaction, *, name: str, so_far: Progress, found: Found) -> Progress:
    """Store one stretch; a record that is there already, or was deleted since, is left out.

    Returns:
        How far it came now. Where somebody else went on or purged meanwhile, nothing is stored.
    """
    known = progress(transaction, name=name)
    if known != so_far:
        return known
    transaction.flush()
    fresh = {record.id: record for record in found.records if not _is_known(transaction, record.id)}
    for record in fresh.values():
        transaction.add(record)
    note_loss(transaction.connection, transaction.week, SALVAGED, "restored", len(fresh))
    note_loss(transaction.connection, transaction.week, UNREADABLE, "corrupt", found.lost)
    stored, unreadable = so_far.stored + len(fresh), so_far.unreadable + found.lost
    return _keep(transaction, name, Progress(found.until, stored, unreadable))


def keep_keys(transaction: Transaction, *, name: str, so_far: Progress, keys: Sequence[Key]) -> Progress:
    """Keep the keys of what was deleted; again and again is the same as once."""
    known = progress(transaction, name=name)
    if known == so_far:
        transaction.flush()
        transaction.connection.executemany(
            "INSERT OR IGNORE INTO tombstone "
            "SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM record WHERE id = ?1)",
            keys,
        )
    return known


def finish(transaction: Transaction, *, name: str, so_far: Progress) -> Progress:
    """Mark the file as done with."""
    known = progress(transaction, name=name)
    if known != so_far:
        return known
    return _keep(transaction, name, replace(so_far, done=True))


def give_up(transaction: Transaction, *, names: Sequence[str]) -> None:
    """Its owner wants the files deleted: nothing more comes out of them, and the ledger says they went."""
    for name in names:
        known = progress(transaction, name=name)
        if not known.purged:
            note_loss(transaction.connection, transaction.week, DATABASE, "declined", 1)
            _keep(transaction, name, replace(known, done=True, purged=True))


def look(damaged: Damaged, after: int) -> Found:
    """The next stretch of a file, checked."""
    rows, until, lost = damaged.stretch(after)
    records = [record for row in rows if (record := _readable(row, damaged)) is not None]
    return Found(records, until, lost + len(rows) - len(records))


def _readable(row: Row, damaged: Damaged) -> NewRecord | None:
    """The record of a row, if every part of it is one that this program could have stored."""
    try:
        return _record(row, damaged.series.get(row["series"]), damaged)
    except (SidecarError, TypeError, ValueError, KeyError):
        return None


def tombstone(row: Row, this_week: int) -> Key | None:
    """A tombstone, if it can be one; one of a far week is kept from now on."""
    id_, digest, week = row["id"], row["digest"], row["week"]
    if not (_is_bytes(id_, ID_BYTES) and _is_bytes(digest, DIGEST_BYTES) and isinstance(week, int)):
        return None
    return id_, digest, week if 0 <= week <= LAST_WEEK else this_week


def _record(row: Row, series_row: Row | None, damaged: Damaged) -> NewRecord | None:
    if series_row is None:
        return None
    series = msgspec.convert({name: series_row[name] for name in SERIES_COLUMNS}, Series)
    values = msgspec.convert({name: row[name] for name in VALUE_COLUMNS}, Values)
    text, template = row["text"], damaged.templates.get(series.fingerprint)
    series = _as_posted(series, values, text)
    whole = (
        _is_bytes(row["id"], ID_BYTES)
        and (row["digest"] is None or _is_bytes(row["digest"], DIGEST_BYTES))
        and isinstance(row["week"], int)
        and 0 <= row["week"] <= LAST_WEEK
        and valid_bucket(series.hardware_bucket)
        and all(speed_edge(edge) == edge for name in SPEEDS if (edge := getattr(values, name)) is not None)
        and (template is not None) == (series.kind == ErrorReport.kind)
    )
    if not whole:
        return None
    return NewRecord(
        id=row["id"],
        week=row["week"],
        series=series,
        values=replace(values, safe_to_share=0),  # it may have left: the marks went with the file
        measures=tuple(measures(series.kind, values)),
        keys=_keys(series),
        digest=row["digest"],
        text=scrub.redact_request(text) if text is not None else None,
        template=_template(series, template),
    )


def _as_posted(series: Series, values: Values, text: str | None) -> Series:
    """The row held to the schema that its record came through, with the names as that reads them.

    A bucket that the probe had not filled in stays unknown.

    Raises:
        SidecarError: no door would take such a record.
        ValueError: words without a wish, or a wish without words.
    """
    said: dict[str, Any] = {name: getattr(series, name) for name in SERIES_COLUMNS if name not in _NOT_SENT}
    said |= {name: getattr(values, name) for name in VALUE_COLUMNS}
    said |= {
        "tie": None if values.tie is None else bool(values.tie),
        "safe_to_share": bool(values.safe_to_share),
        "reasons": values.reasons.split(",") if values.reasons else None,
        "feature_description": text,
    }
    given = {name: value for name, value in said.items() if value not in ("", None)}
    if series.kind == ErrorReport.kind:
        given["error_message"] = ""
    if (series.kind == FeatureRequest.kind) != (text is not None):
        raise ValueError("words belong to a wish, and a wish has words")
    record = strict.record({"feedback_type": series.kind, **given})
    names = {name: getattr(record, name, None) or "" for name in strict.MODEL_FIELDS}
    return replace(series, hardware_bucket=series.hardware_bucket or UNKNOWN, **names)


def _keys(series: Series) -> tuple[str, str, str]:
    """The model keys, read anew from the names."""
    names = [getattr(series, column.removesuffix("_key")) for column in KEY_COLUMNS]
    model, preferred, alternative = (parse(name).key if name else "" for name in names)
    return model, preferred, alternative


def _template(series: Series, found: tuple[object, object] | None) -> ErrorTemplate | None:
    """What is kept of an error message: scrubbing it again must give what it is kept under.

    Raises:
        ValueError: it does not.
    """
    if found is None:
        return None
    again = scrub.scrub_error(series.error_type, str(found[0]))
    if again.fingerprint != series.fingerprint or again.template != found[0]:
        raise ValueError("this is not the template of its fingerprint")
    return ErrorTemplate(again.fingerprint, again.template, again.signature)


def _is_known(transaction: Transaction, id_: bytes) -> bool:
    """Whether a record of this id is there, or was deleted or changed its key into a tombstone."""
    row = transaction.connection.execute(
        "SELECT 1 FROM record WHERE id = :id UNION ALL SELECT 1 FROM tombstone WHERE id = :id", {"id": id_}
    ).fetchone()
    return row is not None


def _is_bytes(value: object, size: int) -> bool:
    return isinstance(value, bytes) and len(value) == size


def _keep(transaction: Transaction, name: str, now: Progress) -> Progress:
    transaction.connection.execute(
        "INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"salvage:{name}", msgspec.json.encode(now).decode())
    )
    return now
