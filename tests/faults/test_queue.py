"""The bounded queue: full means 503 at once, nothing half-stored, and what waits is still stored."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from sidecar.clock import SystemClock
from sidecar.errors import QueueFull, Stopping
from sidecar.ingest.writer import Writer
from sidecar.store.database import Database
from sidecar.store.transaction import Transaction

PLACES: Final = 3
TURNS: Final = 100  # of the loop; it takes about three


@contextlib.asynccontextmanager
async def writer_on(folder: Path) -> AsyncIterator[Writer]:
    """A writer with room for three."""
    database = Database(folder, SystemClock())
    database.open()
    writer = Writer(database, max_waiting=PLACES)
    try:
        yield writer
    finally:
        await writer.stop()


def note(transaction: Transaction, *, number: int) -> int:
    """Something to find again."""
    transaction.connection.execute("INSERT INTO meta VALUES (?, ?)", (f"note {number}", number))
    return number


def notes(folder: Path) -> list[int]:
    """What was noted."""
    with contextlib.closing(sqlite3.connect(folder / "feedback.db")) as connection:
        rows = connection.execute("SELECT value FROM meta WHERE name LIKE 'note %' ORDER BY value")
        return [value for (value,) in rows]


async def until_taken(writer: Writer) -> None:
    """The writer has what was sent, and is at work on it."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
        if not writer.waiting:
            return
    raise AssertionError("the writer took nothing")


async def test_full_queue_refuses_at_once_and_keeps_what_waits(tmp_path: Path) -> None:
    async with writer_on(tmp_path) as writer:
        with contextlib.closing(sqlite3.connect(tmp_path / "feedback.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            first = asyncio.create_task(writer.submit(partial(note, number=0)))
            await until_taken(writer)
            waiting = [
                asyncio.create_task(writer.submit(partial(note, number=number))) for number in (1, 2, 3)
            ]
            await asyncio.sleep(0)
            with pytest.raises(QueueFull) as refused:
                await writer.submit(partial(note, number=4))
            assert refused.value.status == 503
            assert refused.value.retry_after
            other.execute("ROLLBACK")
        assert await asyncio.gather(first, *waiting) == [0, 1, 2, 3]
        assert await writer.submit(partial(note, number=5)) == 5
    assert notes(tmp_path) == [0, 1, 2, 3, 5]


async def test_stopping_writer_takes_nothing_new_and_writes_what_waits(tmp_path: Path) -> None:
    async with writer_on(tmp_path) as writer:
        waiting = [asyncio.create_task(writer.submit(partial(note, number=number))) for number in (1, 2)]
        await asyncio.sleep(0)
        stopping = asyncio.create_task(writer.stop())
        await asyncio.sleep(0)
        with pytest.raises(Stopping) as refused:
            await writer.submit(partial(note, number=3))
        assert refused.value.status == 503
        assert refused.value.retry_after
        assert await asyncio.gather(*waiting) == [1, 2]
        await stopping
    assert notes(tmp_path) == [1, 2]


async def test_caller_who_went_away_is_stored_all_the_same(tmp_path: Path) -> None:
    """And those who share its group get their answers."""
    async with writer_on(tmp_path) as writer:
        gone = asyncio.create_task(writer.submit(partial(note, number=1)))
        stays = asyncio.create_task(writer.submit(partial(note, number=2)))
        await asyncio.sleep(0)
        gone.cancel()
        assert await stays == 2
        with pytest.raises(asyncio.CancelledError):
            await gone
    assert notes(tmp_path) == [1, 2]
