"""Wrong guesses are answered ever later, by a clock that stands still unless the test moves it."""

import asyncio

import pytest

from sidecar.api.guesses import (
    FORGET_SECONDS,
    FREE,
    MOST_COUNTED,
    MOST_SECONDS,
    MOST_WAITING,
    Guesses,
    wait_seconds,
)
from sidecar.errors import TooManyGuesses


class Time:
    """A clock, and a sleep that never ends by itself."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []
        self.over = asyncio.Event()

    def seconds(self) -> float:
        """What the clock shows."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Remember how long, and go on at once."""
        self.slept.append(seconds)

    async def wait_for_the_end(self, seconds: float) -> None:
        """Remember how long, and go on when the test says so."""
        self.slept.append(seconds)
        await self.over.wait()


def test_the_answer_waits_longer_with_every_wrong_guess_up_to_a_bound() -> None:
    waits = [wait_seconds(wrong) for wrong in range(1, 13)]
    assert waits == [0, 0, 0, 0, 0, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    assert wait_seconds(10**9) == MOST_SECONDS


async def test_the_first_are_answered_at_once() -> None:
    time = Time()
    guesses = Guesses(time.seconds, time.sleep)
    for _ in range(FREE):
        await guesses.wait()
    assert time.slept == []
    await guesses.wait()
    await guesses.wait()
    assert time.slept == [0.1, 0.2]


async def test_guesses_are_forgotten_with_time() -> None:
    time = Time()
    guesses = Guesses(time.seconds, time.sleep)
    for _ in range(1_000):
        await guesses.wait()
    time.slept.clear()
    time.now += (MOST_COUNTED - FREE) * FORGET_SECONDS
    await guesses.wait()
    assert time.slept == [0.1]
    time.now += MOST_COUNTED * FORGET_SECONDS
    time.slept.clear()
    await guesses.wait()
    assert time.slept == []


async def test_a_clock_that_goes_back_forgives_nothing() -> None:
    time = Time()
    guesses = Guesses(time.seconds, time.sleep)
    for _ in range(FREE):
        await guesses.wait()
    time.now -= 10_000
    await guesses.wait()
    assert time.slept == [0.1]


async def test_few_wait_at_once_and_the_next_is_refused_with_a_time() -> None:
    time = Time()
    guesses = Guesses(time.seconds, time.wait_for_the_end)
    for _ in range(FREE):
        await guesses.wait()
    waiting = [asyncio.create_task(guesses.wait()) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyGuesses) as raised:
        await guesses.wait()
    assert raised.value.retry_after == MOST_SECONDS
    waiting.pop().cancel()  # who hangs up makes room
    await asyncio.sleep(0)
    waiting.append(asyncio.create_task(guesses.wait()))
    time.over.set()
    await asyncio.wait(waiting)
    assert len(time.slept) == MOST_WAITING + 1
