"""Periods: the stretch of time that one batch of a lane stands for.

Job: say which period a week belongs to, whether it has ended, and which one the next seal is labelled with.
Must not: read a clock; weeks come in as the numbers of `sidecar.clock`.
"""

from collections.abc import Collection
from typing import Final

BLOCKS_FROM: Final = 2818
"""The week of 2024-W01, from which blocks of four weeks are counted."""

LENGTHS: Final = {"1w": 1, "4w": 4}
"""Weeks of a period, by what a destination's `period` says."""


def period_of(week: int, length: int) -> int:
    """The first week of the period that a week belongs to; `length` in weeks."""
    return week - (week - BLOCKS_FROM) % length


def has_ended(period: int, length: int, now: int) -> bool:
    """Whether the present week lies behind a period."""
    return now >= period + length


OLDEST: Final = 15
"""Weeks back that a seal reaches. A collector refuses periods that began 120 days ago; hold, spread and a
week of tries need the rest."""


def is_too_old(stamp: int, now: int) -> bool:
    """Whether no collector takes the period of a record any more."""
    return stamp < now - OLDEST


def next_label(stamp: int, sealed: Collection[int], length: int, now: int, first: int = 0) -> int:
    """The period whose seal takes a record: its own, or the first one after it that is not sealed yet.

    A record from a clock that ran ahead goes with the last period that ended: the present one would never
    end for it. Two copies of one store label a record alike, whenever each seals it: so their batches have
    one id, and the collector counts one of them.

    Args:
        stamp: the week of the record.
        sealed: periods of its lane that are sealed.
        length: weeks of a period.
        now: the present week.
        first: the first week that may be sealed.
    """
    label = period_of(max(stamp if stamp <= now else now - length, first), length)
    while label in sealed:
        label += length
    return label
