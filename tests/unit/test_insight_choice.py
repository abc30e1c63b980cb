"""Whoever chooses by our estimate loses little against the best, on ratings that people really gave."""

import random
from collections.abc import Callable
from statistics import fmean

import pytest

from sidecar.insight.ratings import RatingCounts, estimate_ratings
from tests.support.real_data import ratings

Cells = list[list[int]]


def counted(given: list[int]) -> RatingCounts:
    one, two, three, four, five = (given.count(star) for star in range(1, 6))
    return RatingCounts((one, two, three, four, five))


def by_estimate(cells: Cells) -> list[float]:
    return [found.estimate or 0.0 for found in estimate_ratings([counted(cell) for cell in cells])]


def by_sort_key(cells: Cells) -> list[float]:
    return [found.sort_key for found in estimate_ratings([counted(cell) for cell in cells])]


def by_raw_mean(cells: Cells) -> list[float]:
    return [fmean(cell) for cell in cells]


def loss(n: int, score: Callable[[Cells], list[float]], *, even: bool, trials: int) -> float:
    """Stars lost against the best system of a dimension, on average over dimensions and draws.

    Either `n` ratings of each system, or `n` on average and many systems with few, as people use them.
    """
    rng, lost = random.Random(n), []
    tasks: dict[str, Cells] = {}
    for (task, _), given in ratings().items():
        tasks.setdefault(task, []).append(given)
    for cells in tasks.values():
        truth = [fmean(cell) for cell in cells]
        for _ in range(trials):
            sizes = [n if even else min(1 + int(rng.expovariate(1 / (n - 0.5))), 120) for _ in cells]
            scores = score([rng.sample(cell, size) for cell, size in zip(cells, sizes, strict=True)])
            best = [value for value, own in zip(truth, scores, strict=True) if own >= max(scores) - 1e-12]
            lost.append(max(truth) - fmean(best))
    return fmean(lost)


@pytest.mark.parametrize(("n", "most"), [(3, 0.24), (8, 0.15), (20, 0.10)])
def test_choosing_by_estimate_or_order_loses_little(n: int, most: float) -> None:
    for score in (by_estimate, by_sort_key):
        assert loss(n, score, even=True, trials=150) <= most


@pytest.mark.parametrize(("n", "most"), [(3, 0.27), (8, 0.19), (20, 0.11)])
def test_where_some_have_few_ratings_the_estimate_loses_less_than_the_mean(n: int, most: float) -> None:
    lost = loss(n, by_estimate, even=False, trials=150)
    assert lost <= most
    assert lost < 0.8 * loss(n, by_raw_mean, even=False, trials=150)
