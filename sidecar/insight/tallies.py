"""Tallies: how often one of two was preferred, by name.

Job: choose the counts of a task, and turn names into positions for the fit.
Must not: estimate anything.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec

from sidecar.insight.davidson import Pair
from sidecar.insight.pooling import add_up

Count = Annotated[int, msgspec.Meta(ge=0)]


class PairCounts(msgspec.Struct, frozen=True):
    """How two contestants fared against each other in one task.

    Attributes:
        first: one contestant's name, for instance a model key.
        second: the other's.
        task_category: the task.
        wins: times the first was preferred.
        losses: times the second was preferred.
        ties: times neither was.
    """

    first: str
    second: str
    task_category: str
    wins: Count = 0
    losses: Count = 0
    ties: Count = 0


def in_task(
    pairs: Sequence[PairCounts], task_category: str | None
) -> tuple[list[PairCounts], list[list[PairCounts]]]:
    """The counts of one task, and those of each other task; of all tasks and none, for None.

    Pairs without a comparison are left out.

    Raises:
        ValueError: a contestant against itself.
    """
    if any(pair.first == pair.second for pair in pairs):
        raise ValueError("a contestant is not compared with itself")
    tasks: dict[str, list[PairCounts]] = {}
    for pair in pairs:
        if total(pair):
            tasks.setdefault(pair.task_category, []).append(pair)
    if task_category is None:
        return [pair for of_one in tasks.values() for pair in of_one], []
    return tasks.pop(task_category, []), list(tasks.values())


def total(pair: PairCounts) -> int:
    """How many comparisons."""
    return pair.wins + pair.losses + pair.ties


def names_in(pairs: Sequence[PairCounts]) -> list[str]:
    """Everybody who was compared, by name."""
    return sorted({name for pair in pairs for name in (pair.first, pair.second)})


def by_place(
    pairs: Sequence[PairCounts], place: Mapping[str, int], *, tie_as_half: bool = False
) -> list[Pair]:
    """Counts by position, each two once; pairs with somebody who has no position are left out."""
    half = 0.5 if tie_as_half else 0.0
    return add_up(
        Pair(
            place[pair.first],
            place[pair.second],
            pair.wins + half * pair.ties,
            pair.losses + half * pair.ties,
            pair.ties,
        )
        for pair in pairs
        if pair.first in place and pair.second in place
    )


def record(name: str, pairs: Sequence[PairCounts]) -> tuple[int, int, int]:
    """Wins, losses and ties of one contestant."""
    first = [pair for pair in pairs if pair.first == name]
    second = [pair for pair in pairs if pair.second == name]
    return (
        sum(pair.wins for pair in first) + sum(pair.losses for pair in second),
        sum(pair.losses for pair in first) + sum(pair.wins for pair in second),
        sum(pair.ties for pair in (*first, *second)),
    )
