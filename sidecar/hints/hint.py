"""What is known about the way out, and when it came back.

Job: hold the values, and tell an edge from a change that helps nobody.
Must not: ask anybody.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from msgspec import Struct

Ways: TypeAlias = frozenset[str]
"""The ways out of this machine, each under a name that stays the same as long as the way does."""


class Hints(Struct, frozen=True, kw_only=True):
    """What a watcher knows; None: nothing.

    Attributes:
        online: whether there is a way out. There may be nobody at its other end.
        metered: whether it is paid by volume.
        battery: 0 to 1 while the machine runs on it; None on mains.
        edges: grows when a way came up or the machine woke. The policy compares it with the number it saw.
    """

    online: bool | None = None
    metered: bool | None = None
    battery: float | None = None
    edges: int = 0


class Watcher(Protocol):
    """Who gives hints. One that is denied something knows less; it never raises."""

    def look(self) -> Hints:
        """What was seen last; asks nobody, so it can be called at every tick."""
        ...

    def start(self, on_edge: Callable[[], None]) -> None:
        """Begin to watch, in the running event loop; `on_edge` is called there after each edge."""
        ...

    def stop(self) -> None:
        """Close everything. A watcher that was stopped can be started again."""
        ...


def came_up(before: Ways | None, now: Ways | None, broken: Ways) -> bool:
    """Whether a way is there now that was not there throughout.

    Args:
        before: the ways at the last look; None when nothing was known.
        now: the ways at this one.
        broken: what went down since, be it for a moment.
    """
    return before is not None and now is not None and bool(now - (before - broken))
