"""Who may be the best, and which ranks are possible: answers that hold for all pairs at once.

Job: a confidence set of the best, and an interval for each rank, from strengths and their covariance.
Must not: draw chance of its own, or rank what was never compared: one call is for one component.

Each contestant is kept unless another is ahead by more standard errors than the largest of such leads
reaches by chance alone (J. C. Hsu, "Multiple comparisons" (1996), ch. 3; C. W. Dunnett, JASA 50 (1955)).
Ranks come from the largest of all gaps (Tukey). Both limits are read off simulated draws, because leads of
one contestant over many are correlated, and a bound for the worst correlation would keep too many.
"""

from collections.abc import Callable, Iterator, Sequence
from math import ceil, log, sqrt
from operator import mul
from typing import Final

import msgspec

from sidecar.insight.linear import Matrix, factor

DRAWS: Final = 1000
"""Pairs of a draw and its mirror image: the limit is known to some .02 standard errors."""


class Ranking(msgspec.Struct, frozen=True):
    """What is known of the order, by position.

    Attributes:
        top: whether it may be the best.
        rank_low: the best rank that it may have, from 1.
        rank_high: the worst.
    """

    top: list[bool]
    rank_low: list[int]
    rank_high: list[int]


def gap_errors(covariance: Matrix) -> Matrix:
    """Standard error of th_i - th_j for each two; 0 on the diagonal."""
    size = range(len(covariance))
    return [
        [sqrt(max(covariance[i][i] + covariance[j][j] - 2 * covariance[i][j], 0.0)) for j in size]
        for i in size
    ]


def rank(
    strengths: Sequence[float], covariance: Matrix, level: float, normal: Callable[[], float]
) -> Ranking:
    """The top set and the rank intervals of two or more that were compared with each other.

    Args:
        strengths: in natural-log odds.
        covariance: of them; what they all share is not looked at.
        level: how often the true best shall be in the set, and all ranks in their intervals.
        normal: gives the next draw of a standard normal.
    """
    size = range(len(strengths))
    per_error = [[1 / error if error > 0 else 0.0 for error in row] for row in gap_errors(covariance)]
    leads = [
        [(b - a) * weight for b, weight in zip(strengths, row, strict=True)]
        for a, row in zip(strengths, per_error, strict=True)
    ]
    # P(Z > c) <= e^(-c^2 / 2) / 2, summed over all others: whoever is further behind needs no simulation.
    out_of_reach = sqrt(2 * log(max((len(strengths) - 1) / (2 * (1 - level)), 1.0)))
    near = [i for i in size if max(leads[i]) <= out_of_reach]
    by_chance, widest = _largest(covariance, per_error, near, normal)
    limit = _quantile(widest, level)
    return Ranking(
        [i in by_chance and max(leads[i]) <= _quantile(by_chance[i], level) for i in size],
        [1 + sum(lead > limit for lead in leads[i]) for i in size],
        [len(strengths) - sum(lead < -limit for lead in leads[i]) for i in size],
    )


def _largest(
    covariance: Matrix, per_error: Matrix, near: Sequence[int], normal: Callable[[], float]
) -> tuple[dict[int, list[float]], list[float]]:
    """By chance alone, draw by draw: the largest lead over each one that is near, and the largest gap of all.

    Both in standard errors. A draw's mirror image swaps every lead with its opposite.
    """
    leads: dict[int, list[float]] = {i: [] for i in near}
    gaps: list[float] = []
    steepest = [max(row) for row in per_error]
    for drawn in _draws(covariance, normal):
        for i, found in leads.items():
            ahead = _ahead(drawn, i, per_error)
            del ahead[i]
            found.extend((max(ahead), -min(ahead)))
        gaps.append(_widest(drawn, per_error, steepest))
    return leads, gaps


def _ahead(drawn: Sequence[float], i: int, per_error: Matrix) -> list[float]:
    """By how many standard errors each one is ahead of one."""
    value = drawn[i]
    return [(other - value) * weight for other, weight in zip(drawn, per_error[i], strict=True)]


def _widest(drawn: Sequence[float], per_error: Matrix, steepest: Sequence[float]) -> float:
    """The largest gap of any two, in standard errors.

    From the hindmost on, and only as far as the best could still widen it: a few rows instead of all.
    """
    best = max(drawn)
    reach = [(best - value) * weight for value, weight in zip(drawn, steepest, strict=True)]
    widest = 0.0
    for i in sorted(range(len(drawn)), key=reach.__getitem__, reverse=True):
        if reach[i] <= widest:
            break
        widest = max(widest, *_ahead(drawn, i, per_error))
    return widest


def _draws(covariance: Matrix, normal: Callable[[], float]) -> Iterator[list[float]]:
    """Strengths that differ by chance alone."""
    size = len(covariance)
    # Strengths with mean 0 leave no room for their common level. It cancels in every gap, so it is given one.
    level = sum(covariance[i][i] for i in range(size)) / size
    lower = factor([[value + level for value in row] for row in covariance])
    for _ in range(DRAWS):
        chance = [normal() for _ in range(size)]
        yield [sum(map(mul, row, chance)) for row in lower]


def _quantile(values: Sequence[float], level: float) -> float:
    """The smallest value that `level` of them do not exceed."""
    return sorted(values)[ceil(level * len(values)) - 1]
