"""Putting a file back that somebody removed or replaced while it was open.

Job: write what the open connection still sees into a new file, and give it the name.
Must not: lose a byte of either: what stands in the place is set aside, not overwritten.

    copy (fsync) -> named whole -> WAL folded -> foreign file aside -> stale side files gone -> has the name

From the moment the copy is named whole until it has the place, nothing is acknowledged: whichever file a kill
leaves in the place, the copy holds everything, so the start prefers it.

Nothing is lost as long as this process lives: a removed file lives as long as somebody has it open. Why it
comes back at all: docs/adr/0021-a-removed-database-is-put-back.md.
"""

import contextlib
import os
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Final

from sidecar.home import PRIVATE_FILE, sync_folder
from sidecar.store import aside
from sidecar.store.connection import FILE_NAME, SIDE_FILES
from sidecar.store.place import Place

RESCUED: Final = f"{FILE_NAME}.rescued"
"""The whole copy, until it has the name; `sidecar uninstall` knows it."""

PART: Final = f"{FILE_NAME}.rescuing"
"""The copy while it is written."""


def put_back(connection: sqlite3.Connection, path: Path, place: Place, now: datetime) -> str | None:
    """The file stands under its name again, and the connection is closed.

    Returns:
        The name under which a foreign file was set aside, if one stood there.

    Raises:
        sqlite3.Error, OSError: it cannot be written now; the connection is still open.
    """
    rescued = path.with_name(RESCUED)
    try:
        _copy(connection, path.with_name(PART))
        path.with_name(PART).replace(rescued)
        sync_folder(path.parent)
        with contextlib.suppress(sqlite3.Error):  # where only the WAL is gone, the file is whole from here on
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        foreign = aside.move(path, "replaced", now) if place.is_foreign() else None
        _take_place(rescued, path)
    except BaseException:
        rescued.unlink(
            missing_ok=True
        )  # the daemon may go on in the file that is open: this one falls behind
        raise
    connection.close()  # before another is opened: it removes a `-wal` by its name
    return foreign


def recover(path: Path, now: datetime) -> None:
    """At the start: a process that was killed while it put the file back has left the copy."""
    rescued = path.with_name(RESCUED)
    if rescued.exists():
        if path.exists():
            aside.move(path, "replaced", now)
        _take_place(rescued, path)
    for suffix in ("", "-journal"):
        path.with_name(f"{PART}{suffix}").unlink(missing_ok=True)


def _take_place(rescued: Path, path: Path) -> None:
    """The copy gets the name; a WAL that is not its own goes first."""
    for suffix in SIDE_FILES[1:]:
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    sync_folder(path.parent)
    rescued.replace(path)
    sync_folder(path.parent)


def _copy(connection: sqlite3.Connection, target: Path) -> None:
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as there:
        connection.backup(there)
        there.execute("PRAGMA journal_mode = DELETE")  # one file, which one rename can move
    with target.open("rb") as written:
        os.fsync(written.fileno())
