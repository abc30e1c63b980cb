"""Wrong guesses: secrets that were tried and are not ours, answered ever later.

Job: decide how long the answer to a wrong token, code or CSRF token waits, and let it wait.
Must not: ever hold up a right one, or a record: who is right never comes here.

    wrong so far      1..5   6     7     8     9     10    more     waiting already: 8
    answered after    0      0.1   0.2   0.4   0.8   1.6   2 s      429 at once

A secret here has 256 bits: nobody guesses it at any speed. This keeps a program that tries from costing much,
and makes it seen. What does not have the form of a secret is no guess, and is refused at once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from sidecar.errors import TooManyGuesses

FREE: Final = 5  # a person who pasted an old token tries again
FIRST_SECONDS: Final = 0.1
MOST_SECONDS: Final = 2.0
MOST_WAITING: Final = 8  # each holds a connection, and these are few
FORGET_SECONDS: Final = 2.0  # one is forgotten in that time: as fast as one patient guesser adds one
MOST_COUNTED: Final = 20  # so that everything is forgiven after 40 seconds of quiet


def wait_seconds(wrong: int) -> float:
    """How long the answer to the `wrong`-th wrong guess waits."""
    if wrong <= FREE:
        return 0.0
    return min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** min(wrong - FREE - 1, MOST_COUNTED))


class Guesses:
    """The wrong guesses of late, whoever made them: on loopback nobody can be told apart for sure.

    Args:
        seconds: a clock that nobody can set.
        sleep: lets time pass.
    """

    def __init__(
        self, seconds: Callable[[], float], sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self._seconds = seconds
        self._sleep = sleep
        self._wrong = 0.0
        self._last = seconds()
        self._waiting = 0

    async def wait(self) -> None:
        """Let one wrong guess wait for its answer.

        Raises:
            TooManyGuesses: too many wait already.
        """
        wait = wait_seconds(self._count())
        if not wait:
            return
        if self._waiting >= MOST_WAITING:
            raise TooManyGuesses("wait, then use the right token", retry_after=round(MOST_SECONDS))
        self._waiting += 1
        try:
            await self._sleep(wait)
        finally:
            self._waiting -= 1

    def _count(self) -> int:
        now = self._seconds()
        forgotten = max(0.0, now - self._last) / FORGET_SECONDS
        self._wrong = min(max(0.0, self._wrong - forgotten) + 1, MOST_COUNTED)
        self._last = now
        return int(self._wrong)
