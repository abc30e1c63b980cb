"""Work apart: triage in a process of its own, so that it costs the daemon neither its memory nor its turn.

Job: have the desk answer once for each state of the store, one process at a time, and end one that hangs.
Must not: read a wish in the daemon, or let a process that dies take a request along.

    same store, same question -> the answer that is kept
    else a process: its answer, or a problem when it dies, hangs, or cannot be started
    it cannot read the file   -> the writer looks the file over, and it is tried once more
"""

import asyncio
import contextlib
import sys
from typing import Final

from aiohttp import web
from msgspec import Struct

from sidecar.api.services import Services
from sidecar.clock import week_number
from sidecar.errors import InsightUnavailable
from sidecar.store.database import Database

DESK_SECONDS: Final = 20.0  # ten times what five thousand wishes take
UNREADABLE: Final = 3  # the desk's exit code for a file that it cannot read
RETRY_SECONDS: Final = 5
KEPT_BYTES: Final = 256 * 1024  # of one answer: a hundred requests; longer ones are worked out anew


class Kept(Struct):
    """The last answer, and what it was an answer to."""

    asked: tuple[int, ...] = ()
    answer: bytes = b""


class Desk:
    """Asks the desk, one process at a time."""

    def __init__(self, seconds: float = DESK_SECONDS, command: tuple[str, ...] = ()) -> None:
        self._seconds = seconds
        self._command = command or (sys.executable, "-P", "-m", "sidecar.desk")
        self._lock = asyncio.Lock()
        self._kept = Kept()

    async def ask(self, services: Services, limit: int) -> bytes:
        """The answer as JSON.

        Raises:
            InsightUnavailable: the process died, or took too long.
        """
        async with self._lock:
            database, week = services.database, week_number(services.clock.now())
            asked = (database.generation, database.revision, week, limit)
            if self._kept.asked == asked:
                return self._kept.answer
            answer = await self._worked_out(services, week, limit)
            self._kept = Kept(asked, answer) if len(answer) <= KEPT_BYTES else Kept()
            return answer

    async def _worked_out(self, services: Services, week: int, limit: int) -> bytes:
        words = (str(services.database.path), str(week), str(limit))
        code, answer = await self._run(*words)
        if code == UNREADABLE:
            await services.intake.writer.alone(Database.verify)  # sets a damaged file aside
            code, answer = await self._run(*words)
        if code != 0:
            raise InsightUnavailable("the process that triages died; ask again", retry_after=RETRY_SECONDS)
        return answer

    async def _run(self, *words: str) -> tuple[int, bytes]:
        """One process: its exit code and what it printed.

        Raises:
            InsightUnavailable: it took too long, and was ended; or it could not be started.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                *words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as fault:
            raise InsightUnavailable(
                "no process could be started for it; ask again", retry_after=RETRY_SECONDS
            ) from fault
        try:
            answer, _ = await asyncio.wait_for(process.communicate(), self._seconds)
        except TimeoutError:
            raise InsightUnavailable(
                "the triage took too long and was ended; ask for less, or again later",
                retry_after=RETRY_SECONDS,
            ) from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        return process.returncode or 0, answer


DESK: web.AppKey[Desk] = web.AppKey("desk", Desk)
