"""Asking the worker: one process at a time, one answer for each state of the store.

Job: start the process, wait within a limit, keep the answer until the store changes.
Must not: compute on the event loop, or leave a process behind.

    question -> known for this revision? -> its answer
             -> wait for the one that runs -> start -> answer, kept
                                                    -> too slow: killed, problem
                                                    -> died, or said nothing that is an answer: problem
    cancelled at any point: killed
"""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Hashable, Sequence
from typing import Final, TypeVar

import msgspec

from sidecar.errors import InsightUnavailable, StoreUnavailable

if sys.platform == "win32":
    import subprocess

    FLAGS: Final = subprocess.CREATE_NO_WINDOW  # else a console flashes up on the desktop
else:
    FLAGS: Final = 0

log = logging.getLogger(__name__)

COMMAND: Final = (sys.executable, "-P", "-m", "sidecar.worker")
"""`-P`: a folder that the daemon happens to stand in must not lend it modules."""

LIMIT_SECONDS: Final = 20.0
"""Five thousand wishes take two, two hundred models four, the most wishes that are looked at ten."""

KEPT_BYTES: Final = 256 * 1024
"""Of all answers together: a dozen of comparisons, or a hundred requests. A longer one is worked out anew."""

RETRY_SECONDS: Final = 5

UNREADABLE: Final = 74
"""The exit code of a process that cannot read the store's file (EX_IOERR of sysexits.h)."""

T = TypeVar("T")


class Worker:
    """Has questions answered.

    Args:
        command: starts the process.
        limit_seconds: how long one answer may take.
        kept_bytes: how much is remembered.
    """

    def __init__(
        self,
        command: Sequence[str] = COMMAND,
        limit_seconds: float = LIMIT_SECONDS,
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        self._command = command
        self._kept_bytes = kept_bytes
        self._limit_seconds = limit_seconds
        self._one_at_a_time = asyncio.Lock()
        self._revision: Hashable = None
        self._answers: dict[bytes, bytes] = {}

    async def ask(self, question: msgspec.Struct, revision: Hashable, answer: type[T]) -> T:
        """The answer, from memory where the same was asked of the same store.

        Args:
            question: one that `__main__.py` knows.
            revision: equal as long as the store has not changed.
            answer: what the answer is read as.

        Raises:
            InsightUnavailable: the process died, hung, could not be started, or gave no answer.
            StoreUnavailable: it could not read the store's file.
        """
        asked = msgspec.json.encode(question)
        async with self._one_at_a_time:
            if revision != self._revision:
                self._revision, self._answers = revision, {}
            if (said := self._answers.pop(asked, None)) is None:
                said = await self._run(asked)
            found = _read(said, answer)
            self._keep(asked, said)
            return found

    def _keep(self, asked: bytes, said: bytes) -> None:
        """The last asked is the last to go."""
        self._answers[asked] = said
        while sum(len(key) + len(kept) for key, kept in self._answers.items()) > self._kept_bytes:
            del self._answers[next(iter(self._answers))]

    async def _run(self, asked: bytes) -> bytes:
        """What the process says to a question."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                creationflags=FLAGS,
            )
        except OSError as error:
            raise _unavailable("could not be started") from error
        try:
            async with asyncio.timeout(self._limit_seconds):
                said, _ = await process.communicate(asked)
        except TimeoutError as error:
            raise _unavailable("took too long") from error
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):  # it ended just now
                    process.kill()
                await process.wait()
        if process.returncode == UNREADABLE:
            raise StoreUnavailable("the file could not be read; ask again", retry_after=RETRY_SECONDS)
        if process.returncode:
            raise _unavailable("ended without an answer")
        return said


def _read(said: bytes, answer: type[T]) -> T:
    try:
        return msgspec.json.decode(said, type=answer)
    except msgspec.DecodeError as error:
        raise _unavailable("gave no answer that can be read") from error


def _unavailable(what: str) -> InsightUnavailable:
    log.warning("The worker %s", what)
    return InsightUnavailable(f"the process that works this out {what}; ask again", retry_after=RETRY_SECONDS)
