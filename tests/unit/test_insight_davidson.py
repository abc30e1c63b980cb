"""The fit of the comparisons reaches its peak from anywhere, however little the comparisons say."""

import math
import random

import numpy as np
import pytest

from sidecar.insight.davidson import Pair, Peak, fit
from sidecar.insight.pooling import components, plain_prior

SHAPES = ("plain", "steep", "ladder", "two sides")


def outcome(rng: random.Random, shape: str, gap: float, n: int) -> tuple[int, int, int]:
    """Wins of the first, of the second, and ties."""
    if shape == "ladder" or (shape == "two sides" and gap > 0):
        return n, int(shape != "ladder" and rng.random() < 0.25), 0  # nobody, or hardly anybody, ever lost
    ties = round(n * rng.choice((0.0, 0.3, 0.9)))
    wins = round((n - ties) / (1 + math.exp(-gap)))
    return wins, n - ties - wins, ties


def design(rng: random.Random) -> tuple[int, list[Pair]]:
    """2 to 12 contestants, up to millions of comparisons; three of four shapes nearly separate them."""
    size, shape = rng.randint(2, 12), rng.choice(SHAPES)
    most, density = 10 ** rng.uniform(0, 6), rng.choice((0.3, 1.0))
    truth = [rng.gauss(0, 4 if shape == "steep" else 1) for _ in range(size)]
    if shape == "two sides":
        truth = [math.copysign(0.5, size / 2 - i - 0.5) for i in range(size)]
    pairs = [
        Pair(i, j, *map(float, outcome(rng, shape, truth[i] - truth[j], max(1, round(most * rng.random())))))
        for i in range(size)
        for j in range(i + 1, size)
        if rng.random() < density
    ]
    return size, pairs


def slope(peak: Peak, pairs: list[Pair], sd: float, size: int) -> np.ndarray:
    """Of the log posterior, as the paper writes it: what was seen less what was to be expected."""
    prior = plain_prior(components(size, pairs), sd, tied=len(peak.at) > size)
    at = np.array(peak.at)
    found = -np.array(prior.precision) @ (at - np.array(prior.mean))
    for pair in pairs:
        gap = at[pair.first] - at[pair.second]
        ties = pair.ties if len(at) > size else 0.0
        log_weights = np.array([gap / 2, -gap / 2, at[-1] if len(at) > size else -np.inf])
        share = np.exp(log_weights - log_weights.max())
        share /= share.sum()
        over = np.array([pair.wins, pair.losses, ties]) - (pair.wins + pair.losses + ties) * share
        found[pair.first] += (over[0] - over[1]) / 2
        found[pair.second] -= (over[0] - over[1]) / 2
        if len(at) > size:
            found[-1] += over[2]
    return np.asarray(found)


def worst_rest(sd: float, designs: int, seed: int) -> tuple[float, float]:
    """The steepest slope that any fit left, of all comparisons; the farthest peak, in standard errors."""
    rng, steepest, farthest = random.Random(seed), 0.0, 0.0
    for _ in range(designs):
        size, pairs = design(rng)
        tied = any(pair.ties for pair in pairs)
        prior = plain_prior(components(size, pairs), sd, tied=tied)
        peak = fit(pairs, prior.mean, prior.precision, tied=tied)
        rest = slope(peak, pairs, sd, size)
        n = sum(pair.wins + pair.losses + pair.ties for pair in pairs)
        steepest = max(steepest, float(np.abs(rest).max()) / (1 + n))
        farthest = max(farthest, math.sqrt(max(float(rest @ np.array(peak.covariance) @ rest), 0.0)))
    return steepest, farthest


@pytest.mark.parametrize("sd", [2.0, 10.0, 100.0])
def test_no_slope_is_left_on_hundreds_of_designs_that_nearly_separate(sd: float) -> None:
    steepest, farthest = worst_rest(sd, 540, seed=int(sd))
    assert steepest < 1e-7
    assert farthest < 1e-5


@pytest.mark.parametrize("sd", [0.1, 1e4, 1e6])
def test_a_prior_that_says_all_or_nothing_leaves_no_slope_either(sd: float) -> None:
    assert worst_rest(sd, 200, seed=5)[0] < 1e-7


@pytest.mark.long
@pytest.mark.parametrize("sd", [2.0, 10.0, 100.0])
def test_no_slope_is_left_on_thousands_of_designs(sd: float) -> None:
    steepest, farthest = worst_rest(sd, 1600, seed=1600)
    assert steepest < 1e-7
    assert farthest < 1e-5


@pytest.mark.parametrize("believed", [-40.0, 40.0])
def test_a_million_comparisons_turn_a_prior_around_that_is_as_sure_as_it_is_wrong(believed: float) -> None:
    """The bend is all but nothing where the steps begin: an uncut one would jump beyond every number."""
    precision = [[1e-4, 0.0], [0.0, 1e-4]]
    peak = fit([Pair(0, 1, 6e5, 4e5, 0.0)], [believed, -believed], precision, tied=False)
    assert peak.at[0] - peak.at[1] == pytest.approx(math.log(1.5), abs=1e-4)


def test_nothing_compared_leaves_the_prior_as_it_was() -> None:
    peak = fit([], [1.0, -1.0], [[4.0, 0.0], [0.0, 4.0]], tied=False)
    assert peak.at == [1.0, -1.0]
    assert peak.covariance == [[0.25, 0.0], [0.0, 0.25]]
