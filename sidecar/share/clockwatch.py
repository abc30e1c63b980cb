"""The clock watch: whether the wall clock can be believed just now.

Job: compare wall clock and boot clock at each look, and say when the wall clock has stood for an hour.
Must not: read a clock; both times come in.
"""

from msgspec import Struct

from sidecar.share.agenda import DAY, HOUR


class ClockWatch(Struct, frozen=True, kw_only=True):
    """Whether wall clock and boot clock agree.

    Attributes:
        offset: seconds between the two at the last look; None before the first.
        jumped_at: boot seconds at which they last disagreed by more than a day.
    """

    offset: float | None = None
    jumped_at: float | None = None

    def is_steady(self, boot: float) -> bool:
        """Whether the wall clock has stood for an hour since it was set by more than a day."""
        return self.jumped_at is None or boot - self.jumped_at >= HOUR


def watch_clock(known: ClockWatch, wall: float, boot: float) -> ClockWatch:
    """Look at both clocks once more."""
    offset = wall - boot
    if known.offset is None or abs(offset - known.offset) <= DAY:
        return ClockWatch(offset=offset, jumped_at=known.jumped_at)
    return ClockWatch(offset=offset, jumped_at=boot)
