"""Interning series: a combination of dimensions to its small number.

Job: find or make the row of a series, remember it, and drop the series that nothing counts any more.
Must not: be used outside the writer's thread; it belongs to one connection.
"""

import sqlite3
from typing import Final

from msgspec.structs import astuple

from sidecar.store.rows import KEY_COLUMNS, SERIES_COLUMNS, Series

REMEMBERED: Final = 4096  # series kept in memory; a busy machine uses a few hundred, a hostile one is bounded

_ALL = (*SERIES_COLUMNS, *KEY_COLUMNS)
FIND = f"SELECT series FROM series WHERE {' AND '.join(f'{column} = ?' for column in SERIES_COLUMNS)}"  # noqa: S608  # own names
_INSERT = f"INSERT INTO series ({', '.join(_ALL)}) VALUES ({', '.join('?' * len(_ALL))})"  # noqa: S608  # own names


class SeriesIndex:
    """The series that the writer has met, at most `REMEMBERED` of them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[Series, int] = {}

    def number(self, series: Series, keys: tuple[str, str, str]) -> int:
        """The number of a series, made now if it is new. Call inside a transaction."""
        known = self._known.get(series)
        if known is not None:
            return known
        dimensions = astuple(series)
        row = self._connection.execute(FIND, dimensions).fetchone()
        if row is None:
            found = self._connection.execute(_INSERT, (*dimensions, *keys)).lastrowid or 0
        else:
            found = int(row[0])
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[series] = found
        return found

    def forget(self) -> None:
        """Drop the memory: after a rollback or a clean-up its numbers may not exist."""
        self._known.clear()


def drop_unused(connection: sqlite3.Connection) -> None:
    """Delete series that no cell counts, and templates that no series names: their words go with them."""
    connection.execute(
        """
        DELETE FROM series
        WHERE NOT EXISTS (SELECT 1 FROM total WHERE total.series = series.series)
        """
    )
    connection.execute("DELETE FROM error_template WHERE fingerprint NOT IN (SELECT fingerprint FROM series)")
