"""Numbered, checksummed migrations, each in one transaction with its own record.

Job: bring a file to the version that this code speaks, or refuse with the version that it needs.
Must not: edit a released migration; its checksum is in every file it ever touched.
"""

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from sidecar.errors import StartupError

APPLICATION_ID: Final = 0x46426B53  # "FBkS": marks the file as ours for file(1) and for us
FOLDER: Final = Path(__file__).parent / "migrations"  # importlib.resources would cost 10 ms of each start
_NAME: Final = re.compile(r"(\d{4})_\w+\.sql")


class Migration(Struct, frozen=True):
    """One numbered step."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, hex."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def shipped() -> list[Migration]:
    """The migrations of this code, in order."""
    found = ((_NAME.fullmatch(entry.name), entry) for entry in FOLDER.iterdir())
    steps = [
        Migration(int(match[1]), entry.name, entry.read_text("utf-8")) for match, entry in found if match
    ]
    return sorted(steps, key=lambda step: step.number)


def version(connection: sqlite3.Connection) -> int:
    """The number of the last migration the file has seen; 0 for an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, steps: list[Migration] | None = None) -> list[int]:
    """Apply what is missing; returns the numbers applied.

    Raises:
        StartupError: the file is newer, of another program, or was made by a migration since edited.
    """
    steps = shipped() if steps is None else steps
    _check_file(connection, steps)
    applied = []
    for step in steps:
        if step.number > version(connection):
            _apply(connection, step)
            applied.append(step.number)
    return applied


def _check_file(connection: sqlite3.Connection, steps: list[Migration]) -> None:
    have, known = version(connection), steps[-1].number
    marked = connection.execute("PRAGMA application_id").fetchone()[0]
    empty = not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if marked != APPLICATION_ID and (have or marked or not empty):
        raise StartupError("feedback.db belongs to another program; choose another --data-dir")
    if have > known:
        raise StartupError(
            f"the database is of schema version {have}, this program knows {known}; "
            f"install the feedback-sidecar that brought version {have}, or restore a backup"
        )
    if have == 0:
        return
    checksums = dict(connection.execute("SELECT number, checksum FROM migration").fetchall())
    for step in steps[:have]:
        if checksums.get(step.number) != step.checksum:
            raise StartupError(f"migration {step.name} is not the one that this database was made with")


def _apply(connection: sqlite3.Connection, step: Migration) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migration "
            "(number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT"
        )
        for statement in _statements(step.sql):
            connection.execute(statement)
        connection.execute("INSERT INTO migration VALUES (?, ?, ?)", (step.number, step.name, step.checksum))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {step.number:d}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(sql: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would commit our transaction first."""
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if pending.strip():
        yield pending
