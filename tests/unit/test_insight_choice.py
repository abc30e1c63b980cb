"""Whoever chooses by our estimate loses little against the best, on ratings that people really gave."""

import random
from collections.abc import Callable
from statistics import fmean

import pytest

from sidecar.insight.ratings import RatingCounts, estimate_ratings, expected_stars
from tests.support.real_data import ratings

Cells = list[list[int]]


def counted(given: list[int]) -> RatingCounts:
    one, two, three, four, five = (given.count(star) for star in range(1, 6))
    return RatingCounts((one, two, three, four, five))


def by_estimate(cells: Cells) -> list[float]:
    return [found.estimate or 0.0 for found in estimate_ratings([counted(cell) for cell in cells])]


def by_expected_stars(cells: Cells) -> list[float]:
    return [found or 0.0 for found in expected_stars([counted(cell) for cell in cells])]


def by_raw_mean(cells: Cells) -> list[float]:
    return [fmean(cell) for cell in cells]


def loss(n: int, score: Callable[[Cells], list[float]], *, even: bool, trials: int) -> float:
    """Stars lost against the best system of a dimension, on average over dimensions and draws.

    Either `n` ratings of each system, or from 1 to 2 n - 1, as people leave them.
    """
    rng, lost = random.Random(n), []
    tasks: dict[str, Cells] = {}
    for (task, _), given in ratings().items():
        tasks.setdefault(task, []).append(given)
    for cells in tasks.values():
        truth = [fmean(cell) for cell in cells]
        for _ in range(trials):
            sizes = [n if even else rng.randint(1, 2 * n - 1) for _ in cells]
            scores = score([rng.sample(cell, size) for cell, size in zip(cells, sizes, strict=True)])
            best = [value for value, own in zip(truth, scores, strict=True) if own >= max(scores) - 1e-12]
            lost.append(max(truth) - fmean(best))
    return fmean(lost)


MOST_LOST = [(3, 0.24), (8, 0.15), (20, 0.10)]
"""Ratings of each system, stars lost at most; uneven, the mean as given loses .32, .23, .14."""


@pytest.mark.parametrize("even", [True, False], ids=["even", "uneven"])
@pytest.mark.parametrize(("n", "most"), MOST_LOST)
def test_choosing_by_expected_stars_loses_little(n: int, most: float, *, even: bool) -> None:
    assert loss(n, by_expected_stars, even=even, trials=1500) <= most


@pytest.mark.parametrize("n", [3, 8, 20])
def test_choosing_by_the_mean_as_given_loses_a_quarter_more_where_some_have_few(n: int) -> None:
    lost = loss(n, by_raw_mean, even=False, trials=300)
    assert lost > 1.25 * loss(n, by_expected_stars, even=False, trials=300)


@pytest.mark.long
@pytest.mark.parametrize("even", [True, False], ids=["even", "uneven"])
@pytest.mark.parametrize(("n", "most"), MOST_LOST)
def test_choosing_by_expected_stars_loses_little_over_thousands_of_draws(
    n: int, most: float, *, even: bool
) -> None:
    assert loss(n, by_expected_stars, even=even, trials=12_000) <= most


def made_up_loss(score: Callable[[Cells], list[float]], *, mean: float, spread: float) -> float:
    """The same for a person of this mean, who rates models that differ by this spread, 1 to 5 times each."""
    rng, lost = random.Random(5), []
    for _ in range(1000):
        truth = [rng.gauss(mean, spread) for _ in range(12)]
        cells = [[min(5, max(1, round(rng.gauss(at, 1)))) for _ in range(rng.randint(1, 5))] for at in truth]
        scores = score(cells)
        lost.append(
            max(truth) - fmean(at for at, own in zip(truth, scores, strict=True) if own == max(scores))
        )
    return fmean(lost)


@pytest.mark.parametrize(("mean", "spread"), [(2.2, 0.3), (2.2, 0.7), (3.8, 0.3), (3.8, 0.7)])
def test_people_who_are_hard_or_easy_to_please_choose_no_worse_by_expected_stars(
    mean: float, spread: float
) -> None:
    """Drawn to what the models have in common, nobody is drawn to a middle that this person never gives."""
    by_ours = made_up_loss(by_expected_stars, mean=mean, spread=spread)
    for other in (by_raw_mean, by_estimate):
        assert by_ours <= made_up_loss(other, mean=mean, spread=spread) + 0.01


def test_fewer_than_five_models_are_expected_what_they_are_estimated() -> None:
    cells = [[5], [3, 4, 4], [], [2, 2]]
    assert by_expected_stars(cells) == pytest.approx(by_estimate(cells))


def test_a_model_that_nobody_rated_is_expected_nothing() -> None:
    assert expected_stars([counted([]), counted([5])])[0] is None
