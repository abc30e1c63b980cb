"""Versions: did the new one get worse? An answer that may be looked at every week.

Job: the difference of two versions' ratings, an interval that holds at all looks together, and an alarm.
Must not: know a calendar, or alarm on a difference that the next look might take back by chance.

Whoever looks at an ordinary interval each week finds a "significant" difference in one of four cases in half
a year where there is none. The bound here is the mixture martingale of a normal mean (H. Robbins,
"Statistical methods related to the law of the iterated logarithm", Ann. Math. Statist. 41 (1970), eq. 17):
the chance that a difference of zero ever leaves it is at most 1 - level, however often one looks.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import log, sqrt
from typing import Final

import msgspec

from sidecar.insight.priors import Moments, Prior, moments
from sidecar.insight.ratings import WIDEST_INTERVAL, WIDEST_SHARE, RatingCounts

ALWAYS_LEVEL: Final = 0.95
"""Of a hundred products without a change, at most five ever see an alarm."""

EXPECTED_STARS: Final = 0.3
"""The bound is narrowest for differences of about this size, in stars."""

EXPECTED_SHARE: Final = EXPECTED_STARS / 4
"""The same part of its scale, for the share of thumbs up."""

ENOUGH_RATINGS: Final = 5
"""Of each version: below five their spread is a guess, and no difference of the scale leaves the bound."""

ANY_STARS: Final[Prior] = (5.0, 15.0, 55.0)
"""One rating of each star, imagined where spread is reckoned: five equal ratings are no proof of none."""

ANY_THUMB: Final[Prior] = (2.0, 1.0, 1.0)
"""One thumb up and one down, for the same."""


class _Measure(msgspec.Struct, frozen=True):
    """What is compared.

    Attributes:
        imagined: ratings that are added where the spread is reckoned.
        expected: p of the bound sqrt(v (v + p^2) / p^2 (2 ln(1 / a) + ln((v + p^2) / v))).
        most: the largest difference that its scale has.
        widest: a wider interval tells neither a change nor that there is none.
        width: the same in words.
    """

    imagined: Prior
    expected: float
    most: float
    widest: float
    width: str


STARS: Final = _Measure(ANY_STARS, EXPECTED_STARS, 4.0, WIDEST_INTERVAL, "one star")
THUMBS: Final = _Measure(ANY_THUMB, EXPECTED_SHARE, 1.0, WIDEST_SHARE, "a quarter of the thumbs")


class VersionCounts(msgspec.Struct, frozen=True):
    """Ratings of one version or variant."""

    version: str
    ratings: RatingCounts


class Shift(msgspec.Struct, frozen=True):
    """How one measure moved from a version to the next.

    Attributes:
        n_before: ratings of the earlier version.
        n_after: of the later one.
        difference: mean after less mean before; below zero is worse.
        low: lower bound of the true difference, which holds at all looks together, within the scale.
        high: upper bound, within the scale.
        level: how often both do.
        alarm: whether zero lies outside.
        enough: whether both versions have five ratings, and the interval is narrow enough or an alarm.
        why_not: what is missing for that, in plain words; None when enough.
    """

    n_before: int
    n_after: int
    difference: float
    low: float
    high: float
    level: float
    alarm: bool
    enough: bool
    why_not: str | None


class VersionPair(msgspec.Struct, frozen=True):
    """Two versions, the earlier first.

    Attributes:
        before: name of the earlier.
        after: name of the later.
        stars: how the mean of 1 to 5 stars moved; None where one of the two has none.
        thumbs: how the share of thumbs up moved, 0 to 1; None where one of the two has none.
        verdict: one plain sentence.
    """

    before: str
    after: str
    stars: Shift | None
    thumbs: Shift | None
    verdict: str


def compare_versions(versions: Sequence[VersionCounts]) -> list[VersionPair]:
    """Each version against the one before it, in the order given."""
    return [_pair(before, after) for before, after in pairwise(versions)]


def _pair(before: VersionCounts, after: VersionCounts) -> VersionPair:
    one, other = before.ratings, after.ratings
    stars = _change(moments(one.stars), moments(other.stars), STARS)
    thumbs = _change((one.up + one.down, one.up, one.up), (other.up + other.down, other.up, other.up), THUMBS)
    return VersionPair(
        before.version, after.version, stars, thumbs, _verdict(before.version, after.version, stars, thumbs)
    )


def _change(before: Moments, after: Moments, measure: _Measure) -> Shift | None:
    """How the mean moved.

    Args:
        before: number, sum and sum of squares of the earlier ratings.
        after: of the later ones.
        measure: what they are ratings of.
    """
    if not (before[0] and after[0]):
        return None
    difference = after[1] / after[0] - before[1] / before[0]
    v = sum(_variance(seen, measure.imagined) / seen[0] for seen in (before, after))
    widened = v + measure.expected**2
    reach = sqrt(v * widened / measure.expected**2 * (2 * log(1 / (1 - ALWAYS_LEVEL)) + log(widened / v)))
    low, high = max(difference - reach, -measure.most), min(difference + reach, measure.most)
    alarm = abs(difference) > reach
    why_not = _missing(min(before[0], after[0]), None if alarm else high - low, measure)
    return Shift(
        n_before=before[0],
        n_after=after[0],
        difference=difference,
        low=low,
        high=high,
        level=ALWAYS_LEVEL,
        alarm=alarm,
        enough=why_not is None,
        why_not=why_not,
    )


def _missing(fewest: int, width: float | None, measure: _Measure) -> str | None:
    """What is missing for a finding; a width of None, for an alarm, is never too wide."""
    if fewest < ENOUGH_RATINGS:
        return f"Not enough data: {fewest} of at least {ENOUGH_RATINGS} ratings."
    if width is not None and width > measure.widest:
        return f"The interval is still wider than {measure.width}."
    return None


def _variance(seen: Moments, imagined: Prior) -> float:
    """Of one rating, with the imagined ones among them."""
    n, total, squares = (a + b for a, b in zip(seen, imagined, strict=True))
    return squares / n - (total / n) ** 2


def _verdict(before: str, after: str, stars: Shift | None, thumbs: Shift | None) -> str:
    said = [
        f"{'worse' if change.difference < 0 else 'better'} than {before} by {_size(change, unit)}"
        for change, unit in ((stars, "stars"), (thumbs, "thumbs"))
        if change is not None and change.alarm
    ]
    if said:
        return f"{after} is rated {' and '.join(said)}."
    if not any(change is not None and change.enough for change in (stars, thumbs)):
        return f"Not enough data to tell {after} from {before}."
    return f"No difference between {after} and {before} that would last."


def _size(change: Shift, unit: str) -> str:
    size = abs(change.difference)
    return f"{size:.2f} stars" if unit == "stars" else f"{100 * size:.0f} % of thumbs up"
