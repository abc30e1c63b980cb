"""The salvager: brings over, in the background, what can be read of damaged files.

Job: read a stretch in a thread, have the writer store it, go on; wait for nothing and be waited for by nobody
but a purge.
Must not: hold up a request: a stretch is a small group of its own.

    file set aside, or the daemon starts -> wake -> stretch by stretch -> tombstones -> done; the file stays
    purge of a product -> the rest is brought over first, then the file goes with the product's bytes in it
    purge of everything -> nothing more is brought over, the file goes
"""

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Final

from sidecar.clock import Clock, week_number
from sidecar.errors import SidecarError
from sidecar.ingest.writer import Writer
from sidecar.store import aside
from sidecar.store import records as stored_records
from sidecar.store.ledger import given
from sidecar.store.transaction import Transaction

if TYPE_CHECKING:
    from sidecar.store.damaged import Damaged
    from sidecar.store.salvage import Progress

log = logging.getLogger(__name__)

KEYS_AT_ONCE: Final = 5_000  # tombstones of one transaction


class Salvager:
    """Works through the damaged files beside the database, one at a time."""

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        loop = asyncio.get_running_loop()
        writer.database.on_set_aside = lambda: loop.call_soon_threadsafe(self._wake)

    async def run(self) -> int:
        """Bring over what is left of every damaged file; returns how many records came.

        Raises:
            SidecarError: the store does not take them now; the next run goes on from there.
        """
        database = self._writer.database
        names = [name for name in database.set_aside if name.startswith(aside.PREFIXES["corrupt"])]
        async with self._turn:
            await asyncio.to_thread(aside.remove, database.path.parent, [aside.COPY])  # a kill left it
            return sum([await self._bring_over(name) for name in names])

    async def purge(self, product_id: str | None) -> int:
        """Delete records, and the files beside the database that hold some; returns how many records went.

        Raises:
            SidecarError: nothing was deleted.
        """
        database = self._writer.database
        names = list(database.set_aside)
        if names and product_id is not None:
            await self.run()  # other products keep what can be read of theirs
        purge = partial(stored_records.purge, product_id=product_id)
        gone = await self._writer.submit(partial(_purge_all, purge=purge, names=names) if names else purge)
        async with self._turn:
            await self._destroy(names)
        return gone

    async def _destroy(self, names: list[str]) -> None:
        database = self._writer.database
        await asyncio.to_thread(aside.destroy, database.path.parent, names)
        database.set_aside = [name for name in database.set_aside if name not in names]

    async def _bring_over(self, name: str) -> int:
        from sidecar.store import salvage  # noqa: PLC0415  # its checks need every table of the scrubber
        from sidecar.store.damaged import Damaged  # noqa: PLC0415  # a whole file needs none

        database = self._writer.database
        so_far = began = await self._writer.submit(partial(salvage.progress, name=name))
        path = database.path.with_name(name)
        if so_far.purged or not path.exists():  # killed between the purge and the removal
            await self._destroy([name])
        if so_far.done or not path.exists():
            return 0
        most = await self._writer.submit(partial(_given, name=name))
        damaged = await asyncio.to_thread(Damaged, path, most)
        try:
            while so_far.after < damaged.highest and not so_far.done:
                found = await asyncio.to_thread(salvage.look, damaged, so_far.after)
                step = partial(salvage.store, name=name, so_far=so_far, found=found)
                so_far = await self._writer.submit(step)
            so_far = await self._finish(name, damaged, so_far)
        finally:
            damaged.close()
        log.warning("%s: %d brought over, at most %d unreadable", name, so_far.stored, so_far.unreadable)
        return so_far.stored - began.stored

    async def _finish(self, name: str, damaged: "Damaged", so_far: "Progress") -> "Progress":
        from sidecar.store import salvage  # noqa: PLC0415  # as above

        this_week = week_number(self._clock.now())
        rows = await asyncio.to_thread(damaged.tombstones)
        keys = [key for row in rows if (key := salvage.tombstone(row, this_week)) is not None]
        for first in range(0, len(keys), KEYS_AT_ONCE):
            some = keys[first : first + KEYS_AT_ONCE]
            await self._writer.submit(partial(salvage.keep_keys, name=name, so_far=so_far, keys=some))
        return await self._writer.submit(partial(salvage.finish, name=name, so_far=so_far))

    def _wake(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._quietly())

    async def _quietly(self) -> None:
        try:
            await self.run()
        except SidecarError as fault:
            log.warning("salvaging waits: %s", fault.slug)
        except Exception:
            log.exception("salvaging failed; it is tried again at the next start")


def _purge_all(transaction: Transaction, *, purge: partial[int], names: list[str]) -> int:
    """The records and the claim on the files in one transaction: no salvage comes in between."""
    from sidecar.store.salvage import give_up  # noqa: PLC0415  # as above

    give_up(transaction, names=names)
    return int(purge(transaction))


def _given(transaction: Transaction, *, name: str) -> int | None:
    return given(transaction.connection, name)
