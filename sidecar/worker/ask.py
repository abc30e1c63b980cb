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
import logging
import sys
from collections.abc import Hashable, Sequence
from typing import Final

import msgspec

from sidecar.errors import EstimateUnavailable, InvalidQuery
from sidecar.insight.comparisons import MOST_CONTESTANTS, ComparisonAnswer, ComparisonQuestion, contestants

if sys.platform == "win32":
    import subprocess

    FLAGS: Final = subprocess.CREATE_NO_WINDOW  # else a console flashes up on the desktop
else:
    FLAGS: Final = 0

log = logging.getLogger(__name__)

COMMAND: Final = (sys.executable, "-P", "-m", "sidecar.worker")
"""`-P`: a folder that the daemon happens to stand in must not lend it modules."""

LIMIT_SECONDS: Final = 10.0
"""Fifty models take half of one, two hundred take four."""

KEPT_ANSWERS: Final = 32
"""One person's dashboard asks a dozen; each is a few KiB."""


class Worker:
    """Answers questions about comparisons.

    Args:
        command: starts the process.
        limit_seconds: how long one answer may take.
        kept_answers: how many are remembered.
    """

    def __init__(
        self,
        command: Sequence[str] = COMMAND,
        limit_seconds: float = LIMIT_SECONDS,
        kept_answers: int = KEPT_ANSWERS,
    ) -> None:
        self._command = command
        self._kept_answers = kept_answers
        self._limit_seconds = limit_seconds
        self._one_at_a_time = asyncio.Lock()
        self._revision: Hashable = None
        self._answers: dict[bytes, ComparisonAnswer] = {}

    async def compare(self, question: ComparisonQuestion, revision: Hashable) -> ComparisonAnswer:
        """The answer, from memory where the same was asked of the same store.

        Args:
            question: counts and what to make of them.
            revision: equal as long as the store that the counts are from has not changed.

        Raises:
            InvalidQuery: more models than one answer can hold.
            EstimateUnavailable: the process died, hung, or gave no answer.
        """
        if len(contestants(question)) > MOST_CONTESTANTS:
            raise InvalidQuery(f"at most {MOST_CONTESTANTS} models are compared at once; narrow the question")
        asked = msgspec.json.encode(question)
        async with self._one_at_a_time:
            if revision != self._revision:
                self._revision, self._answers = revision, {}
            if (known := self._answers.pop(asked, None)) is None:
                known = _read(await self._run(asked))
            self._answers[asked] = known  # the last asked is the last to go
            if len(self._answers) > self._kept_answers:
                del self._answers[next(iter(self._answers))]
            return known

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
                process.kill()
                await process.wait()
        if process.returncode:
            raise _unavailable("ended without an answer")
        return said


def _read(said: bytes) -> ComparisonAnswer:
    try:
        return msgspec.json.decode(said, type=ComparisonAnswer)
    except msgspec.DecodeError as error:
        raise _unavailable("gave no answer that can be read") from error


def _unavailable(what: str) -> EstimateUnavailable:
    log.warning("The worker for estimates %s", what)
    return EstimateUnavailable(f"The process that makes this estimate {what}; ask again.", retry_after=5)
