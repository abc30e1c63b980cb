"""A published table of the fleet: what its file may hold.

Job: read a table strictly, or say in words what is wrong with it and where.
Must not: estimate anything, or believe a file: whoever publishes a table is a stranger to this machine.

The form is told in docs/fleet-table.md. A file may hold the cells of all kinds; only ratings and comparisons
stand beside one's own figures, so the others are left out before the rest is read.
"""

from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar

from msgspec import Meta, Struct
from msgspec.structs import replace

from sidecar import strict
from sidecar.clock import parse_week
from sidecar.errors import InvalidRecord
from sidecar.hardware.bucket import BUCKETS
from sidecar.records import END, IDENTIFIER, MODEL
from sidecar.vocabulary import TASK_CATEGORIES, UNKNOWN

MOST_BYTES: Final = 960 * 1024
"""Of a file: over HTTP it fits a body with room for what is around it. Some 5,000 cells of ratings."""

FEWEST_INSTALLS: Final = 20
"""Below it a cell could speak of a person, and nobody who keeps to the rules has published it."""

MOST: Final = 2**53  # beyond it JSON numbers are not whole any more
LEFT_OUT: Final = frozenset({"error_report", "usage_pattern"})
_FORM: Final = (
    'a table is {"table": 1, "period": "2026-W40", "k": 20, "cells": [...]}; see docs/fleet-table.md'
)

T = TypeVar("T", bound=Struct)


def _meta(description: str, *, words: tuple[str, ...] = (), pattern: str | None = None) -> Meta:
    """What completes "`field` must be ...": the error message and the documentation at once."""
    schema: dict[str, Any] | None = {"enum": list(words)} if words else None
    return Meta(
        description=description, pattern=pattern, extra={"words": frozenset(words)}, extra_json_schema=schema
    )


_Count = Annotated[int, Meta(ge=0, le=MOST)]
_Installs = Annotated[int, Meta(ge=FEWEST_INSTALLS, le=MOST, description="a whole number of at least 20")]
_Task = Annotated[str, _meta("null for all tasks, or a task of the closed list", words=TASK_CATEGORIES)]
_BUCKETS: Final = (UNKNOWN, *sorted(BUCKETS))
_Bucket = Annotated[str, _meta("null for all machines, or a hardware bucket", words=_BUCKETS)]
_Model = Annotated[str, Meta(pattern=MODEL)]
_OfModel = Annotated[str, _meta("null for all models, or a model key", pattern=MODEL)]


class RatingCell(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="rating"
):
    """Ratings of a task, a machine and a model, or of all of them where one is null or left out."""

    installs: _Installs
    counts: Annotated[
        tuple[_Count, _Count, _Count, _Count, _Count],
        Meta(description="how often each of 1 to 5 was given"),
    ] = (0, 0, 0, 0, 0)
    thumbs: Annotated[tuple[_Count, _Count], Meta(description="how many thumbs went up, and down")] = (0, 0)
    task_category: _Task | None = None
    hardware_bucket: _Bucket | None = None
    model: _OfModel | None = None


class ComparisonCell(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="comparison"
):
    """How two models fared against each other in a task on a machine, or in all where one is null."""

    installs: _Installs
    models: Annotated[
        tuple[_Model, _Model],
        Meta(description="two different model keys", extra_json_schema={"uniqueItems": True}),
    ]
    wins: Annotated[tuple[_Count, _Count], Meta(description="how often each was preferred")]
    ties: Annotated[int, Meta(ge=0, le=MOST, description="a whole number")] = 0
    task_category: _Task | None = None
    hardware_bucket: _Bucket | None = None


Cell: TypeAlias = RatingCell | ComparisonCell


class FleetTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a collector published of one period.

    Attributes:
        table: version of the form.
        period: the ISO week, or the first of several.
        k: fewest installs that a cell may speak of.
        cells: its counts, from all tasks and models down to one on one machine.
        product: whose records they are; null for all.
    """

    table: Annotated[Literal[1], Meta(description="1; another form is of another version of this program")]
    period: Annotated[
        str, Meta(pattern=rf"^[1-9][0-9]{{3}}-W(0[1-9]|[1-4][0-9]|5[0-3]){END}", description="an ISO week")
    ]
    k: Annotated[int, Meta(ge=FEWEST_INSTALLS, le=MOST, description="a whole number of at least 20")]
    cells: list[Cell]
    product: Annotated[str, Meta(pattern=IDENTIFIER, description="a product id")] | None = None


def read_file(content: bytes) -> tuple[FleetTable, int]:
    """The table of a published file, and how many cells of kinds that are not shown were left out.

    Raises:
        MalformedJson, InvalidRecord: it is no such table; the detail names the cell by its place, from 0.
    """
    if len(content) > MOST_BYTES:
        raise InvalidRecord(f"a table of at most {MOST_BYTES // 1024} KiB is read; ask for a smaller one")
    found = strict.loads(content)
    if not isinstance(found, dict) or not isinstance(cells := found.get("cells"), list):
        return read(found), 0
    shown = {
        n: cell for n, cell in enumerate(cells) if not (isinstance(cell, dict) and _kind(cell) in LEFT_OUT)
    }
    try:
        return read({**found, "cells": list(shown.values())}), len(cells) - len(shown)
    except InvalidRecord as fault:
        if fault.index is None:
            raise
        index = list(shown)[fault.index]  # its place in the file, where cells of all kinds stand
        raise InvalidRecord(f"`cells[{index}]`: {fault.detail}", field=fault.field, index=index) from None


def read(found: strict.Json) -> FleetTable:
    """The table of a JSON value.

    Raises:
        InvalidRecord: it is none, a cell speaks of too few, or stands there twice; `index` is its place.
    """
    if not isinstance(found, dict) or not isinstance(cells := found.get("cells"), list):
        raise InvalidRecord(_FORM, field="cells")
    table = strict.convert(_whole({**found, "cells": []}), FleetTable)
    try:
        parse_week(table.period)
    except ValueError:
        raise InvalidRecord("`period` must be a week that its year has", field="period") from None
    known: set[object] = set()
    read_cells: list[Cell] = []
    for index, each in enumerate(cells):
        try:
            cell = _cell(each, table.k)
        except InvalidRecord as fault:
            fault.index = index
            raise
        if place(cell) in known:
            raise InvalidRecord("each cell may stand there once; add the two up", field="cells", index=index)
        known.add(place(cell))
        read_cells.append(cell)
    return replace(table, cells=read_cells)


def place(cell: Cell) -> tuple[str, str, str, str, str]:
    """Kind, task, machine, model and other model of a cell; `""` for all."""
    task, bucket = cell.task_category or "", cell.hardware_bucket or ""
    if isinstance(cell, ComparisonCell):
        return "comparison", task, bucket, *sorted_pair(cell)[0]
    return "rating", task, bucket, cell.model or "", ""


def sorted_pair(cell: ComparisonCell) -> tuple[tuple[str, str], tuple[int, int]]:
    """The two models by name, and how often each was preferred."""
    (first, wins), (second, losses) = sorted(zip(cell.models, cell.wins, strict=True))
    return (first, second), (wins, losses)


def _cell(found: Any, k: int) -> Cell:  # noqa: ANN401  # any JSON
    fields = found if isinstance(found, dict) else {}
    kind, fields = _kind(fields), _whole({name: value for name, value in fields.items() if name != "kind"})
    cell: Cell
    if kind == "rating":
        cell = strict.convert(fields, RatingCell)
    elif kind == "comparison":
        cell = strict.convert(fields, ComparisonCell)
        if cell.models[0] == cell.models[1]:
            raise InvalidRecord("`models` must be two different model keys", field="models")
    else:
        raise InvalidRecord("a cell is an object whose `kind` is rating or comparison", field="cells")
    if cell.installs < k:
        raise InvalidRecord("`installs` must be at least the `k` of the table", field="installs")
    return cell


def _whole(found: Any) -> Any:  # noqa: ANN401  # any JSON
    """The same with 4.0 as 4: JSON knows one kind of number, and some languages write every one like that."""
    if isinstance(found, dict):
        return {name: _whole(value) for name, value in found.items()}
    if isinstance(found, list):
        return [_whole(each) for each in found]
    return int(found) if isinstance(found, float) and found.is_integer() else found


def _kind(cell: dict[str, Any]) -> str:
    kind = cell.get("kind")
    return kind if isinstance(kind, str) else ""
