"""A watcher that a test tells what to see.

Job: give the hints of a script, and call back at its edges.
Must not: be more obliging than a real one; tests/contract/test_hints.py holds both to the same rules.
"""

from collections.abc import Callable

from msgspec.structs import replace

from sidecar.hints import Hints


class ScriptedWatcher:
    """What it sees is `sees`; it is known only while it watches, as with a real one."""

    def __init__(self, sees: Hints | None = None) -> None:
        self.sees = sees or Hints(online=True)
        self._on_edge: Callable[[], None] | None = None

    def look(self) -> Hints:
        """What the script says."""
        return self.sees if self._on_edge is not None else Hints(edges=self.sees.edges)

    def start(self, on_edge: Callable[[], None]) -> None:
        """Begin to watch."""
        self._on_edge = self._on_edge or on_edge

    def stop(self) -> None:
        """End it."""
        self._on_edge = None

    def edge(self) -> None:
        """A link comes up, or the machine wakes; unseen while nobody watches."""
        if self._on_edge is not None:
            self.sees = replace(self.sees, online=True, edges=self.sees.edges + 1)
            self._on_edge()
