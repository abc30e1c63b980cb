"""The real store with its writer and its intake, in this process, without HTTP.

Job: open one on a directory with a clock that a test sets, and run jobs on it.
Must not: stand in for any part of it.
"""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from msgspec import Struct

from sidecar import strict
from sidecar.ingest.intake import Accepted, Intake
from sidecar.ingest.writer import Writer
from sidecar.jobs import Chores
from sidecar.outbox.desk import Desk
from sidecar.products import Products
from sidecar.store.database import Database
from sidecar.store.hearing import Hearing
from sidecar.store.transaction import Transaction
from tests.support.feedback import Body
from tests.support.silent_desk import silent_desk

BEGINNING: Final = datetime(2026, 9, 30, 12, tzinfo=UTC)
SALT: Final = bytes(range(32))
BUCKET: Final = "ram16-19_gpuTrue"
ROOMY: Final = 1 << 40


class SetClock:
    """A clock that stands where the test put it."""

    def __init__(self, moment: datetime = BEGINNING) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """The moment."""
        return self.moment

    def boot_seconds(self) -> float:
        """Seconds since the beginning."""
        return (self.moment - BEGINNING).total_seconds()

    def go_on(self, **by: float) -> None:
        """Later (or, below zero, earlier) by what `timedelta` takes."""
        self.moment += timedelta(**by)


class LocalStore(Struct):
    """An open store."""

    folder: Path
    clock: SetClock
    database: Database
    intake: Intake
    desk: Desk
    log_handler: RotatingFileHandler

    async def submit(self, body: Body) -> Accepted:
        """Store one record."""
        (accepted,) = await self.intake.submit([strict.record(dict(body))])
        return accepted

    def chores(self, *, retention_days: int = 400, quota_bytes: int = ROOMY) -> Chores:
        """What a job works with."""
        return Chores(
            intake=self.intake,
            desk=self.desk,
            database=self.database,
            clock=self.clock,
            data_dir=self.folder,
            retention_days=retention_days,
            quota_bytes=quota_bytes,
            log_max_bytes=ROOMY,
            log_handler=self.log_handler,
        )

    @contextlib.contextmanager
    def looked_at(self) -> Iterator[sqlite3.Connection]:
        """Another program that reads the file."""
        path = f"{self.database.path.as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(path, uri=True, isolation_level=None)) as other:
            yield other

    async def believe_clock(self) -> None:
        """As if the daemon had looked at its clock every week until now."""
        await self.intake.writer.submit(_believe)

    def count(self, table: str) -> int:
        """Rows of a table."""
        with self.looked_at() as other:
            return int(other.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608  # a name from the test


def _believe(transaction: Transaction) -> None:
    transaction.connection.execute("INSERT OR REPLACE INTO meta VALUES ('week', ?)", (transaction.week,))


def _database(folder: Path, clock: SetClock) -> Database:
    folder.mkdir(mode=0o700, exist_ok=True)
    database = Database(folder, clock)
    database.open()
    return database


@contextlib.asynccontextmanager
async def opened(folder: Path, clock: SetClock | None = None) -> AsyncIterator[LocalStore]:
    """Open the store of a folder, with its bucket known; stopped at the end as the daemon stops it."""
    clock = clock or SetClock()
    database = _database(folder, clock)
    writer = Writer(database)
    numbers = iter(range(1, 1 << 32))
    try:
        intake = Intake(
            writer,
            clock=clock,
            salt=SALT,
            products=Products(()),
            random_bytes=lambda size: next(numbers).to_bytes(size, "big"),
            hearing=Hearing(),
        )
        await intake.set_bucket(BUCKET)
        handler = RotatingFileHandler(folder / "log", delay=True)
        yield LocalStore(folder, clock, database, intake, silent_desk(writer, clock), handler)
        handler.close()
    finally:
        await writer.stop()
