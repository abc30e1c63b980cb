"""The database's own checks: is the file whole, and do the counters equal the records?

Job: read every page and every record, read-only, also while a daemon writes.
Must not: write, or call it a fault that something was stored between two looks.

Records and counters are read by statements of their own. When the counters before and after are the same,
nothing was stored meanwhile, and the records between them are of that moment; else it is done again.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from sidecar.cli.person import Progress
from sidecar.clock import Clock, week_number
from sidecar.errors import StoreUnavailable
from sidecar.records import KINDS
from sidecar.store.connection import FILE_NAME
from sidecar.store.reader import Reader
from sidecar.store.rows import SERIES_COLUMNS, VALUE_COLUMNS, Values, measures

if TYPE_CHECKING:
    from sidecar.config import Settings

TRIES: Final = 3
PAGE: Final = 5_000
MODELS: Final = frozenset({"model", "preferred", "alternative"})
"""Counted under their keys, which a record's row does not show."""

DIMENSIONS: Final = (*(name for name in SERIES_COLUMNS if name not in MODELS | {"kind"}), "week")
REMEDY: Final = (
    "stop the daemon and `sidecar restore` the last backup; without one, start the daemon again: it sets a "
    "damaged file aside and begins a new one"
)

Found = Iterator[tuple[Literal["ok", "note", "wrong"], str, str]]
Counts = Counter[tuple[Any, ...]]


def week_of(moment: datetime) -> int:
    """The week that a record of this moment lies in."""
    return week_number(moment)


def newest_week(folder: Path) -> int | None:
    """The newest week that anything was counted in."""
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    return asyncio.run(_newest(path))


def integrity(settings: "Settings", _: Clock) -> Found:
    """SQLite's own check of every page."""
    path = settings.data_dir / FILE_NAME
    if not path.is_file():
        yield "note", "there is none yet", "`sidecar run` makes it"
        return
    try:
        said = asyncio.run(_integrity(path))
    except StoreUnavailable:
        said = ["it cannot be read as a database"]
    if said == ["ok"]:
        yield "ok", f"whole, {path.stat().st_size:,} bytes", ""
    else:
        yield "wrong", f"damaged: {said[0]}", REMEDY


def counters(settings: "Settings", _: Clock) -> Found:
    """Cells = live + expired records."""
    path = settings.data_dir / FILE_NAME
    if not path.is_file():
        return
    compared = asyncio.run(_compare(path))
    if compared is None:
        yield "note", "records came in during every look", "run `sidecar doctor` again when less is going on"
        return
    counted, recorded, expired = compared
    missing, surplus = recorded - counted, counted - recorded
    if missing or (surplus and not expired):
        yield "wrong", f"{len(missing) + len(surplus)} counters do not equal their records", REMEDY
    elif surplus:
        yield (
            "ok",
            f"{recorded.total():,} counted, and {surplus.total():,} of expired records",
            "",
        )
    else:
        yield "ok", f"{recorded.total():,} counted, as the records say", ""


async def _integrity(path: Path) -> list[str]:
    reader = Reader(path)
    try:
        return await reader.integrity()
    finally:
        await reader.close()


async def _newest(path: Path) -> int | None:
    reader = Reader(path)
    try:
        weeks = [
            group[0]
            for cls in KINDS
            for group, _, _ in await reader.cells(cls.kind, group_by=["week"], filters={})
        ]
        return max(weeks, default=None)
    finally:
        await reader.close()


async def _compare(path: Path) -> tuple[Counts, Counts, bool] | None:
    """Counters, what the records make of them, whether some expired; None when never at rest."""
    reader = Reader(path)
    try:
        for _ in range(TRIES):
            before = await _counted(reader)
            recorded = await _recorded(reader)
            if before == await _counted(reader):
                facts = await reader.facts()
                return before, recorded, any(line[2] in {"expired", "quota"} for line in facts.ledger)
        return None
    finally:
        await reader.close()


async def _counted(reader: Reader) -> Counts:
    found: Counts = Counter()
    for cls in KINDS:
        for group, measure, n in await reader.cells(cls.kind, group_by=DIMENSIONS, filters={}):
            found[cls.kind, *group, measure] = n
    return found


async def _recorded(reader: Reader) -> Counts:
    found: Counts = Counter()
    seen, after = 0, 0
    with Progress("records") as progress:
        while True:
            page = await reader.page(after=after, limit=PAGE)
            for row in page.rows:
                _count(found, row)
            seen += len(page.rows)
            progress.at(seen)
            if page.next is None:
                return found
            after = page.next


def _count(found: Counts, row: Mapping[str, Any]) -> None:
    values = Values(**{name: row[name] for name in VALUE_COLUMNS})
    group = tuple(row[name] for name in DIMENSIONS)
    for measure, n in measures(row["kind"], values):
        found[row["kind"], *group, measure] += n
