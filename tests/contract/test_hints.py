"""What every watcher keeps to, the scripted one of the tests and the real ones of this machine."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count

import psutil
import pytest
from msgspec import Struct

from sidecar.clock import SystemClock
from sidecar.hints import Hints, Watcher, watcher
from sidecar.hints.interfaces import Interfaces
from sidecar.hints.kernel import Kernel
from sidecar.hints.power import Power
from sidecar.hints.watch import Links, Watch
from tests.support.hints import ScriptedWatcher

TICK_SECONDS = 0.01


class Subject(Struct, frozen=True):
    """A watcher, and how this machine falls asleep and wakes for it."""

    watcher: Watcher
    wake: Callable[[], None]


def real(*links: Links) -> Subject:
    """A watcher that sees the ways out in one of the real ways."""
    naps = [0.0]

    def wake() -> None:
        naps[0] += 3600

    return Subject(Watch(links, lambda: naps[0], Power, TICK_SECONDS), wake)


def scripted() -> Subject:
    """The one of the tests."""
    found = ScriptedWatcher()
    return Subject(found, found.edge)


SUBJECTS: dict[str, Callable[[], Subject]] = {
    "scripted": scripted,
    "interfaces": lambda: real(Interfaces()),
    "blind": real,
}
if sys.platform == "linux":
    SUBJECTS["kernel"] = lambda: real(Kernel())


@pytest.fixture(params=SUBJECTS)
async def subject(request: pytest.FixtureRequest) -> Subject:
    """Each of them."""
    return SUBJECTS[request.param]()


@pytest.fixture(autouse=True)
async def stopped(subject: Subject) -> Iterator[None]:  # type: ignore[misc]  # an asynchronous fixture
    """Whatever a test did, nothing goes on watching."""
    yield
    subject.watcher.stop()


def descriptors() -> int:
    """How many files and sockets are open."""
    return psutil.Process().num_fds() if sys.platform != "win32" else 0


async def edge(subject: Subject, seen: asyncio.Queue[Hints]) -> Hints:
    """What is known at the next edge."""
    subject.wake()
    return await asyncio.wait_for(seen.get(), 5)


def watching(subject: Subject) -> asyncio.Queue[Hints]:
    """Start it; what it knows at each edge comes into the queue."""
    seen: asyncio.Queue[Hints] = asyncio.Queue()
    subject.watcher.start(lambda: seen.put_nowait(subject.watcher.look()))
    return seen


async def test_before_the_start_nothing_is_open_and_nothing_known(subject: Subject) -> None:
    before = descriptors()
    assert subject.watcher.look() == Hints()
    assert descriptors() == before


async def test_what_is_known_stays_in_its_bounds(subject: Subject) -> None:
    watching(subject)
    hints = subject.watcher.look()
    assert hints.online in {True, False, None}
    assert hints.metered in {True, False, None}
    assert hints.battery is None or 0 <= hints.battery <= 1
    assert hints.edges == 0


async def test_waking_is_an_edge_that_is_counted_before_it_is_told(subject: Subject) -> None:
    seen = watching(subject)
    for number in range(1, 4):
        assert (await edge(subject, seen)).edges == number
    assert subject.watcher.look().edges == 3


async def test_after_the_stop_nothing_is_open_known_or_told(subject: Subject) -> None:
    before = descriptors()
    seen = watching(subject)
    await edge(subject, seen)
    subject.watcher.stop()
    assert descriptors() == before
    assert subject.watcher.look() == Hints(edges=1)
    subject.wake()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(seen.get(), 3 * TICK_SECONDS)
    assert subject.watcher.look() == Hints(edges=1)


async def test_it_can_be_stopped_twice_and_started_again_and_goes_on_counting(subject: Subject) -> None:
    subject.watcher.stop()
    first = watching(subject)
    await edge(subject, first)
    subject.watcher.stop()
    subject.watcher.stop()
    second = watching(subject)
    assert (await edge(subject, second)).edges == 2
    assert first.empty()


async def test_a_second_start_changes_nothing(subject: Subject) -> None:
    seen = watching(subject)
    open_then = descriptors()
    second = watching(subject)
    assert descriptors() == open_then
    await edge(subject, seen)
    assert second.empty()


async def test_a_look_takes_less_than_a_millisecond(subject: Subject) -> None:
    watching(subject)
    began = time.perf_counter()
    for _ in range(1000):
        subject.watcher.look()
    assert time.perf_counter() - began < 1


async def test_the_one_for_this_machine_watches_and_stops() -> None:
    mine = watcher(SystemClock())
    before = descriptors()
    mine.start(lambda: None)
    assert mine.look().online is not None
    mine.stop()
    assert mine.look() == Hints()
    assert descriptors() == before


async def test_a_way_to_see_that_is_denied_is_passed_over() -> None:
    class Denied(Kernel):
        def open(self, changed: Callable[[], None]) -> None:  # noqa: ARG002  # as the real one
            raise PermissionError

    fallen_back = Watch((Denied(), Interfaces()), lambda: 0.0, Power)
    blind = Watch((Denied(),), lambda: 0.0, Power)
    for each in (fallen_back, blind):
        each.start(lambda: None)
    assert fallen_back.look().online is not None
    assert blind.look() == Hints()
    for each in (fallen_back, blind):
        each.stop()


async def test_power_is_asked_away_from_the_loop_and_every_fifth_time() -> None:
    answers = (Power(metered=True, battery=number / 10) for number in count(1))
    seen: asyncio.Queue[Power] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def ask() -> Power:
        assert threading.current_thread() is not threading.main_thread()
        answer = next(answers)
        loop.call_soon_threadsafe(seen.put_nowait, answer)
        return answer

    watch = Watch((), lambda: 0.0, ask, TICK_SECONDS)
    watch.start(lambda: None)
    assert watch.look() == Hints()  # not waited for
    began = loop.time()
    await asyncio.wait_for(seen.get(), 5)
    await asyncio.wait_for(seen.get(), 5)
    assert loop.time() - began > 4 * TICK_SECONDS
    assert watch.look().metered is True
    watch.stop()
    assert watch.look() == Hints()
