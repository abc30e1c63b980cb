"""The watcher: what is seen of the ways out, of sleep and of power, put together.

Job: look again when the kernel says so and once a minute, count edges, keep what was seen.
Must not: wake an idle machine more often than that.

A machine that slept is noticed by the clock that counts time asleep running ahead of the one that does not.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Final, Protocol

from sidecar.clock import Clock
from sidecar.hints.hint import Hints, Watcher, Ways, came_up
from sidecar.hints.interfaces import Interfaces
from sidecar.hints.kernel import Kernel
from sidecar.hints.power import Power, power

SECONDS: Final = 60.0  # 0.017 wake-ups a second
POWER_TICKS: Final = 5  # a battery lasts hours
NAP_SECONDS: Final = 10.0  # a shorter one loses no link, and clocks are set by less


class Links(Protocol):
    """Where the ways out are seen: `Kernel` or `Interfaces`."""

    def open(self, changed: Callable[[], None]) -> None:
        """Begin to listen."""
        ...

    def close(self) -> None:
        """Listen no more."""
        ...

    def ways(self) -> Ways | None:
        """The ways out now."""
        ...

    def broken(self, ways: Ways) -> Ways:
        """Those of the ways that went down since the last call."""
        ...


class Watch:
    """A watcher of this machine; see `Watcher`.

    Args:
        links: the ways to see the ways out, the best first; one that is denied is passed over.
        asleep: seconds that the machine has slept, counted from anywhere.
        ask: what sending would cost; called in a thread.
        seconds: between two looks that nobody asked for.
    """

    def __init__(
        self,
        links: tuple[Links, ...],
        asleep: Callable[[], float],
        ask: Callable[[], Power] = power,
        seconds: float = SECONDS,
    ) -> None:
        self._all = links
        self._asleep = asleep
        self._ask = ask
        self._seconds = seconds
        self._edges = 0
        self._ticks = 0
        self._slept = 0.0
        self._ways: Ways | None = None
        self._power = Power()
        self._links: Links | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._asking: asyncio.Task[None] | None = None
        self._on_edge: Callable[[], None] = _nobody

    def look(self) -> Hints:
        """What was seen last."""
        return Hints(
            online=None if self._ways is None else bool(self._ways),
            metered=self._power.metered,
            battery=self._power.battery,
            edges=self._edges,
        )

    def start(self, on_edge: Callable[[], None]) -> None:
        """Begin to watch; once it has begun, a second call changes nothing."""
        if self._timer is not None:
            return
        self._on_edge = on_edge
        self._links = next((links for links in self._all if _opens(links, self._see)), None)
        self._slept = self._asleep()
        self._ticks = 0
        self._tick()

    def stop(self) -> None:
        """Close everything and know nothing any more, but the number of edges."""
        if self._timer is not None:
            self._timer.cancel()
        if self._asking is not None:
            self._asking.cancel()
        if self._links is not None:
            self._links.close()
        self._timer = self._asking = self._links = self._ways = None
        self._power = Power()

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._tick)
        if self._ticks % POWER_TICKS == 0 and (self._asking is None or self._asking.done()):
            self._asking = asyncio.create_task(self._see_power())
        self._ticks += 1
        self._see()

    def _see(self) -> None:
        """Look at the ways and the clocks; one edge, whatever came at once."""
        before, slept = self._ways, self._slept
        self._slept = self._asleep()
        broken: Ways = frozenset()
        if self._links is not None:
            broken = self._links.broken(before or frozenset())
            self._ways = self._links.ways()
        if came_up(before, self._ways, broken) or self._slept - slept > NAP_SECONDS:
            self._edges += 1
            self._on_edge()

    async def _see_power(self) -> None:
        self._power = await asyncio.to_thread(self._ask)


def watcher(clock: Clock) -> Watcher:
    """The best watcher for this system."""
    if sys.platform == "linux":
        return Watch((Kernel(), Interfaces()), lambda: clock.boot_seconds() - time.monotonic())
    # Elsewhere no clock tells of sleep alone: a clock that somebody sets forward looks like it.
    return Watch((Interfaces(),), lambda: clock.now().timestamp() - time.monotonic())


def _nobody() -> None:
    """Told of an edge before anybody asked."""


def _opens(links: Links, changed: Callable[[], None]) -> bool:
    try:
        links.open(changed)
    except OSError:
        return False
    return True
