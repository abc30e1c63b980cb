"""Usage: how fast, how slow, and how often a question is not dismissed, from counts in half-octave buckets.

Job: quantiles of a bucketed measure with what is really known of them, and the answer rate.
Must not: pretend to be finer than the buckets, or see a single record.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import floor, sqrt
from typing import Final

import msgspec

from sidecar.buckets import EDGES, bucket_label, upper_edge
from sidecar.insight.intervals import DEFAULT_LEVEL, normal_quantile, wilson

ENOUGH_RECORDS: Final = 10
"""So that the slowest and the fastest tenth are one record at least."""

ENOUGH_QUESTIONS: Final = 5
"""Below five shown questions nobody's habit shows."""

KNOWN_EDGES: Final = frozenset(EDGES)


class SpeedQuantiles(msgspec.Struct, frozen=True):
    """A bucketed measure: tokens per second, milliseconds to the first token, tokens of context.

    Attributes:
        n: records that carried the measure.
        p10: a tenth of them lie below; interpolated inside its bucket, as the next two.
        p50: half of them lie below.
        p90: nine tenths of them lie below.
        resolution: the buckets that p10, p50, p90 fall into, which is all that is known for certain.
        low: lower bound of the true median, the edge of a bucket; None where n < 5.
        high: upper bound; None too where it lies in the top bucket, which has no end.
        level: how often such intervals hold the true median, at the least.
        enough: whether the three may be shown as a finding.
        why_not: what is missing for that, in plain words; None when enough.
    """

    n: int
    p10: float
    p50: float
    p90: float
    resolution: tuple[str, str, str]
    low: int | None
    high: int | None
    level: float
    enough: bool
    why_not: str | None


class AnswerRate(msgspec.Struct, frozen=True):
    """How often a question that was shown was not dismissed.

    Attributes:
        asked: questions shown.
        answered: of these, not dismissed; whether an answer came is not known where nobody counts answers.
        rate: answered / asked.
        low: lower bound (Wilson).
        high: upper bound (Wilson).
        level: how often such intervals hold the truth.
        enough: whether the rate may be shown as a finding.
        why_not: what is missing for that, in plain words; None when enough.
    """

    asked: int
    answered: int
    rate: float
    low: float
    high: float
    level: float
    enough: bool
    why_not: str | None


def quantiles(counts: Mapping[int, int], *, level: float = DEFAULT_LEVEL) -> SpeedQuantiles | None:
    """Quantiles of a histogram of half-octave buckets, lower edge -> records; None where it is empty.

    Raises:
        ValueError: a key that is no edge, a count below zero, or a level that is not accepted.
    """
    if min(counts.values(), default=0) < 0 or not counts.keys() <= KNOWN_EDGES:
        raise ValueError("a histogram holds counts of zero or more, each under the lower edge of a bucket")
    edges = sorted(counts)
    reached = list(accumulate(map(counts.__getitem__, edges)))
    n = reached[-1] if reached else 0
    if n == 0:
        return None
    # Tenths of whole numbers, so that no rounding carries a rank into the next bucket.
    (edge10, p10), (edge50, p50), (edge90, p90) = (_point(edges, reached, n * t / 10) for t in (1, 5, 9))
    low, high = _median_bounds(edges, reached, normal_quantile(level))
    return SpeedQuantiles(
        n=n,
        p10=p10,
        p50=p50,
        p90=p90,
        resolution=(bucket_label(edge10), bucket_label(edge50), bucket_label(edge90)),
        low=low,
        high=high,
        level=level,
        enough=n >= ENOUGH_RECORDS,
        why_not=_too_few(n, ENOUGH_RECORDS, "records"),
    )


def _point(edges: Sequence[int], reached: Sequence[int], rank: float) -> tuple[int, float]:
    """The bucket that holds a rank, 0 < rank <= n, and the value that the rank has in it.

    Within a bucket records are taken to lie evenly on a logarithmic scale, as its edges do. The first bucket
    has no logarithm and is read evenly; the top one has no end and gives its edge.
    """
    at = bisect_left(reached, rank)
    edge, below = edges[at], reached[at - 1] if at else 0
    upper = upper_edge(edge)
    if upper is None:
        return edge, float(edge)
    part = (rank - below) / (reached[at] - below)
    return edge, edge * (upper / edge) ** part if edge else upper * part


def _median_bounds(edges: Sequence[int], reached: Sequence[int], z: float) -> tuple[int | None, int | None]:
    """The sign test's interval: from the r-th smallest record to the r-th largest, widened to bucket edges.

    r = floor(n/2 + 1/2 - z sqrt(n)/2) stays at or below the exact binomial rank (checked for n < 2,000).
    """
    n = reached[-1]
    r = floor((n + 1 - z * sqrt(n)) / 2)
    if r < 1:
        return None, None
    lowest, highest = bisect_left(reached, r), bisect_left(reached, n + 1 - r)
    return edges[lowest], upper_edge(edges[highest])


def answer_rate(
    asked: int, dismissed: int, answered: int | None = None, *, level: float = DEFAULT_LEVEL
) -> AnswerRate | None:
    """The share of shown questions that were answered; None where none was shown.

    Args:
        asked: how often a question was shown (`asked`). A product that counts only what was dismissed has
            shown at least as many.
        dismissed: how often one was shown and not answered (`dismissed`).
        answered: answers that came, where these are counted. Feedback that nobody asked for may be among
            them, so they never add up to more than the questions that were not dismissed. None: every
            question that was not dismissed counts as answered.
        level: how often the interval shall hold the truth.

    Raises:
        ValueError: a level that is not accepted.
    """
    shown = max(asked, dismissed)
    if shown == 0:
        return None
    open_ones = shown - dismissed
    hits = open_ones if answered is None else min(answered, open_ones)
    low, high = wilson(hits, shown, normal_quantile(level))
    return AnswerRate(
        asked=shown,
        answered=hits,
        rate=hits / shown,
        low=low,
        high=high,
        level=level,
        enough=shown >= ENOUGH_QUESTIONS,
        why_not=_too_few(shown, ENOUGH_QUESTIONS, "questions"),
    )


def _too_few(n: int, enough: int, things: str) -> str | None:
    return f"Not enough data: {n} of at least {enough} {things}." if n < enough else None
