"""Turns: whose request is taken up next when more come than the processor can do.

A turn of the event loop that served all of 250 connections would last forty milliseconds, and whoever waits
for the disk waits for several such turns.

Job: let a few requests begin in each turn of the event loop, and the others stand in a line.
Must not: refuse or forget anybody, or cost more than a few sums where nobody waits.

    known ........ connections that were answered before        the two lines take turns, so that a flood of
    newcomers .... connections with their first request          the one kind does not hold up the other

A record that goes the short way of `repeats` takes no turn: it costs a fifth, and the rate bounds it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

AT_ONCE: Final = 8  # requests; one or two milliseconds

Begin = Callable[[], object]


class Turns:
    """Both lines.

    Attributes:
        is_awake: whether the loop is asked to turn on: while somebody waits, and once after somebody began.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._loop = asyncio.get_running_loop()
        self._at_once = at_once
        self._left = at_once
        self._next: deque[Begin] = deque()
        self._other: deque[Begin] = deque()
        self._known = self._next
        self._newcomers = self._other
        self.is_awake = False

    def take(self, begin: Begin, *, known: bool) -> bool:
        """Whether a request may begin at once; else `begin` is called when it may.

        Args:
            begin: begins it; called once, and also where its connection has ended meanwhile.
            known: whether its connection was answered before.
        """
        if not self.is_awake:
            self.is_awake = True
            self._loop.call_soon(self._tick)
        if self._left:
            self._left -= 1
            return True
        (self._known if known else self._newcomers).append(begin)
        return False

    def _tick(self) -> None:
        """The next turn of the loop. Nobody stands in a line while a place is left."""
        self._left = self._at_once
        while self._left and (self._next or self._other):
            self._left -= 1
            self._next, self._other = self._other, self._next
            (self._next or self._other).popleft()()
        self.is_awake = self._left < self._at_once
        if self.is_awake:
            self._loop.call_soon(self._tick)
