"""What an operation works with while its group's transaction is open.

Job: hold back the new rows of a group, so that they are written together and before anything reads.
Must not: begin or commit; `database.py` does.
"""

import sqlite3
from typing import Any, Final

from msgspec.structs import astuple

from sidecar.store.cells import CellChanges
from sidecar.store.rows import VALUE_COLUMNS, NewRecord
from sidecar.store.series import SeriesIndex

_COLUMNS: Final = ("seq", "id", "series", "week", "digest", *VALUE_COLUMNS)
_INSERT: Final = f"INSERT INTO record ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608  # own names
_HIGHEST: Final = """
SELECT max(
    coalesce((SELECT max(seq) FROM record), 0),
    coalesce((SELECT value FROM meta WHERE name = 'seq'), 0)
)
"""


class Transaction:
    """One group's transaction.

    Attributes:
        connection: for statements; call `flush` before one that reads or deletes records or cells.
        index: the numbers of series.
        cells: what the group counts.
        week: the present week.
        deleted: set by an operation that deletes: series are then tidied and the WAL is emptied.
        rehearsals: operations whose every change was taken back.
    """

    def __init__(self, connection: sqlite3.Connection, index: SeriesIndex, week: int, last_seq: int) -> None:
        self.connection = connection
        self.index = index
        self.cells = CellChanges()
        self.week = week
        self.deleted = False
        self.rehearsals = 0
        self.last_seq = last_seq
        self._rows: list[tuple[Any, ...]] = []
        self._words: list[tuple[int, NewRecord]] = []
        self._digests: dict[bytes, bytes] = {}

    def add(self, record: NewRecord) -> None:
        """Store a record with the next sequence number, and count it."""
        number = self.index.number(record.series, record.keys)
        self.last_seq += 1
        self._rows.append(
            (self.last_seq, record.id, number, record.week, record.digest, *astuple(record.values))
        )
        self.cells.add(number, record.week, record.measures)
        if record.digest is not None:
            self._digests[record.id] = record.digest
        if record.text is not None or record.template is not None:
            self._words.append((self.last_seq, record))

    def known_digest(self, id_: bytes) -> bytes | None:
        """What the key of this id already stands for: in this group, among the records, or the tombstones."""
        if id_ in self._digests:
            return self._digests[id_]
        row = self.connection.execute(
            "SELECT digest FROM record WHERE id = :id UNION ALL SELECT digest FROM tombstone WHERE id = :id",
            {"id": id_},
        ).fetchone()
        return None if row is None else bytes(row[0])

    def flush(self) -> None:
        """Write what was held back."""
        self.connection.executemany(_INSERT, self._rows)
        for seq, record in self._words:
            if record.text is not None:
                self.connection.execute(
                    "INSERT INTO request_text (seq, text) VALUES (?, ?)", (seq, record.text)
                )
            if record.template is not None:
                self.connection.execute(
                    "INSERT OR IGNORE INTO error_template VALUES (?, ?, ?)", astuple(record.template)
                )
        self._rows, self._words = [], []
        self.cells.write(self.connection)

    def keep_seq(self) -> None:
        """Before a record is deleted: its number is never given again, so that no cursor misses a record."""
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES ('seq', ?)", (self.last_seq,))


def last_seq(connection: sqlite3.Connection) -> int:
    """The highest sequence number ever given."""
    return int(connection.execute(_HIGHEST).fetchone()[0])
