"""Reading a damaged file: whatever SQLite can still get at, one stretch of records after the other.

Job: read rows around the pages that cannot be read, and count the numbers that lie on them.
Must not: write to the file, trust what it says (`salvage` checks each row), or read it all at once.

A query over a damaged page fails whole. A stretch that fails is halved until single records are left: those
that still fail are counted. Tables without row numbers are read from both ends, up to the damage.
A file whose schema cannot be read gets one in a copy (`graft`); where none fits, it gives nothing, and
counts as all that it may have held.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

from sidecar.store import aside
from sidecar.store.connection import as_problem
from sidecar.store.graft import HEADER_BYTES, MAGIC, PAGE_COUNT, PAGE_SIZE, with_schema
from sidecar.store.rows import SERIES_COLUMNS, VALUE_COLUMNS

Row: TypeAlias = dict[str, Any]

STRETCH: Final = 200  # sequence numbers read at once: what one small transaction then stores
SINGLE: Final = 16  # of a stretch that fails, read one by one: halving further would ask more often
PASSED_OVER: Final = 50  # stretches of nothing but damage in one step
LEAST_RECORD_BYTES: Final = 24  # of a file: bounds how many records it can hold
SPARSE: Final = 4  # numbers to a record: the oldest go first, so the live ones stand close to each other
MOST: Final = 1 << 40  # numbers that an install could ever give; more is a damaged page speaking

_RECORD: Final = f"""
SELECT seq, id, series, week, digest, {", ".join(VALUE_COLUMNS)} FROM record
WHERE seq BETWEEN ? AND ? ORDER BY seq
"""  # noqa: S608  # own names
_SERIES: Final = f"""
SELECT series, kind, {", ".join(name for name in SERIES_COLUMNS if name != "kind")} FROM series
WHERE series BETWEEN ? AND ? ORDER BY series
"""  # noqa: S608  # own names
_TEXT: Final = "SELECT text FROM request_text WHERE seq = ?"
_HIGHEST: Final = (
    "SELECT max(seq) FROM record",
    "SELECT value FROM meta WHERE name = 'seq'",
    "SELECT max(seq) FROM (SELECT seq FROM record INDEXED BY sqlite_autoindex_record_1)",
)


class Damaged:
    """One file that was set aside. Not thread-safe: one thread at a time.

    Raises:
        StoreUnavailable: it cannot be opened now.

    Attributes:
        highest: no record has a higher sequence number than this, as far as anybody knows.
        readable: whether its tables can be found at all.
        series: number -> its row, as far as they can be read.
        templates: fingerprint -> (template, signature), as far as they can be read.
    """

    def __init__(self, path: Path, given: int | None = None) -> None:
        """Open it; `given` is the highest number that the writer gave before the damage, where it knows."""
        self._folder = path.parent
        self._file = _opened(path)
        fits = size(path) // LEAST_RECORD_BYTES
        self._span = fits * SPARSE
        self.readable = self._has_tables() or self._has_tables_in_a_copy(path)
        self.highest = self._bound(given) if self.readable else given if given is not None else fits
        self.series = {row["series"]: row for row in self._numbered(_SERIES, self._top_series())}
        self.templates = {
            row["fingerprint"]: (row["template"], row["signature"])
            for row in self._both_ends("error_template", "fingerprint")
        }

    def stretch(self, after: int) -> tuple[list[Row], int, int]:
        """The next records behind a number; damage without any is passed over.

        Returns:
            The records; the number that they reach to; how many numbers of it could not be read.
        """
        if not self.readable:
            return [], self.highest, self.highest - after
        last, lost = max(after, self.highest - self._span), 0
        for _ in range(PASSED_OVER):
            first = self._next(last)
            last = min(first + STRETCH - 1, self.highest)
            rows, failed = self._between(_RECORD, first, last)
            lost += failed
            if rows or last >= self.highest:
                break
        for row in rows:
            row["text"] = self._text(row["seq"])
        return rows, last, lost

    def tombstones(self) -> list[Row]:
        """The keys of records that were deleted or had expired."""
        return self._both_ends("tombstone", "id")

    def close(self) -> None:
        """Let go of the file, and of its copy."""
        self._file.close()
        aside.remove(self._folder, [aside.COPY])

    def _has_tables(self) -> bool:
        """Whether each page of the schema can be read, and names the tables that records lie in."""
        try:
            self._file.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            for sql in (_RECORD, _SERIES):
                self._file.execute(f"EXPLAIN {sql}", (0, 0)).fetchall()
        except (sqlite3.Error, UnicodeDecodeError):
            return False
        return True

    def _has_tables_in_a_copy(self, path: Path) -> bool:
        if (copy := with_schema(path)) is None:
            return False
        self._file.close()
        self._file = _opened(copy)
        return self._has_tables()

    def _bound(self, given: int | None) -> int:
        """Of what each place says of the highest number, the most; none of them is sure to be readable."""
        found = [value for sql in _HIGHEST if isinstance(value := self._value(sql), int)]
        found += [] if given is None else [given]
        return max((value for value in found if 0 <= value <= MOST), default=self._span)

    def _top_series(self) -> int:
        found = self._value("SELECT max(series) FROM series")
        return min(found, self._span) if isinstance(found, int) else min(self.highest, self._span)

    def _next(self, after: int) -> int:
        """The first number behind `after` that a record has; the very next where that cannot be told."""
        found = self._value("SELECT min(seq) FROM record WHERE seq > ?", after)
        return found if isinstance(found, int) and after < found <= self.highest else after + 1

    def _text(self, seq: int) -> str | None:
        found = self._value(_TEXT, seq)
        return found if isinstance(found, str) else None

    def _value(self, sql: str, *values: int) -> object:
        try:
            row = self._file.execute(sql, values).fetchone()
        except (sqlite3.Error, UnicodeDecodeError):
            return None
        return None if row is None else row[0]

    def _numbered(self, sql: str, highest: int) -> Iterator[Row]:
        for first in range(1, highest + 1, STRETCH):
            yield from self._between(sql, first, min(first + STRETCH - 1, highest))[0]

    def _between(self, sql: str, first: int, last: int) -> tuple[list[Row], int]:
        """The rows of some numbers, and how many of the numbers could not be looked at."""
        if first > last:
            return [], 0
        try:
            return [dict(row) for row in self._file.execute(sql, (first, last)).fetchall()], 0
        except (sqlite3.Error, UnicodeDecodeError):
            if first == last:
                return [], 1
        middle = (first + last) // 2
        cuts = [(first, middle), (middle + 1, last)]
        if last - first < SINGLE:
            cuts = [(number, number) for number in range(first, last + 1)]
        halves = [self._between(sql, *cut) for cut in cuts]
        return [row for rows, _ in halves for row in rows], sum(failed for _, failed in halves)

    def _both_ends(self, table: str, key: str) -> list[Row]:
        """A table without row numbers, from its beginning and from its end, up to what cannot be read."""
        found: dict[object, Row] = {}
        for order in ("ASC", "DESC"):
            with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
                for row in self._file.execute(f"SELECT * FROM {table} ORDER BY {key} {order}"):  # noqa: S608  # own names
                    found[row[key]] = dict(row)
                return list(found.values())
        return list(found.values())


def _opened(path: Path) -> sqlite3.Connection:
    try:
        file = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, check_same_thread=False)
    except sqlite3.Error as fault:  # not even opened: the disk's own fault, not the damage
        raise as_problem(fault) from fault
    file.execute("PRAGMA writable_schema = ON")  # a file that was cut off is read, too
    file.row_factory = sqlite3.Row
    file.text_factory = _whole_text
    return file


def size(path: Path) -> int:
    """Bytes that the file had, WAL and all: a header that is left knows of pages that were cut off."""
    there = [each.stat().st_size for each in (path, Path(f"{path}-wal")) if each.exists()]
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    told = 0
    if len(head) == HEADER_BYTES and head.startswith(MAGIC):
        told = int.from_bytes(head[PAGE_COUNT]) * int.from_bytes(head[PAGE_SIZE])
    return max(there[0], min(told, MOST)) + sum(there[1:])


def _whole_text(content: bytes) -> str:
    """Text that is no UTF-8 came from a damaged page: its row counts as unreadable."""
    return content.decode()
