"""What stands on the wire of a batch and of an approved request, as a collector reads it.

Job: turn bytes into a `Letter`, or say that they are none; tell good cells from bad ones.
Must not: know what was stored before. A well-formed word that is on no list is not bad: it folds.
"""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Final, NoReturn, TypeVar

import msgspec
from msgspec import Meta, Struct

SCHEMA: Final = 1
CELLS: Final = 500
BODY_BYTES: Final = 64 << 10
DEEPEST: Final = 8
"""Nesting of any letter; the format itself needs four."""

Id = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
Hash = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Word = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9_-]{0,63}\Z")]
Model = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9._:/@+-]{0,127}\Z")]
Version = Annotated[str, Meta(pattern=r"\A(?:other|[0-9]{1,5}(?:\.[0-9]{1,5}){0,2})\Z")]
Bucket = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9_+-]{0,31}\Z")]
Product = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")]
Speed = Annotated[str, Meta(pattern=r"\A[0-9]{1,8}(?:-[0-9]{1,8}|\+)?\Z")]
Week = Annotated[str, Meta(pattern=r"\A[0-9]{4}-W[0-9]{2}\Z")]
Count = Annotated[int, Meta(ge=0, le=10_000)]
Number = Annotated[int, Meta(ge=1, le=1_000_000)]


class Cell(Struct, frozen=True, tag_field="kind"):
    """One counter; only a cell of another bucket than its batch's names one, and then `unknown`."""

    hardware_bucket: Annotated[str, Meta(pattern=r"\Aunknown\Z")] | None = None


class Rating(Cell, frozen=True, tag="rating"):
    """How good."""

    task_category: Word = "unspecified"
    model: Model | None = None
    product_version: Version | None = None
    variant: Word | None = None
    counts: tuple[Count, Count, Count, Count, Count] = (0, 0, 0, 0, 0)
    thumbs: tuple[Count, Count] = (0, 0)


class Comparison(Cell, frozen=True, tag="comparison", kw_only=True):
    """Which of two, the first key below the second."""

    models: tuple[Model, Model]
    task_category: Word = "unspecified"
    wins: tuple[Count, Count] = (0, 0)
    ties: Count = 0

    def __post_init__(self) -> None:
        if self.models[0] >= self.models[1]:
            raise ValueError("a pair is written in the order of its keys")


class ErrorReport(Cell, frozen=True, tag="error_report", kw_only=True):
    """What fails."""

    error_type: Word
    count: Count
    signature: Word = "other"
    model: Model | None = None
    runtime: Word | None = None
    runtime_version: Version | None = None
    product_version: Version | None = None


class UsagePattern(Cell, frozen=True, tag="usage_pattern", kw_only=True):
    """What people do."""

    action: Word
    count: Count
    task_category: Word = "unspecified"
    model: Model | None = None
    speed: dict[Speed, Count] = {}


AnyCell = Rating | Comparison | ErrorReport | UsagePattern


class Loss(Struct, frozen=True):
    """What the sender could not send."""

    kind: Word
    reason: Word
    count: Count


class _Head(Struct, frozen=True, kw_only=True):
    """What both letters begin with; a field that nobody knows yet is left unread."""

    schema: Number
    manifest: Number
    product: Product
    withdrawal: Hash


class Batch(_Head, frozen=True, kw_only=True):
    """One lane's counts of one period; its cells are judged one by one (`read_cell`)."""

    keys: Number
    period: Week
    hardware_bucket: Bucket
    supersedes: Id | None = None
    cells: Annotated[list[Any], Meta(max_length=CELLS)]
    lost: list[Loss] = []

    def __post_init__(self) -> None:
        first_day(self.period)


class Request(_Head, frozen=True, kw_only=True):
    """One approved wish, alone. No table is made of wishes, so that its week may be any."""

    period: Week | None = None
    category: Word | None = None
    text: Annotated[str, Meta(min_length=1, max_length=500)]


_Letter = TypeVar("_Letter", Batch, Request)


class Unreadable(Exception):  # noqa: N818  # said as a sentence: the letter is unreadable
    """These bytes are no letter of the schema that is spoken here; `newer`: they are of a later one."""

    def __init__(self, why: str, *, newer: bool = False) -> None:
        super().__init__(why)
        self.newer = newer


def first_day(period: str) -> datetime:
    """Monday 00:00 UTC of `2026-W47`.

    Raises:
        ValueError: there is no such week.
    """
    return datetime.fromisocalendar(int(period[:4]), int(period[6:]), 1).replace(tzinfo=UTC)


def read_batch(body: bytes) -> Batch:
    """A batch, its cells unread."""
    return _read(body, Batch)


def read_request(body: bytes) -> Request:
    """An approved request."""
    return _read(body, Request)


def read_cell(cell: object) -> AnyCell | None:
    """A cell, or None where it is none."""
    try:
        found: AnyCell = msgspec.convert(cell, AnyCell)
    except msgspec.ValidationError:
        return None
    return found


def _read(body: bytes, kind: type[_Letter]) -> _Letter:
    """Bytes to a letter; a later schema is told apart before anything else of it is believed."""
    try:
        document = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
        deep = _depth(document) > DEEPEST
    except (ValueError, RecursionError) as fault:
        raise Unreadable("no JSON that can be read in one way only") from fault
    if not isinstance(document, dict) or deep:
        raise Unreadable("no JSON object of the depth of a letter")
    schema = document.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        raise Unreadable("of a later schema", newer=True)
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as fault:
        raise Unreadable("a part beside the cells is missing or malformed") from fault


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse(_: str) -> NoReturn:
    raise ValueError("no number")


def _depth(value: object) -> int:
    match value:
        case dict():
            return 1 + max(map(_depth, value.values()), default=0)
        case list():
            return 1 + max(map(_depth, value), default=0)
        case _:
            return 0
