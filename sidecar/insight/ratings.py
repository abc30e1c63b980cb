"""Ratings: what stars and thumbs say about a cell, and how surely.

Job: turn counts into mean, estimate, interval, sort key, and a plain "not enough data".
Must not: map thumbs onto stars, call too little data a finding, or see a single record.
"""

from collections.abc import Sequence
from math import exp, sqrt
from typing import Annotated, Final

import msgspec

from sidecar.insight.intervals import DEFAULT_LEVEL, normal_quantile, student_t, wilson
from sidecar.insight.priors import FLAT, MILLER, Moments, Prior, moments, posterior, sibling_prior

Count = Annotated[int, msgspec.Meta(ge=0)]
Stars = tuple[Count, Count, Count, Count, Count]
"""How often each of 1, 2, 3, 4, 5 was given."""

ENOUGH_RATINGS: Final = 5
"""Stars or thumbs: below five the imaginary ratings have nearly as much say as the person."""

WIDEST_INTERVAL: Final = 1.0
"""In stars: a wider interval cannot tell good from fair."""

WIDEST_SHARE: Final = WIDEST_INTERVAL / 4
"""The same part of its scale, for the share of thumbs up."""

NEAREST_END: Final = 1e-4
"""Of the scale: nearer to 1 or 5 the log odds run away, and nobody sees a difference of .0004 stars."""

LEAST_VARIANCE: Final = 1e-18
"""In squared stars: where billions agree, rounding leaves nothing of the difference of two squares."""


class RatingCounts(msgspec.Struct, frozen=True):
    """One cell's counts."""

    stars: Stars
    up: Count = 0
    down: Count = 0


class RatingEstimate(msgspec.Struct, frozen=True):
    """What one cell's counts say.

    Attributes:
        n: ratings in stars; thumbs are not among them.
        mean: of the stars as given; None without any.
        counts: the stars, 1 to 5.
        estimate: posterior mean of the stars, drawn a little towards the prior; None without any.
        low: its lower bound, at least 1; None with it.
        high: its upper bound, at most 5; None with it.
        level: how often such intervals hold the truth.
        up: thumbs up.
        down: thumbs down.
        thumbs_estimate: posterior share of thumbs up, 0 to 1; None without thumbs.
        thumbs_low: its lower bound; None with it.
        thumbs_high: its upper bound; None with it.
        thumbs_enough: whether that share may be shown as a finding.
        sort_key: Evan Miller's lower bound in stars, for lists from best to worst; every cell has one.
        enough: whether the estimate in stars may be shown as a finding.
        why_not: what is missing for that, in plain words; None when enough.
    """

    n: int
    mean: float | None
    counts: Stars
    estimate: float | None
    low: float | None
    high: float | None
    level: float
    up: int
    down: int
    thumbs_estimate: float | None
    thumbs_low: float | None
    thumbs_high: float | None
    thumbs_enough: bool
    sort_key: float
    enough: bool
    why_not: str | None


def estimate_ratings(
    cells: Sequence[RatingCounts],
    *,
    siblings: Sequence[RatingCounts] | None = None,
    level: float = DEFAULT_LEVEL,
) -> list[RatingEstimate]:
    """One estimate for each cell, in the same order.

    Args:
        cells: the counts.
        siblings: cells that lend a prior, for the fleet; those to be estimated may be among them. None for
            one person's data, which keeps the flat prior.
        level: how often the intervals shall hold the truth: .8, .9 or .95.

    Raises:
        ValueError: another level.
    """
    prior = FLAT if siblings is None else sibling_prior([moments(cell.stars) for cell in siblings])
    z = normal_quantile(level)
    return [_estimate(cell, prior, level, z) for cell in cells]


def expected_stars(cells: Sequence[RatingCounts]) -> list[float | None]:
    """The star that the next rating of each is expected to have, for a choice among them; None without stars.

    The cells are siblings: the same task and machine, other models. With five or more, few ratings are drawn
    towards what all have in common rather than to the middle, so that neither luck nor the lack of ratings
    decides. It is for choosing: the interval of one cell alone is in `estimate_ratings`.
    """
    seen = [moments(cell.stars) for cell in cells]
    prior = sibling_prior(seen)
    return [posterior(each, prior)[0] if each[0] else None for each in seen]


def _estimate(cell: RatingCounts, prior: Prior, level: float, z: float) -> RatingEstimate:
    seen = moments(cell.stars)
    n, total, _ = seen
    estimate, low, high, why_not = _stars(seen, prior, z)
    share, share_low, share_high, share_enough = _thumbs(cell.up, cell.down, z)
    miller_mean, miller_variance = posterior(seen, MILLER)
    return RatingEstimate(
        n=n,
        mean=total / n if n else None,
        counts=cell.stars,
        estimate=estimate,
        low=low,
        high=high,
        level=level,
        up=cell.up,
        down=cell.down,
        thumbs_estimate=share,
        thumbs_low=share_low,
        thumbs_high=share_high,
        thumbs_enough=share_enough,
        sort_key=miller_mean - z * sqrt(miller_variance),
        enough=why_not is None,
        why_not=why_not,
    )


def _stars(
    seen: Moments, prior: Prior, z: float
) -> tuple[float | None, float | None, float | None, str | None]:
    """Estimate, low, high, and what is missing for a finding.

    A t interval on the log odds of (mu - 1) / 4, which cannot leave [1, 5].
    """
    n = seen[0]
    few = f"Not enough data: {n} of at least {ENOUGH_RATINGS} ratings." if n < ENOUGH_RATINGS else None
    if n == 0:
        return None, None, None, few
    mean, variance = posterior(seen, prior)
    share = min(max((mean - 1) / 4, NEAREST_END), 1 - NEAREST_END)
    deviation = sqrt(max(variance, LEAST_VARIANCE)) / (4 * share * (1 - share))
    # e^(ln odds -+ t s) as odds over and times e^(t s): one exponential for both bounds.
    factor, odds = exp(student_t(z, n + prior[0] - 1) * deviation), share / (1 - share)
    low, high = 1 + 4 * odds / (odds + factor), 1 + 4 * odds * factor / (1 + odds * factor)
    wide = "The interval is still wider than one star." if high - low > WIDEST_INTERVAL else None
    return 1 + 4 * share, low, high, few or wide


def _thumbs(up: int, down: int, z: float) -> tuple[float | None, float | None, float | None, bool]:
    """Share of thumbs up, low, high, enough: Jeffreys' posterior mean inside Wilson's interval."""
    n = up + down
    if n == 0:
        return None, None, None, False
    low, high = wilson(up, n, z)
    return (up + 0.5) / (n + 1), low, high, n >= ENOUGH_RATINGS and high - low <= WIDEST_SHARE
