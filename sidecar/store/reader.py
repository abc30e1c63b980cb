"""Reading: everything off the hot path, through aiosqlite, so that no read waits on the event loop.

Job: answer from cells and page through records, each call in a transaction of its own that ends with it.
Must not: write, or hold a read transaction open between two pages: that would keep deleted bytes in the WAL.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from sidecar.store.connection import as_problem, is_corrupt
from sidecar.store.rows import SERIES_COLUMNS, VALUE_COLUMNS

if TYPE_CHECKING:
    import aiosqlite

DIMENSIONS: Final = frozenset({*SERIES_COLUMNS, "week"})

_PAGE = f"""
SELECT seq, id, week, {", ".join(VALUE_COLUMNS)}, {", ".join(SERIES_COLUMNS)}, text, template, signature
FROM record
JOIN series USING (series)
LEFT JOIN request_text USING (seq)
LEFT JOIN error_template USING (fingerprint)
WHERE seq {{beyond}} :after {{filters}}
ORDER BY seq {{order}}
LIMIT :limit
"""  # noqa: S608  # own names

_TOTALS = """
SELECT {columns}, measure, sum(n)
FROM total JOIN series USING (series)
WHERE kind = :kind {filters}
GROUP BY {groups}
"""

# Grouping inside one series first keeps the join small: hundreds of series, tens of thousands of cells.
_CELLS = """
SELECT {columns}, measure, sum(n)
FROM (
    SELECT series, measure, {week} AS week, sum(n) AS n
    FROM cell
    WHERE week >= :since
    GROUP BY 1, 2, 3
)
JOIN series USING (series)
WHERE kind = :kind {filters}
GROUP BY {groups}
"""


LAST_TAKEN = "(SELECT max(at) FROM attempt WHERE outcome = 'shared')"
"""When a collector last took a batch. A batch itself forgets that with its withdrawal."""

_SHARING = f"""
SELECT
    coalesce((SELECT value FROM meta WHERE name = 'mode'), 'local'),
    coalesce((SELECT max(attempt) FROM attempt), 0),
    {LAST_TAKEN},
    (SELECT count(*) FROM batch WHERE armed_at IS NOT NULL)
"""  # noqa: S608  # own words


class Page(Struct, frozen=True):
    """A stretch of the record list; `next` is the cursor to go on from, None at the end."""

    rows: list[dict[str, Any]]
    next: int | None


class StoreFacts(Struct, frozen=True):
    """What `status` and metrics say of the store."""

    records: dict[str, int]
    ledger: list[tuple[int, str, str, int]]


class SharingFacts(Struct, frozen=True, kw_only=True):
    """What `status` says of sharing.

    Attributes:
        last_upload: seconds since the epoch.
        sent: batches that left, or may have.
        batches: how many, by their state.
    """

    mode: str = "local"
    attempts_ever: int = 0
    last_upload: int | None = None
    sent: int = 0
    batches: dict[str, int] = {}


class Reader:
    """One read-only connection, opened on first use and again when the file was replaced.

    Args:
        path: the database file.
        generation: grows when the file is replaced.
        on_damage: what to do about a damaged file before the read is tried once more; None where nobody may.
    """

    def __init__(
        self,
        path: Path,
        *,
        generation: Callable[[], int] = lambda: 0,
        on_damage: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self._path = path
        self._current = generation
        self._on_damage = on_damage
        self._lock = asyncio.Lock()
        self._connection: aiosqlite.Connection | None = None
        self._generation = 0

    async def rows(self, sql: str, named: Mapping[str, object] | None = None) -> list[Any]:
        """All rows of one statement.

        Raises:
            StoreUnavailable: the file cannot be read.
        """
        try:
            return await self._rows(sql, named or {})
        except sqlite3.Error as fault:
            if self._on_damage is None or not is_corrupt(fault):
                raise as_problem(fault) from fault
            await self._on_damage()
        try:
            return await self._rows(sql, named or {})
        except sqlite3.Error as fault:
            raise as_problem(fault) from fault

    async def page(self, *, after: int, limit: int, newest: bool = False, kind: str | None = None) -> Page:
        """Records in the order of their arrival, or against it (`newest`), from behind the cursor."""
        sql = _PAGE.format(
            beyond="<" if newest else ">",
            order="DESC" if newest else "ASC",
            filters="AND kind = :kind" if kind else "",
        )
        found = await self.rows(sql, {"after": after, "limit": limit + 1, "kind": kind})
        rows = [dict(row) for row in found[:limit]]
        return Page(rows, rows[-1]["seq"] if len(found) > limit else None)

    async def cells(
        self,
        kind: str,
        *,
        group_by: Sequence[str],
        filters: Mapping[str, str],
        since: int = 0,
    ) -> list[tuple[tuple[Any, ...], str, int]]:
        """Counters of one kind: (values of the group, measure, n).

        Args:
            kind: the kind of record.
            group_by: names from `DIMENSIONS`, checked by the caller; models are grouped by their key.
            filters: dimension -> the only value that counts.
            since: the first week that counts.
        """
        columns = [_column(name) for name in group_by]
        by_week = since > 0 or "week" in group_by
        sql = (_CELLS if by_week else _TOTALS).format(
            columns=", ".join(columns) or "NULL",
            groups=", ".join([*columns, "measure"]),
            week="week" if "week" in group_by else "0",
            filters="".join(f" AND {_column(name)} = :{name}" for name in filters),
        )
        found = await self.rows(sql, {"kind": kind, "since": since, **filters})
        return [(tuple(row[: len(columns)]), row[-2], row[-1]) for row in found]

    async def facts(self) -> StoreFacts:
        """How many records there are of each kind, and the whole ledger."""
        kinds = await self.rows(
            "SELECT kind, sum(n) FROM total JOIN series USING (series) "
            "WHERE measure IN ('n', 'win', 'tie') OR measure LIKE 'rating:%' OR measure LIKE 'thumb:%' "
            "GROUP BY kind",
        )
        ledger = await self.rows("SELECT week, kind, reason, n FROM ledger ORDER BY 1, 2, 3")
        return StoreFacts({row[0]: row[1] for row in kinds}, [tuple(row) for row in ledger])

    async def sharing(self) -> SharingFacts:
        """Mode, connections ever and what is held; of a file from before sharing, that nothing ever left."""
        if not await self.rows("SELECT 1 FROM sqlite_schema WHERE name = 'batch'"):
            return SharingFacts()
        ((mode, ever, last, sent),) = await self.rows(_SHARING)
        states = await self.rows("SELECT state, count(*) FROM batch GROUP BY state ORDER BY state")
        return SharingFacts(
            mode=mode, attempts_ever=ever, last_upload=last, sent=sent, batches=dict(map(tuple, states))
        )

    async def integrity(self) -> list[str]:
        """What SQLite finds wrong with the file, looking at every page; `["ok"]` when nothing."""
        return [row[0] for row in await self.rows("PRAGMA integrity_check")]

    async def close(self) -> None:
        """Close the connection, if one is open."""
        async with self._lock:
            await self._close()

    async def _rows(self, sql: str, named: Mapping[str, object]) -> list[Any]:
        async with self._lock:
            try:
                return list(await (await self._open()).execute_fetchall(sql, dict(named)))
            except sqlite3.Error:
                await self._close()
                raise

    async def _open(self) -> "aiosqlite.Connection":
        if self._connection is not None and self._generation != self._current():
            await self._close()
        if self._connection is None:
            import aiosqlite  # noqa: PLC0415  # a daemon that is never asked needs no reader

            self._connection = await aiosqlite.connect(f"{self._path.as_uri()}?mode=ro", uri=True)
            self._connection.row_factory = sqlite3.Row
            await self._connection.execute("PRAGMA query_only = ON")
            self._generation = self._current()
        return self._connection

    async def _close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()


def _column(dimension: str) -> str:
    """Where a dimension stands: models count under their key, whatever spelling they came in."""
    return f"{dimension}_key" if dimension in {"model", "preferred", "alternative"} else dimension
