"""Cells: the counters that insight reads, by week and over all weeks.

Job: collect what a group of records adds or takes away, and write it in the records' own transaction.
Must not: be written from anywhere else, or cells and records could drift apart.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

Key: TypeAlias = tuple[Any, ...]

TABLES: Final = {"cell": ("week", "series", "measure"), "total": ("series", "measure")}
"""Table -> the columns of its key. `total` is `cell` without the week."""


class CellChanges:
    """Sum of the changes of one transaction: each cell is written once, however many records moved it."""

    def __init__(self) -> None:
        self._moved: defaultdict[tuple[int, int, str], int] = defaultdict(int)

    def add(self, series: int, week: int, measures: Iterable[tuple[str, int]], sign: int = 1) -> None:
        """Count what one record adds (`sign` 1) or takes out (`sign` -1)."""
        for measure, n in measures:
            self._moved[week, series, measure] += sign * n

    def write(self, connection: sqlite3.Connection) -> None:
        """Apply the sum; a counter that reaches zero is deleted, so that nothing of it stays in the file."""
        moved, self._moved = self._moved, defaultdict(int)
        totals: defaultdict[Key, int] = defaultdict(int)
        for (_, *key), n in moved.items():
            totals[tuple(key)] += n
        _write(connection, "cell", moved)
        _write(connection, "total", totals)


def _write(connection: sqlite3.Connection, table: str, moved: Mapping[Key, int]) -> None:
    columns = TABLES[table]
    connection.executemany(
        f"INSERT INTO {table} ({', '.join(columns)}, n) VALUES ({', '.join('?' * len(columns))}, ?) "  # noqa: S608  # own names
        "ON CONFLICT DO UPDATE SET n = n + excluded.n",
        [(*key, n) for key, n in moved.items() if n > 0],
    )
    where = " AND ".join(f"{column} = ?" for column in columns)
    for key, n in moved.items():
        if n < 0:
            connection.execute(f"DELETE FROM {table} WHERE {where} AND n <= ?", (*key, -n))  # noqa: S608  # own names
            connection.execute(f"UPDATE {table} SET n = n - ? WHERE {where}", (-n, *key))  # noqa: S608  # own names
