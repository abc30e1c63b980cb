"""A schema for a file whose own cannot be read: the one that the same migrations make in an empty file.

Job: copy a damaged file, put a fresh schema's pages into the copy, and see that its tables fit.
Must not: change the damaged file, or guess: a file that is laid out another way gets no schema.

The migrations make the same pages in every file, in the same order, and a table's first page never moves.
Pages of a fresh file that are no table's or index's first one are its schema: they can stand in for lost
ones.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile
from typing import Final, TypeAlias

from sidecar.home import PRIVATE_FILE
from sidecar.store import aside
from sidecar.store.connection import PAGE_BYTES, as_problem, is_disk
from sidecar.store.migrate import migrate

Columns: TypeAlias = dict[str, str]
"""Of a table, those that are never NULL: name -> the type of each of its values."""

MAGIC: Final = b"SQLite format 3\0"
HEADER_BYTES: Final = 100  # of the first page (https://www.sqlite.org/fileformat.html#the_database_header)
PAGE_SIZE: Final = slice(16, 18)
PAGE_COUNT: Final = slice(28, 32)
WAL_PAGE_SIZE: Final = slice(8, 12)
VERSIONS: Final = slice(18, 20)
WITH_WAL: Final = bytes([2, 2])
OLDER_PAGE_BYTES: Final = 4096  # SQLite's own default: a file that others began
NEEDED: Final = frozenset({"migration", "record", "series"})
MIGRATIONS: Final = "SELECT number, name, checksum FROM migration ORDER BY number"


def with_schema(path: Path) -> Path | None:
    """A copy of a damaged file, for its reader alone, whose schema can be read; None where none fits.

    Raises:
        StoreUnavailable, StorageFull: the disk does not take the copy now.
    """
    copy = path.with_name(aside.COPY)
    try:
        for page_bytes in _page_sizes(path):
            aside.remove(path.parent, [aside.COPY])
            _copy(path, copy)
            with contextlib.closing(_fresh(page_bytes)) as fresh:
                _put_in(copy, fresh, page_bytes)
                if _fits(copy, fresh):
                    return copy
        aside.remove(path.parent, [aside.COPY])
    except OSError as fault:
        raise as_problem(fault) from fault
    return None


def _page_sizes(path: Path) -> list[int]:
    """What the file says, what its WAL says, what we make: each once; the tables show which is true."""
    said = []
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    if head.startswith(MAGIC):
        said.append(int.from_bytes(head[PAGE_SIZE]))
    with contextlib.suppress(FileNotFoundError), Path(f"{path}-wal").open("rb") as file:
        said.append(int.from_bytes(file.read(HEADER_BYTES)[WAL_PAGE_SIZE]))
    sizes = [size for size in said if size in {1 << power for power in range(9, 16)}]
    return list(dict.fromkeys([*sizes, PAGE_BYTES, OLDER_PAGE_BYTES]))


def _copy(path: Path, copy: Path) -> None:
    """The file and its WAL, private from the first byte."""
    for suffix in ("", "-wal"):
        source, target = Path(f"{path}{suffix}"), Path(f"{copy}{suffix}")
        if source.exists():
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
            copyfile(source, target)


def _fresh(page_bytes: int) -> sqlite3.Connection:
    """A file as the migrations make it, in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute(f"PRAGMA page_size = {page_bytes}")
    migrate(connection)
    return connection


def _put_in(copy: Path, fresh: sqlite3.Connection, page_bytes: int) -> None:
    """The pages of the fresh schema; the header on the first one speaks of the copy."""
    content = bytearray(fresh.serialize())
    content[PAGE_COUNT] = (-(-copy.stat().st_size // page_bytes)).to_bytes(4)
    if Path(f"{copy}-wal").exists():
        content[VERSIONS] = WITH_WAL
    roots = {page for (page,) in fresh.execute("SELECT rootpage FROM sqlite_schema")}
    with copy.open("r+b") as file:
        for page in sorted(set(range(1, len(content) // page_bytes + 1)) - roots):
            file.seek((page - 1) * page_bytes)
            file.write(content[(page - 1) * page_bytes : page * page_bytes])


def _fits(copy: Path, fresh: sqlite3.Connection) -> bool:
    """Whether the same migrations made the file, and what its tables show are rows of theirs.

    Raises:
        StoreUnavailable, StorageFull: the disk hinders the look.
    """
    try:
        with contextlib.closing(sqlite3.connect(copy)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")  # the WAL is folded in
            if connection.execute(MIGRATIONS).fetchall() != fresh.execute(MIGRATIONS).fetchall():
                return False
            shown = {table: _shows(connection, table, columns) for table, columns in _tables(fresh)}
    except sqlite3.Error as fault:
        if is_disk(fault):
            raise as_problem(fault) from fault
        return False
    return False not in shown.values() and all(shown[table] for table in NEEDED)


def _tables(fresh: sqlite3.Connection) -> Iterator[tuple[str, Columns]]:
    for (table,) in fresh.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        columns = fresh.execute(
            "SELECT name, lower(type) FROM pragma_table_info(?) WHERE (\"notnull\" OR pk) AND type <> 'ANY'",
            (table,),
        )
        yield table, dict(columns.fetchall())


def _shows(connection: sqlite3.Connection, table: str, columns: Columns) -> bool | None:
    """Whether its first row, or else its last, is one of these columns; None where neither can be read."""
    types = ", ".join(f"typeof({name})" for name in columns)
    for order in ("ASC", "DESC"):
        with contextlib.suppress(sqlite3.DatabaseError):
            row = connection.execute(
                f"SELECT {types} FROM {table} ORDER BY {next(iter(columns))} {order} LIMIT 1"  # noqa: S608  # own names
            ).fetchone()
            return row is None or list(row) == list(columns.values())
    return None
