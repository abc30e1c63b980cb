"""Opening the database file: the pragmas that the promises rest on.

Job: open the one writer and the readers the same way each time, and turn SQLite's errors into ours.
Must not: create tables (migrate.py does) or keep a connection for others.
"""

import errno
import sqlite3
from pathlib import Path
from typing import Final, TypeAlias

from sidecar.errors import SidecarError, StorageFull, StoreUnavailable

FILE_NAME: Final = "feedback.db"
SIDE_FILES: Final = ("", "-wal", "-shm")
"""The database itself, and what SQLite keeps beside it."""

BUSY_SECONDS: Final = (
    2.0  # another program that holds the lock longer than this is told about, not waited for
)
PAGE_BYTES: Final = 2048  # a commit writes an index page for each keyed record: half as much as with 4096
WAL_PAGES: Final = 1000  # 2 MiB of WAL between checkpoints, SQLite's own default

CORRUPT: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
FULL: Final = frozenset({sqlite3.SQLITE_FULL})
LOCKED: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
DISK: Final = (
    FULL
    | LOCKED
    | {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_NOMEM,
    }
)
PRIMARY_CODE: Final = 0xFF  # extended result codes keep the primary one in their low byte
DISK_FULL_RETRY_SECONDS: Final = 60
LOCKED_RETRY_SECONDS: Final = 2

Connection: TypeAlias = sqlite3.Connection
"""For rooms above that pass one on; only the store uses it."""


def open_writer(path: Path) -> sqlite3.Connection:
    """The only connection that writes, with `synchronous=FULL`: a commit returns after its fsync.

    `secure_delete` overwrites what is deleted with zeros. It may be used from one other thread than the
    one that opened it, never from two at a time. `begin_wal` comes once the file has proved to be ours.

    Raises:
        sqlite3.Error: the file cannot be opened, or is no database.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # of a new file; an older one keeps its own
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def begin_wal(connection: sqlite3.Connection) -> None:
    """Write to a WAL from here on: readers and the writer do not wait for each other."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")


def is_corrupt(fault: sqlite3.Error) -> bool:
    """Whether the file itself is damaged, so that only setting it aside helps."""
    return _code(fault) in CORRUPT


def is_disk(fault: sqlite3.Error | OSError) -> bool:
    """Whether the disk or another program hinders us; anything else is a bug of ours."""
    return isinstance(fault, OSError) or _code(fault) in DISK


def as_problem(fault: sqlite3.Error | OSError) -> SidecarError:
    """What a caller is told of a database error; nothing of its request was stored."""
    code, number = _code(fault), getattr(fault, "errno", None)
    no_room_to_share = getattr(fault, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHMSIZE
    if code in FULL or no_room_to_share or number == errno.ENOSPC:
        return StorageFull(
            "free some space on the disk that holds the data directory, then send it again",
            retry_after=DISK_FULL_RETRY_SECONDS,
        )
    if code in LOCKED:
        return StoreUnavailable(
            "another program holds the database; send it again in a moment", retry_after=LOCKED_RETRY_SECONDS
        )
    if code == sqlite3.SQLITE_READONLY or number == errno.EROFS:
        return StoreUnavailable(
            "the data directory is read-only; make it writable", retry_after=DISK_FULL_RETRY_SECONDS
        )
    return StoreUnavailable(
        "the disk answered with an error; see `sidecar doctor`", retry_after=DISK_FULL_RETRY_SECONDS
    )


def _code(fault: sqlite3.Error | OSError) -> int:
    """The primary result code (https://www.sqlite.org/rescode.html); 0 where Python attached none."""
    return int(getattr(fault, "sqlite_errorcode", 0) or 0) & PRIMARY_CODE
