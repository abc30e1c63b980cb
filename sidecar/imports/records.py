"""Records: what a row means.

Job: make the record of a row, checked as strictly as by the daemon, with a key that each try has again.
Must not: pass on a column that is no field: what a foreign file holds besides never leaves it.

    {"feedback_type": ...}                            taken as it stands, as for POST /v1/feedback
    {"preferred", "alternative", "task", "tie", ...}  a comparison
    model, task, rating or thumb, ...                 a rating
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, BinaryIO, Final, get_type_hints

import msgspec
from msgspec import Struct

from sidecar import strict
from sidecar.errors import ContentNotAccepted, InvalidRecord
from sidecar.imports.rows import Row, read, refused
from sidecar.imports.tasks import Tasks
from sidecar.records import KINDS, Comparison, Feedback, Rating

KIND: Final = "feedback_type"
TASK: Final = "task_category"
ALSO_CALLED: Final = {"task": TASK}
_KIND_OF: Final = {cls.kind: cls for cls in KINDS}
_MAP_IT: Final = (
    "; say what the file's task means with --task-map FROM=TO, or declare it as x_<task> in a product file "
    "and name the product with --product"
)


class Numbered(Struct, frozen=True):
    """A record with the line it came from."""

    line: int
    record: dict[str, Any]


class Reading:
    """How one file is read, and what of it is left out.

    Attributes:
        ignored: columns that are no field, in the order they were met.
    """

    def __init__(self, *, tasks: Tasks, product_id: str | None, digest: str) -> None:
        self.ignored: dict[str, None] = {}
        self._tasks = tasks
        self._product_id = product_id
        self._digest = digest

    def records(self, file: BinaryIO) -> Iterator[Numbered]:
        """The records of a file, in its order.

        Raises:
            InvalidRecord: a row that cannot be a record; nothing behind it was read.
        """
        for row in read(file):
            record = self._record(row)
            try:
                strict.record(dict(record))
            except (InvalidRecord, ContentNotAccepted) as fault:
                raise refused(row.line, fault.detail + (_MAP_IT if fault.field == TASK else "")) from None
            yield Numbered(row.line, record)

    def _record(self, row: Row) -> dict[str, Any]:
        is_ours = KIND in row.fields and not row.is_text
        record = dict(row.fields) if is_ours else self._foreign(row)
        task = record.get(TASK)
        if isinstance(task, str):
            record[TASK] = self._tasks.read(task)
        if record.get("product_id") is None and self._product_id is not None:
            record["product_id"] = self._product_id
        if record.get("idempotency_key") is None:
            record["idempotency_key"] = f"import-{self._digest}-{row.line}"
        return record

    def _foreign(self, row: Row) -> dict[str, Any]:
        """The fields that the schema knows, by its names; every other column is left where it is."""
        kind = _kind(row)
        record: dict[str, Any] = {KIND: kind.kind}
        for name, value in row.fields.items():
            field = ALSO_CALLED.get(name, name)
            if field in kind.__struct_fields__:
                read_value = _value(kind, field, value) if row.is_text else value
                if read_value is not None:
                    record[field] = read_value
            elif name != KIND:
                self.ignored[name] = None
        return record


def _kind(row: Row) -> type[Feedback]:
    """What a foreign row is, by the columns it has."""
    said = row.fields.get(KIND)
    if said:
        kind = _KIND_OF.get(said)
    elif "preferred" in row.fields:
        kind = Comparison
    else:
        kind = Rating if {"rating", "thumb"} & row.fields.keys() else None
    if kind is None:
        raise refused(row.line, f"name its kind as `{KIND}`: one of {', '.join(_KIND_OF)}")
    return kind


def _value(kind: type[Feedback], field: str, text: str) -> object:
    """A CSV cell as the type of its field; what cannot be read so stays text, for the schema to refuse."""
    if not text.strip():
        return None
    if field == "reasons":
        return text.replace(",", " ").split()
    try:
        found: object = msgspec.convert(text.strip(), _hints(kind)[field], strict=False)
    except msgspec.ValidationError:
        return text
    return found


@cache
def _hints(kind: type[Feedback]) -> dict[str, Any]:
    return get_type_hints(kind)
