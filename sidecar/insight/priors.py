"""What is believed of a cell's stars before any are seen, and after.

Job: the flat prior, the prior that sibling cells lend, and the posterior under either.
Must not: decide what is enough, or know what a cell is about.

The stars of a cell are multinomial, with a Dirichlet prior alpha = m p0. Mean and variance of that posterior
need of either only three numbers: how many ratings, their sum, their sum of squares. So a cell is read as
these three, a prior is the same three of m imaginary ratings, and the posterior comes from their sums.
"""

from collections.abc import Sequence
from math import exp, log
from typing import Final

Moments = tuple[int, int, int]
"""Of a cell: number of ratings, sum of stars, sum of squared stars."""

Prior = tuple[float, float, float]
"""The same of imaginary ratings, which need not be whole."""

ENOUGH_SIBLINGS: Final = 5
"""With fewer cells, how much cells differ is a guess."""

SHOWS_SPREAD: Final = 2
"""Ratings that a sibling needs to say how much ratings differ within a cell."""

FEWEST_LENT: Final = 2.0
"""Siblings lend at least two imaginary ratings, however much they differ: one shows no spread."""

MOST_LENT: Final = 20.0
"""And at most twenty, however much they agree: a cell of its own twenty has half the say."""

USUALLY_LENT: Final = 6.0
"""In between, where few siblings are there to say."""

HABIT: Final = 20.0
"""How many siblings it takes to weigh as much as that usual figure."""

LEAST_VARIANCE: Final = 0.05
"""Within cells, in squared stars: siblings who all said the same are still not known without error."""

FLAT: Final[Prior] = (3.0, 9.0, 33.0)
"""Three, spread evenly. An optimistic prior (six around 3.85) missed two truths of three at n = 5 for a
person whose mean is 2.2."""

MILLER: Final[Prior] = (5.0, 15.0, 55.0)
"""One of each star: Evan Miller, "Ranking items with star ratings" (2014)."""


def moments(stars: tuple[int, int, int, int, int]) -> Moments:
    """The three numbers that a cell's stars, 1 to 5, come down to."""
    one, two, three, four, five = stars
    return (
        one + two + three + four + five,
        one + 2 * two + 3 * three + 4 * four + 5 * five,
        one + 4 * two + 9 * three + 16 * four + 25 * five,
    )


def posterior(seen: Moments, prior: Prior) -> tuple[float, float]:
    """Mean and variance of a cell's true mean: mu = sum r q_r, v = (sum r^2 q_r - mu^2) / (N + m + 1)."""
    n = seen[0] + prior[0]
    mean = (seen[1] + prior[1]) / n
    return mean, ((seen[2] + prior[2]) / n - mean * mean) / (n + 1)


def sibling_prior(siblings: Sequence[Moments]) -> Prior:
    """What siblings have in common, as imaginary ratings; flat where fewer than five have n >= 2.

    m = variance within cells / variance between them, clipped, then drawn towards the usual:
    ln m = (G ln m + 20 ln 6) / (G + 20) with G siblings.
    """
    told = [cell for cell in siblings if cell[0] >= SHOWS_SPREAD]
    if len(told) < ENOUGH_SIBLINGS:
        return FLAT
    within, between = _variances(told)
    m = MOST_LENT if between <= 0 else min(max(within / between, FEWEST_LENT), MOST_LENT)
    m = exp((len(told) * log(m) + HABIT * log(USUALLY_LENT)) / (len(told) + HABIT))
    n, first, second = map(sum, zip(*siblings, strict=True))
    # The flat three keep every star possible, and with that the mean strictly between 1 and 5.
    share = m / (n + FLAT[0])
    return m, share * (first + FLAT[1]), share * (second + FLAT[2])


def _variances(told: Sequence[Moments]) -> tuple[float, float]:
    """Variance within cells, pooled, and between their true means (DerSimonian & Laird 1986, eq. 8).

    The second is negative where cells differ less than chance alone would make them.
    """
    spread = sum(second - first * first / n for n, first, second in told)
    within = max(spread / sum(n - 1 for n, _, _ in told), LEAST_VARIANCE)
    weighed = [(n / within, first / n) for n, first, _ in told]
    total = sum(weight for weight, _ in weighed)
    centre = sum(weight * mean for weight, mean in weighed) / total
    excess = sum(weight * (mean - centre) ** 2 for weight, mean in weighed) - (len(told) - 1)
    return within, excess / (total - sum(weight * weight for weight, _ in weighed) / total)
