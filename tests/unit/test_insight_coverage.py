"""How often the intervals hold the truth: exactly where every outcome can be listed, else by seeded chance.

A person's cells have one mean and three spreads, as tasks differ. Figures as in docs/statistics.md.
"""

import random
import re
from collections.abc import Iterator
from functools import cache
from math import exp, factorial, prod
from pathlib import Path

import pytest

from sidecar.insight.ratings import RatingCounts, estimate_ratings

Shares = tuple[float, float, float, float, float]
STARS = range(1, 6)
SPREADS = (0.7, 1.0, 1.3)
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "statistics.md"


@cache
def shares(mean: float, spread: float) -> Shares:
    """Shares of 1 to 5 stars in a bell of that spread, cut to the scale and moved until its mean is right."""
    low, high = -40.0, 46.0
    while True:
        centre = (low + high) / 2
        logs = [-((star - centre) ** 2) / (2 * spread * spread) for star in STARS]
        weights = [exp(value - max(logs)) for value in logs]
        found = sum(star * weight for star, weight in zip(STARS, weights, strict=True)) / sum(weights)
        if high - low < 1e-12:
            one, two, three, four, five = (weight / sum(weights) for weight in weights)
            return one, two, three, four, five
        low, high = (centre, high) if found < mean else (low, centre)


def drawn(n: int, truth: Shares, rng: random.Random) -> RatingCounts:
    given = rng.choices(STARS, truth, k=n)
    one, two, three, four, five = (given.count(star) for star in STARS)
    return RatingCounts((one, two, three, four, five))


def simulated(n: int, mean: float, cells: int, seed: int = 1) -> float:
    rng = random.Random(seed)
    counts = [drawn(n, shares(mean, SPREADS[i % 3]), rng) for i in range(cells)]
    return sum(low_to_high(mean, found.low, found.high) for found in estimate_ratings(counts)) / cells


def low_to_high(mean: float, low: float | None, high: float | None) -> bool:
    assert low is not None
    assert high is not None
    return low <= mean <= high


def outcomes(n: int, stars: int = 5) -> Iterator[tuple[int, ...]]:
    """Every way to give n ratings."""
    if stars == 1:
        yield (n,)
        return
    for given in range(n + 1):
        for rest in outcomes(n - given, stars - 1):
            yield (given, *rest)


@cache
def listed(n: int) -> list[tuple[tuple[int, ...], float, float, float]]:
    """Every outcome with the number of orders it can come in, and its interval."""
    counts = list(outcomes(n))
    found = estimate_ratings([RatingCounts((a, b, c, d, e)) for a, b, c, d, e in counts])
    return [
        (row, factorial(n) / prod(map(factorial, row)), one.low or 0.0, one.high or 0.0)
        for row, one in zip(counts, found, strict=True)
    ]


def exact(n: int, mean: float) -> float:
    truths = [shares(mean, spread) for spread in SPREADS]
    return sum(
        orders * prod(share**k for share, k in zip(truth, row, strict=True))
        for row, orders, low, high in listed(n)
        if low <= mean <= high
        for truth in truths
    ) / len(truths)


@pytest.mark.parametrize("mean", [2.2, 3.8])
@pytest.mark.parametrize("n", [5, 20, 100, 1000])
def test_nine_intervals_of_ten_hold_the_mean_of_a_person(n: int, mean: float) -> None:
    assert 0.87 <= simulated(n, mean, cells=450) <= 0.97


@pytest.mark.parametrize("mean", [2.2, 3.8])
def test_five_ratings_cover_exactly_as_simulated(mean: float) -> None:
    assert exact(5, mean) == pytest.approx(0.928, abs=0.001)
    assert simulated(5, mean, cells=3000) == pytest.approx(exact(5, mean), abs=0.02)


@pytest.mark.parametrize("n", [5, 20, 100])
def test_nine_intervals_of_ten_hold_the_mean_under_a_sibling_prior(n: int) -> None:
    assert 0.87 <= simulated_among_siblings(n, fleets=10) <= 0.97


def simulated_among_siblings(n: int, fleets: int) -> float:
    """Thirty cells a fleet, whose true means differ by .35 stars."""
    rng, held, total = random.Random(2), 0, 0
    for _ in range(fleets):
        means = [round(min(max(rng.gauss(3.8, 0.35), 1.5), 4.7), 2) for _ in range(30)]
        cells = [drawn(n, shares(mean, SPREADS[i % 3]), rng) for i, mean in enumerate(means)]
        found = estimate_ratings(cells, siblings=cells)
        held += sum(low_to_high(mean, one.low, one.high) for mean, one in zip(means, found, strict=True))
        total += len(means)
    return held / total


def test_siblings_make_small_cells_narrower_and_not_wrong() -> None:
    rng = random.Random(3)
    cells = [drawn(5, shares(3.8, spread), rng) for _ in range(20) for spread in SPREADS]

    def width(siblings: list[RatingCounts] | None) -> float:
        return sum((one.high or 0) - (one.low or 0) for one in estimate_ratings(cells, siblings=siblings))

    assert width(cells) < 0.8 * width(None)


def documented() -> list[tuple[int, list[tuple[float, float]]]]:
    """The coverage table: n, then (true mean, coverage) along the row."""
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("| n \\ true mean |"))
    means = [float(cell) for cell in re.findall(r"[\d.]+", lines[start])]
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        n, *covers = re.findall(r"[\d.]+", line)
        rows.append((int(n), list(zip(means, map(float, covers), strict=True))))
    return rows


def test_documented_coverage_of_five_ratings_is_what_every_outcome_gives() -> None:
    n, row = documented()[0]
    assert n == 5
    for mean, covered in row:
        assert exact(n, mean) == pytest.approx(covered, abs=0.005)


@pytest.mark.long
@pytest.mark.parametrize("at", range(4))
def test_documented_coverage_is_what_a_full_run_gives(at: int) -> None:
    n, row = documented()[at]
    for mean, covered in row:
        found = exact(n, mean) if n <= 20 else simulated(n, mean, cells=3000)
        assert found == pytest.approx(covered, abs=0.005)


@pytest.mark.long
@pytest.mark.parametrize("mean", [2.2, 3.8])
@pytest.mark.parametrize("n", [5, 20, 100, 1000])
def test_nine_intervals_of_ten_hold_over_thousands_of_cells(n: int, mean: float) -> None:
    assert 0.87 <= simulated(n, mean, cells=6000, seed=4) <= 0.97


@pytest.mark.long
@pytest.mark.parametrize("n", [5, 20, 100])
def test_sibling_prior_holds_over_hundreds_of_fleets(n: int) -> None:
    assert 0.87 <= simulated_among_siblings(n, fleets=200) <= 0.97
