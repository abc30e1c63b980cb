"""Cells: the counters that insight reads.

Job: collect what a group of records adds or takes away, and write it in the records' own transaction.
Must not: be written from anywhere else, or cells and records could drift apart.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from sidecar.store.many import execute_many

_ADD: Final = (
    "INSERT INTO cell (series, measure, week, n) VALUES {rows} ON CONFLICT DO UPDATE SET n = n + excluded.n"
)
_TAKE: Final = "UPDATE cell SET n = n - ? WHERE series = ? AND measure = ? AND week = ? AND n > ?"
_DROP: Final = "DELETE FROM cell WHERE series = ? AND measure = ? AND week = ?"


class CellChanges:
    """Sum of the changes of one transaction: each cell is written once, however many records moved it."""

    def __init__(self) -> None:
        self._moved: defaultdict[tuple[int, str, int], int] = defaultdict(int)

    def add(self, series: int, week: int, measures: Iterable[tuple[str, int]], sign: int = 1) -> None:
        """Count what one record adds (`sign` 1) or takes out (`sign` -1)."""
        for measure, n in measures:
            self._moved[series, measure, week] += sign * n

    def write(self, connection: sqlite3.Connection) -> None:
        """Apply the sum; a cell that reaches zero is deleted, so that nothing of it stays in the file."""
        moved, self._moved = self._moved, defaultdict(int)
        execute_many(connection, _ADD, [(*cell, n) for cell, n in moved.items() if n > 0])
        for (series, measure, week), n in moved.items():
            if n < 0 and not connection.execute(_TAKE, (-n, series, measure, week, -n)).rowcount:
                connection.execute(_DROP, (series, measure, week))
