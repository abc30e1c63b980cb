"""Priority: what most people want, what hurts most, what costs least.

Job: 0..100 = 100 x lower bound of the share of all votes x severity / effort, with every part beside it.
Must not: hide a part, or rank a request that is done or declined.

A vote loses half its weight in eight weeks. The lower bound is Wilson's (1927), so that one vote of one is no
certainty.
"""

from collections.abc import Iterable
from typing import Final

from sidecar.insight.intervals import DEFAULT_LEVEL, normal_quantile, wilson
from sidecar.triage import words
from sidecar.triage.rows import Parts
from sidecar.triage.wish import EFFORTS, SEVERITIES
from sidecar.triage.words import Heard

HALF_LIFE_WEEKS: Final = 8
GRAVE: Final = frozenset({"~crash", "~hang", "~leak", "~vulnerable", "~secret"})
"""What loses work or secrets: a wish that opens with it is of high severity, unless a person decides."""


def weight(week: int, now: int) -> float:
    """What a vote of a week weighs; one that a wrong clock put into the future weighs 1."""
    return float(2.0 ** (-max(0, now - week) / HALF_LIFE_WEEKS))


def severity_of(wishes: Iterable[Heard]) -> str:
    """The severity that the openings speak of."""
    grave = any(not GRAVE.isdisjoint(words.terms(wish.first)) for wish in wishes)
    return "high" if grave else "normal"


def parts(votes: float, all_votes: float, severity: str, effort: str) -> Parts:
    """The parts of a priority."""
    low, _ = wilson(votes, all_votes, normal_quantile(DEFAULT_LEVEL)) if all_votes else (0.0, 0.0)
    return Parts(
        votes=votes,
        all_votes=all_votes,
        share=votes / all_votes if all_votes else 0.0,
        share_low=low,
        severity=SEVERITIES[severity],
        effort=EFFORTS[effort],
    )


def priority(part: Parts) -> float:
    """0..100, to one decimal."""
    return round(100 * part.share_low * part.severity / part.effort, 1)
