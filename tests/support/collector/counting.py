"""What stored cells add up to, and what a word becomes that this collector does not know yet.

Job: fold a cell to the lists of one collector, and name every number in it.
Must not: know ids, answers or time.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from tests.support.collector.wire import AnyCell, Comparison, ErrorReport, Rating, UsagePattern

Words = frozenset[str] | None
"""The words that are known; None: every one is."""

OTHER: Final = "other"
CUSTOM: Final = "custom"
NO_BUCKET: Final = "unknown"

_MEASURES: Final = {"hardware_bucket", "counts", "thumbs", "wins", "ties", "count", "speed"}


class Known(Struct, frozen=True, kw_only=True):
    """The lists of one collector: an old one lacks the words of new senders."""

    task_category: Words = None
    model: Words = None
    error_type: Words = None
    signature: Words = None
    runtime: Words = None
    action: Words = None
    hardware_bucket: Words = None


class Counted(NamedTuple):
    """The name of one number: where it counts, and which of a cell's numbers it is."""

    period: str
    product: str
    hardware_bucket: str
    kind: str
    dimensions: tuple[tuple[str, str | None], ...]
    measure: str


def fold(cell: AnyCell, known: Known) -> AnyCell:
    """The cell in words that are known."""
    match cell:
        case Comparison():
            first, second = sorted(_known_model(model, known) for model in cell.models)
            turned = first != _known_model(cell.models[0], known)
            wins = (cell.wins[1], cell.wins[0]) if turned else cell.wins
            return _folded(msgspec.structs.replace(cell, wins=wins, models=(first, second)), known)
        case _:
            return _folded(cell, known)


def _folded(cell: AnyCell, known: Known) -> AnyCell:
    changed: dict[str, str] = {}
    for name in known.__struct_fields__:
        word = getattr(cell, name, None)
        words: Words = getattr(known, name)
        if word is not None and words is not None and name != "hardware_bucket" and word not in words:
            changed[name] = CUSTOM if name == "model" else OTHER
    return msgspec.structs.replace(cell, **changed)


def _known_model(model: str, known: Known) -> str:
    return model if known.model is None or model in known.model else CUSTOM


def numbers(
    cell: AnyCell, *, period: str, product: str, bucket: str, known: Known
) -> Iterator[tuple[Counted, int]]:
    """Every number above zero of a stored cell, under its name."""
    cell = fold(cell, known)
    if known.hardware_bucket is not None and bucket not in known.hardware_bucket:
        bucket = NO_BUCKET
    kind = str(cell.__struct_config__.tag)
    dimensions = tuple(_dimensions(cell))
    for measure, n in _measures(cell):
        if n:
            yield Counted(period, product, cell.hardware_bucket or bucket, kind, dimensions, measure), n


def _dimensions(cell: AnyCell) -> Iterator[tuple[str, str | None]]:
    for name in cell.__struct_fields__:
        if name == "models":
            yield from zip(("first", "second"), getattr(cell, name), strict=True)
        elif name not in _MEASURES:
            yield name, getattr(cell, name)


def _measures(cell: AnyCell) -> Iterator[tuple[str, int]]:
    match cell:
        case Rating():
            yield from zip(("1", "2", "3", "4", "5"), cell.counts, strict=True)
            yield from zip(("up", "down"), cell.thumbs, strict=True)
        case Comparison():
            yield from zip(("first", "second"), cell.wins, strict=True)
            yield "ties", cell.ties
        case ErrorReport():
            yield "count", cell.count
        case UsagePattern():
            yield "count", cell.count
            yield from ((f"speed {label}", n) for label, n in cell.speed.items())
