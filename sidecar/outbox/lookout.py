"""The lookout: watches the connection while something may be on its way, and only then.

Job: start the hints with the first round that may send, hand out what they tell, and close them again.
Must not: open anything on a machine that shares nothing.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sidecar.share.agenda import Link

if TYPE_CHECKING:
    from sidecar.hints import Watcher


class Lookout:
    """Hints, opened when they are needed.

    Args:
        make: makes the watcher of this system; not called before `open`.
    """

    def __init__(self, make: Callable[[], "Watcher"]) -> None:
        self._make = make
        self._watcher: Watcher | None = None
        self._edges = 0

    def open(self, on_edge: Callable[[], None]) -> None:
        """Begin to watch, unless that goes on already."""
        if self._watcher is None:
            self._watcher = self._make()
            self._watcher.start(on_edge)

    def look(self) -> Link:
        """What is known now; nothing, where nobody watches."""
        if self._watcher is None:
            return Link(edges=self._edges)
        seen = self._watcher.look()
        return Link(
            online=seen.online, metered=seen.metered, battery=seen.battery, edges=self._edges + seen.edges
        )

    def close(self) -> None:
        """Close what was opened; edges go on from their number when it is opened again."""
        if self._watcher is not None:
            self._edges += self._watcher.look().edges
            self._watcher.stop()
            self._watcher = None
