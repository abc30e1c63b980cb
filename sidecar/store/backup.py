"""Backup and restore: a copy of the file, made while it is in use.

Job: write a whole, checked copy with SQLite's online backup, and put one back in place of the file.
Must not: run against a store that a daemon holds, when restoring; the caller has the lock.

    restore: copy aside, salt and mark inside -> old WAL folded into the old file -> renamed over it
        -> settle_salt
    a crash before the rename leaves the old store whole; after it, whoever opens the file settles the salt
"""

import contextlib
import os
import sqlite3
from pathlib import Path

from sidecar.errors import NotFound, UsageError
from sidecar.home import SALT_FILE, sync_folder, write_secret
from sidecar.store import restored
from sidecar.store.connection import FILE_NAME, SIDE_FILES
from sidecar.store.migrate import APPLICATION_ID, shipped, version

SALT = "privacy_salt"


def back_up(source: Path, target: Path, salt: bytes) -> int:
    """Copy the database into a new file, with the salt that its idempotency keys need; returns its bytes.

    Raises:
        NotFound: there is no database yet.
        UsageError: the target exists.
    """
    if not source.exists():
        raise NotFound("there is no database here yet, so there is nothing to back up")
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise UsageError("the backup file exists already; name another one") from None
    with (
        contextlib.closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as here,
        contextlib.closing(sqlite3.connect(target, isolation_level=None)) as there,
    ):
        here.backup(there)  # in one step: it begins anew after each commit, and a busy daemon commits all day
        there.execute("PRAGMA journal_mode = DELETE")
        # One that is there already came with a restore that was cut short: it is the true one.
        there.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (SALT, salt))
    with target.open("rb") as written:
        os.fsync(written.fileno())
    return target.stat().st_size


def check(backup: Path) -> bytes:
    """The salt inside a backup that is whole and of a version we know.

    Raises:
        UsageError: no backup of ours, damaged, or newer than this program.
    """
    try:
        with contextlib.closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)) as file:
            if file.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise UsageError("this file is no backup of feedback-sidecar")
            if version(file) > shipped()[-1].number:
                raise UsageError("this backup was made by a newer feedback-sidecar; install that first")
            if file.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                raise UsageError("this backup is damaged")
            row = file.execute("SELECT value FROM meta WHERE name = ?", (SALT,)).fetchone()
    except sqlite3.Error:
        raise UsageError("this file is no backup of feedback-sidecar") from None
    if row is None:
        raise UsageError("this is a live database, not a backup; make one with `sidecar backup FILE`")
    return bytes(row[0])


def restore(backup: Path, folder: Path) -> None:
    """Put a checked backup in place of the database and the salt; the old ones stay until the new are whole.

    The salt travels inside the file until `settle_salt`, so that one rename brings both.
    """
    target = folder / FILE_NAME
    fresh = target.with_suffix(".restoring")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)) as here,
            contextlib.closing(sqlite3.connect(fresh, isolation_level=None)) as there,
        ):
            here.backup(there)
            there.execute("PRAGMA journal_mode = DELETE")  # one file, which one rename can move
            restored.mark(there)
        with fresh.open("rb") as written:
            os.fsync(written.fileno())
    except BaseException:
        fresh.unlink()  # half a copy would keep the space that the daemon needs to start
        raise
    _fold_wal(target)
    for suffix in SIDE_FILES[1:]:
        with contextlib.suppress(FileNotFoundError):
            target.with_name(f"{FILE_NAME}{suffix}").unlink()
    sync_folder(folder)  # the old WAL must never meet the new file, not even after power loss
    fresh.replace(target)
    sync_folder(folder)
    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as whole:
        settle_salt(whole, folder)


def settle_salt(connection: sqlite3.Connection, folder: Path) -> None:
    """Move a salt that came with a restored file to its place; a crash in between repeats it.

    To be called before the salt is read: with the wrong one every idempotency key would be forgotten.
    """
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (SALT,)).fetchone()
    if row is not None:
        write_secret(folder, SALT_FILE, bytes(row[0]).hex())
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("DELETE FROM meta WHERE name = ?", (SALT,))


def _fold_wal(path: Path) -> None:
    """What a killed daemon left in the WAL goes into the file: it is whole then until the rename."""
    if path.exists():
        with (
            contextlib.suppress(sqlite3.Error),  # a damaged file has nothing that could be folded
            contextlib.closing(sqlite3.connect(path, isolation_level=None)) as old,
        ):
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
