"""Readiness: does the disk take what is written?

Job: remember when that was last known, and have the writer try where nothing else was written since.
Must not: write more often than every few seconds, however often it is asked, or wait for another's try.
"""

from typing import Final

from sidecar.clock import Clock
from sidecar.errors import SidecarError
from sidecar.ingest.writer import Writer
from sidecar.store.database import Database

TRY_SECONDS: Final = 5.0  # between two tries: one small commit, about as often as anybody looks


class Readiness:
    """What is known of the disk, by its last write."""

    def __init__(self) -> None:
        self._tried = float("-inf")
        self._revision = -1

    async def look(self, writer: Writer, clock: Clock) -> bool:
        """Whether the last write was taken, after a write of our own where the last is long ago."""
        database, now = writer.database, clock.boot_seconds()
        if now - self._tried >= TRY_SECONDS:
            self._tried = now  # before the wait: who asks meanwhile starts no second try
            if database.fault is not None or database.revision == self._revision:
                await _try(writer)
            self._revision = database.revision
        return database.fault is None


async def _try(writer: Writer) -> None:
    """Have the writer try; a full queue says nothing about the disk, and a stop is seen elsewhere."""
    try:
        await writer.alone(Database.try_write)
    except SidecarError:
        return
