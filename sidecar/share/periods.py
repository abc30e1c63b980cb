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


def next_label(stamp: int, sealed: Collection[int], length: int, now: int) -> int:
    """The period whose seal takes a record: its own, or the first one after it that is not sealed yet.

    A record from a clock that ran ahead goes with the present period. Two copies of one store label a record
    alike, whenever each seals it: so their batches have one id, and the collector counts one of them.

    Args:
        stamp: the week of the record.
        sealed: periods of its lane that are sealed.
        length: weeks of a period.
        now: the present week.
    """
    label = period_of(min(stamp, now), length)
    while label in sealed:
        label += length
    return label
