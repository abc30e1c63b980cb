"""How often intervals, top sets and ranks hold the truth, by seeded chance."""

import random
from typing import NamedTuple

import pytest

from tests.support.contests import TASK, ask, contest


class Held(NamedTuple):
    """Shares of intervals, top sets and whole rankings that held the truth."""

    intervals: float
    tops: float
    rankings: float


def held(  # noqa: PLR0913  the knobs of the simulation, all named where they are turned
    contests: int, *, size: int, n: int, sd: float, tasks: int = 1, task_sd: float = 0.0, seed: int = 1
) -> Held:
    rng = random.Random(seed)
    intervals, tops, rankings = [], [], []
    for _ in range(contests):
        truth = contest(rng, size=size, n=n, sd=sd, tasks=tasks, task_sd=task_sd)
        found = ask(truth.pairs, TASK)
        rows = {row.model: row for row in found.models}
        for group in found.components:
            true_order = sorted(group, key=truth.strengths.__getitem__, reverse=True)
            centre = sum(truth.strengths[name] for name in group) / len(group)
            intervals += [
                rows[name].low <= truth.strengths[name] - centre <= rows[name].high for name in group
            ]
            tops.append(rows[true_order[0]].top)
            places = enumerate(true_order, 1)
            rankings.append(all(rows[name].rank_low <= at <= rows[name].rank_high for at, name in places))
    return Held(*(sum(each) / len(each) for each in (intervals, tops, rankings)))


def assert_held(found: Held, *, slack: float = 0.0) -> None:
    """The promise; `slack` for what few contests leave to chance."""
    assert 0.87 - slack <= found.intervals <= 1.0
    assert found.tops >= 0.90
    assert found.rankings >= 0.90


@pytest.mark.parametrize("sd", [0.6, 1.5])
@pytest.mark.parametrize(("size", "n"), [(3, 20), (5, 100), (10, 100)])
def test_intervals_and_top_sets_hold_the_truth(size: int, n: int, sd: float) -> None:
    assert_held(held(40, size=size, n=n, sd=sd), slack=0.02)


def test_a_small_task_among_others_holds_the_truth() -> None:
    assert_held(held(40, size=5, n=20, sd=1.5, tasks=3, task_sd=0.6))


@pytest.mark.long
@pytest.mark.parametrize("sd", [0.6, 1.5])
@pytest.mark.parametrize("size", [3, 5, 10])
@pytest.mark.parametrize("n", [5, 20, 100, 1000])
def test_intervals_and_top_sets_hold_over_hundreds_of_contests(size: int, n: int, sd: float) -> None:
    assert_held(held(400, size=size, n=n, sd=sd))


@pytest.mark.long
@pytest.mark.parametrize("tasks", [2, 4])
@pytest.mark.parametrize("n", [20, 100])
@pytest.mark.parametrize(("sd", "task_sd"), [(0.6, 0.3), (0.6, 0.6), (1.5, 0.3), (1.5, 0.6), (1.5, 0.8)])
def test_small_tasks_among_others_hold_over_hundreds_of_contests(
    tasks: int, n: int, sd: float, task_sd: float
) -> None:
    assert_held(held(300, size=6, n=n, sd=sd, tasks=tasks, task_sd=task_sd))
