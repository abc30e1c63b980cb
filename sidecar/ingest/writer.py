"""The one writer: a queue in front of one thread that commits in groups.

Job: collect what waits while the thread is busy, hand it over as one group, and tell every caller after the
commit.
Must not: decide anything about records, or touch the database from the event loop.

    submit -> pending list --(thread idle)--> one group -> Database.run -> callers told on the loop
    bound reached -> QueueFull, nothing half-stored         stop() -> drain, answer, checkpoint, close

A commit waits for the disk, so the group that forms meanwhile grows by itself with the load: one fsync at one
connection, one for many at sixty-four. No timer is needed: a group leaves when one turn of the event loop has
brought no further request.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Any, Final, TypeAlias, TypeVar, cast

from sidecar.errors import QueueFull, Stopping
from sidecar.store.database import Database, Operation
from sidecar.store.transaction import Transaction

log = logging.getLogger(__name__)

T = TypeVar("T")
Exclusive: TypeAlias = Callable[[Database], object]
"""Runs alone in the writer's thread, outside any transaction."""

MAX_WAITING: Final = 4096  # requests; about 2 s of work on a slow disk, and less than 10 MiB
RETRY_SECONDS: Final = 1


Tell: TypeAlias = Callable[[object], None]
"""Takes the result, or the exception that stands in its place; called on the loop."""


class _Waiting:
    """One caller: what to do, and whom to tell."""

    __slots__ = ("exclusive", "tell", "work")

    def __init__(self, work: Any, tell: Tell, *, exclusive: bool) -> None:  # noqa: ANN401  # either form of work
        self.work = work
        self.tell = tell
        self.exclusive = exclusive


class Writer:
    """Owns the database; every write of the daemon passes here.

    Attributes:
        commits: groups committed since the start.
        operations: operations in them.
    """

    def __init__(self, database: Database, *, max_waiting: int = MAX_WAITING) -> None:
        self.database = database
        self.commits = 0
        self.operations = 0
        self._max_waiting = max_waiting
        self._pending: list[_Waiting] = []
        self._groups: SimpleQueue[list[_Waiting] | None] = SimpleQueue()
        self._busy = False
        self._scheduled = False
        self._seen = 0
        self._stopping = False
        self._idle = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Requests that are not yet in a group."""
        return len(self._pending)

    async def submit(self, operation: Callable[[Transaction], T]) -> T:
        """Run an operation in the next group; returns when it is on the disk.

        Raises:
            QueueFull, Stopping: nothing was queued.
            SidecarError: of the operation, or of the disk; nothing was stored.
        """
        return cast("T", await self._wait(operation, exclusive=False))

    def enqueue(self, operation: Operation, tell: Tell) -> None:
        """As `submit`, for a caller with no task of its own: `tell` is called when it is on the disk.

        Raises:
            QueueFull, Stopping: nothing was queued, and `tell` is never called.
        """
        self._enqueue(operation, tell, exclusive=False)

    async def alone(self, work: Callable[[Database], T]) -> T:
        """Run work in the writer's thread between two groups."""
        return cast("T", await self._wait(work, exclusive=True))

    async def stop(self) -> None:
        """Take nothing new, finish what waits, close the file."""
        self._stopping = True
        while self._pending or self._busy:
            self._idle.clear()
            self._wake()
            await self._idle.wait()
        self._groups.put(None)
        await asyncio.to_thread(self._thread.join)

    async def _wait(self, work: Operation | Exclusive, *, exclusive: bool) -> object:
        future: asyncio.Future[Any] = self._loop.create_future()
        self._enqueue(work, partial(_resolve, future), exclusive=exclusive)
        return await future

    def _enqueue(self, work: Operation | Exclusive, tell: Tell, *, exclusive: bool) -> None:
        if self._stopping:
            raise Stopping(
                "the daemon is going down; send it again when it is back", retry_after=RETRY_SECONDS
            )
        if len(self._pending) >= self._max_waiting:
            raise QueueFull("the disk cannot follow; send it again in a moment", retry_after=RETRY_SECONDS)
        self._pending.append(_Waiting(work, tell, exclusive=exclusive))
        self._wake()

    def _wake(self) -> None:
        if not self._busy and not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._kick)

    def _kick(self) -> None:
        """Hand the group over once a whole turn of the loop has brought nothing new."""
        if len(self._pending) > self._seen:
            self._seen = len(self._pending)
            self._loop.call_soon(self._kick)
            return
        self._scheduled, self._seen = False, 0
        if self._pending and not self._busy:
            self._busy = True
            group, self._pending = self._pending, []
            self._groups.put(group)

    def _work(self) -> None:
        while (group := self._groups.get()) is not None:
            results = self._run(group)
            self._loop.call_soon_threadsafe(self._settle, group, results)
        self.database.close()

    def _run(self, group: list[_Waiting]) -> list[object]:
        shared = [waiting.work for waiting in group if not waiting.exclusive]
        try:
            committed = iter(self.database.run(shared) if shared else [])
        except Exception as fault:  # noqa: BLE001  # whatever happens, every caller is told
            committed = iter([fault] * len(shared))
        return [self._alone(waiting.work) if waiting.exclusive else next(committed) for waiting in group]

    def _alone(self, work: Exclusive) -> object:
        try:
            return work(self.database)
        except Exception as fault:  # noqa: BLE001  # its caller gets it
            return fault

    def _settle(self, group: list[_Waiting], results: list[object]) -> None:
        self.commits += 1
        self.operations += len(group)
        for waiting, result in zip(group, results, strict=True):
            try:
                waiting.tell(result)
            except Exception:
                log.exception("a caller could not be told")  # its neighbours and the next group are
        self._busy = False
        if self._pending:
            self._wake()
        else:
            self._idle.set()


def _resolve(future: "asyncio.Future[Any]", result: object) -> None:
    """Tell a caller that awaits; not one whose client went away: what it sent is stored all the same."""
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
