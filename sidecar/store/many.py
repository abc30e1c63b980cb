"""Many rows in few statements.

Job: insert the rows of a group with one statement for each power of two.
Must not: build SQL from anything but the caller's own constant.

Each statement that sqlite3 runs lets go of the interpreter lock and takes it back. While the event loop is
busy that exchange costs more than the insert itself.
"""

import sqlite3
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

MOST_ROWS: Final = (
    64  # 64 rows of 14 values stay far below SQLite's 32,766 parameters; seven forms to prepare
)


def execute_many(connection: sqlite3.Connection, template: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run `template`, whose `{rows}` stands for the list of VALUES, for all rows."""
    done = 0
    while done < len(rows):
        size = min(MOST_ROWS, 1 << ((len(rows) - done).bit_length() - 1))
        some = rows[done : done + size]
        connection.execute(_statement(template, len(some[0]), size), [value for row in some for value in row])
        done += size


@cache
def _statement(template: str, values: int, size: int) -> str:
    row = f"({', '.join('?' * values)})"
    return template.replace("{rows}", ", ".join([row] * size))
