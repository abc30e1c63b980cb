"""Injected time: the only place that reads a clock.

Job: give wall time in UTC, a boot clock that no setting can move, and the ISO week as a plain number.
Must not: sleep, schedule, or decide anything.
"""

import re
import sys
import time
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

WEEK_ZERO = date(1970, 1, 5)
"""The Monday that week 1 starts on; week 0 began before the epoch's Thursday."""


LAST_WEEK = (date.max - WEEK_ZERO).days // 7
"""The last week that a label can be written for."""


class Clock(Protocol):
    """What the product asks of time; a test passes its own."""

    def now(self) -> datetime:
        """Aware UTC wall time."""
        ...

    def boot_seconds(self) -> float:
        """Seconds since boot, time asleep included; never set by a person or by NTP."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """Aware UTC wall time."""
        return datetime.now(UTC)

    def boot_seconds(self) -> float:
        """Seconds since boot (Linux counts time asleep; elsewhere the monotonic clock is the nearest)."""
        if sys.platform == "linux":
            return time.clock_gettime(time.CLOCK_BOOTTIME)
        return time.monotonic()


def week_number(moment: datetime) -> int:
    """The ISO week of a moment in UTC, counted from the week of 1970-01-05 (which is 1)."""
    return (moment.astimezone(UTC).date() - WEEK_ZERO).days // 7 + 1


def week_label(week: int) -> str:
    """`2961` -> `2026-W40`: the ISO 8601 label of a week number."""
    year, number, _ = week_start(week).date().isocalendar()
    return f"{year:04d}-W{number:02d}"


def week_start(week: int) -> datetime:
    """The Monday, 00:00 UTC, on which a week number begins."""
    return datetime.combine(WEEK_ZERO, datetime.min.time(), UTC) + timedelta(weeks=week - 1)


def parse_week(label: str) -> int:
    """`2026-W40` -> its week number.

    Raises:
        ValueError: not an ISO week label, or a week that the year does not have.
    """
    found = re.fullmatch(r"(\d{4})-W(\d{2})", label, re.ASCII)
    if found is None:
        raise ValueError("a week is written as 2026-W40")
    return (date.fromisocalendar(int(found[1]), int(found[2]), 1) - WEEK_ZERO).days // 7 + 1
