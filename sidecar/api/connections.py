"""Connections: every open one, and what becomes of those that take too long or too much.

Job: count them, look at all of them once a second while there are any, and act on what `patience` decides.
Must not: decide by itself, or start a timer for a request; and where nobody is connected it never wakes.
"""

import asyncio
import logging
import sys
from collections.abc import Callable
from typing import Final, Protocol

from sidecar.api import patience
from sidecar.api.patience import Phase, Standing

log = logging.getLogger(__name__)

MOST: Final = 256
"""Connections at once: a browser opens six for each origin, a client one for each thread."""

LOOK_SECONDS: Final = 1.0
LOOK_BYTES: Final = 2 * 1024 * 1024  # that came since the last look: so much may lie about beyond the limit
OTHER_FILES: Final = (
    64  # descriptors for the database, the log, listening sockets, and connections being taken
)
FEWEST: Final = 16  # connections that are tried even where descriptors are scarcer than that
WANTED_FILES: Final = 1024  # what Linux gives a program; macOS starts with 256


class Connection(Protocol):
    """What is asked of a connection."""

    def look(self) -> tuple[Phase, int]:
        """What it does, and how many bytes of its answer have gone."""
        ...

    def drop(self) -> None:
        """End it at once."""
        ...

    def hurry(self) -> None:
        """Break the work off, so that it is answered with a 503."""
        ...


class Line:
    """What is remembered of one connection.

    Attributes:
        late: its work was broken off because it took too long.
    """

    __slots__ = ("_requests", "came", "connection", "late", "moved", "moved_at", "phase", "requests", "since")

    def __init__(self, connection: Connection, now: float) -> None:
        self.connection = connection
        self.requests = 0
        self.came = 0
        self.late = False
        self.phase = Phase.SILENT
        self.since = self.moved_at = now
        self.moved = 0
        self._requests = 0

    def standing(self, now: float) -> Standing:
        """How it stands; a phase that nobody has seen before begins now."""
        phase, gone = self.connection.look()
        moved = gone if phase is Phase.ANSWER else self.came
        if phase is not self.phase or self.requests != self._requests:
            self.phase, self._requests = phase, self.requests
            self.since = self.moved_at = now
        elif moved != self.moved:
            self.moved_at = now
        self.moved = moved
        held = 0 if phase in {Phase.IDLE, Phase.SILENT} else self.came
        return Standing(phase, now - self.since, moved, now - self.moved_at, held)


class Connections:
    """All of them.

    Attributes:
        most: how many there may be.
    """

    def __init__(self, most: int = MOST, *, seconds: Callable[[], float] | None = None) -> None:
        """Begin with none.

        Args:
            most: how many there may be.
            seconds: the clock; the event loop's own when left out.
        """
        self.most = most
        self._lines: dict[Connection, Line] = {}
        self._loop = asyncio.get_running_loop()
        self._seconds = seconds or self._loop.time
        self._timer: asyncio.TimerHandle | None = None
        self._came = 0

    def __len__(self) -> int:
        return len(self._lines)

    def enter(self, connection: Connection) -> Line:
        """A new one; where there is no place left another one goes, or the new one itself."""
        now = self._seconds()
        line = Line(connection, now)
        if len(self._lines) >= self.most:
            self._make_place(line, now)
        if len(self._lines) < self.most:
            self._lines[connection] = line
        if self._timer is None:
            self._timer = self._loop.call_later(LOOK_SECONDS, self._tick)
        return line

    def leave(self, connection: Connection) -> None:
        """It has ended."""
        self._lines.pop(connection, None)

    def received(self, line: Line, size: int, requests: int) -> None:
        """Bytes came. The only thing that is done for each segment: a few sums.

        Args:
            line: its line.
            size: how many.
            requests: heads that are whole by now, since the connection began.
        """
        if requests == line.requests:
            line.came += size
        elif size:
            line.requests = requests
            line.came = size
        self._came += size
        if self._came > LOOK_BYTES:
            self.look()  # at once: one turn of the event loop may bring 64 MiB

    def is_late(self, connection: object) -> bool:
        """Whether work was broken off here because it took too long."""
        line = self._lines.get(connection)  # type: ignore[call-overload]  # whoever asks may be no connection of ours
        return line is not None and line.late

    def look(self) -> None:
        """Look at all, and drop those that take too long or too much."""
        now = self._seconds()
        self._came = 0
        lines = list(self._lines.values())
        standings = [line.standing(now) for line in lines]
        for line, standing in zip(lines, standings, strict=True):
            if patience.is_overdue(standing):
                self._end(line, standing)
        for position in patience.whom_to_unload(standings):
            self._drop(lines[position])

    def _tick(self) -> None:
        self._timer = None
        self.look()
        if self._lines:
            self._timer = self._loop.call_later(LOOK_SECONDS, self._tick)

    def _make_place(self, newcomer: Line, now: float) -> None:
        lines = list(self._lines.values())
        chosen = patience.whom_to_evict([line.standing(now) for line in lines])
        self._drop(newcomer if chosen is None else lines[chosen])

    def _end(self, line: Line, standing: Standing) -> None:
        if not patience.may_answer_late(standing):
            self._drop(line)
        elif not line.late:
            line.late = True
            log.error("a request was broken off: its work took too long")
            line.connection.hurry()

    def _drop(self, line: Line) -> None:
        self._lines.pop(line.connection, None)
        line.connection.drop()


def places(descriptors: int) -> int:
    """How many connections there may be where a process may open this many files."""
    return max(FEWEST, min(MOST, descriptors - OTHER_FILES))


def descriptors() -> int:
    """How many files this process may open, after asking for as many as are wanted."""
    if sys.platform == "win32":
        return WANTED_FILES
    import resource  # noqa: PLC0415  # there is none on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(WANTED_FILES, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return WANTED_FILES if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
