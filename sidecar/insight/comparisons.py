"""Comparisons: which of the contestants is preferred, and how surely.

Job: turn counts of "this one rather than that one" into strengths, components, a top set, ranks, a sentence.
Must not: rank what was never compared, or merge with ratings: they are another question.

What is counted: `tallies.py`; what is fitted: `davidson.py`; under which prior: `pooling.py`; who may be
the best: `ranking.py`; in words: `verdicts.py`.
"""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Annotated, Final, Literal

import msgspec

from sidecar.insight.davidson import Peak, fit
from sidecar.insight.intervals import DEFAULT_LEVEL, normal_quantile
from sidecar.insight.linear import Matrix
from sidecar.insight.pooling import Components, centred, components, lent_prior, plain_prior
from sidecar.insight.ranking import gap_errors, rank
from sidecar.insight.tallies import PairCounts, by_place, in_task, names_in, record, total
from sidecar.insight.verdicts import Standing, verdict

ENOUGH_COMPARISONS: Final = 10
"""Below ten even nine of nine leave the prior a say."""

AS_GOOD_AS_EQUAL: Final = 0.405
"""ln 1.5: whoever is preferred less than three times of five against the other is about as good."""

MOST_CONTESTANTS: Final = 200
"""Some seconds of a fit. Nobody reads a longer list; a filter shortens it."""


class ComparisonQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked.

    Attributes:
        pairs: the counts, of all tasks; the same two may come more than once, either way round.
        task_category: the task that is asked about; the others lend it a prior. None pools all tasks.
        hardware_bucket: the machine that the counts are from, for the sentence; None for any.
        ties: `davidson` makes them a parameter of the model; `half` counts each as half a win for both, which
            is the scale of most published tables.
        prior_sd: of a strength, in natural-log odds. Large ones make the prior vanish.
    """

    pairs: tuple[PairCounts, ...]
    task_category: str | None = None
    hardware_bucket: str | None = None
    ties: Literal["davidson", "half"] = "davidson"
    prior_sd: Annotated[float, msgspec.Meta(ge=0.1, le=1e6)] = 2.0


class Contestant(msgspec.Struct, frozen=True, kw_only=True):
    """One contestant, among those that it was compared with, over others too.

    Attributes:
        model: its name.
        strength: in natural-log odds; the mean of its component is 0.
        low: lower bound of the strength.
        high: upper bound.
        rank_low: the best rank in its component that it may have, from 1.
        rank_high: the worst.
        top: whether it may be the best of its component.
        wins: times it was preferred.
        losses: times another was.
        ties: times neither was.
    """

    model: str
    strength: float
    low: float
    high: float
    rank_low: int
    rank_high: int
    top: bool
    wins: int
    losses: int
    ties: int


class ComparisonAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the comparisons say.

    Attributes:
        task_category: as asked.
        n_comparisons: in that task.
        ties: as asked.
        level: how often the intervals hold the truth, the top set the best, the ranks all true ranks.
        components: names that are linked by comparisons, the most compared component first. Contestants of
            different components were not compared, and are not ranked against each other.
        models: in the order of the components, within each from strong to weak.
        verdict: one plain sentence.
        enough: whether there is a finding: somebody is ruled out as the best, or the best are about equal.
        why_not: what is missing for that, in plain words; None when enough.
    """

    task_category: str | None
    n_comparisons: int
    ties: str
    level: float
    components: list[list[str]]
    models: list[Contestant]
    verdict: str
    enough: bool
    why_not: str | None


def contestants(question: ComparisonQuestion) -> list[str]:
    """Who was compared in the task that is asked about. A caller keeps them to `MOST_CONTESTANTS`."""
    return names_in(in_task(question.pairs, question.task_category)[0])


def answer(question: ComparisonQuestion, normal: Callable[[], float]) -> ComparisonAnswer:
    """Answer a question about comparisons.

    Args:
        question: the counts, and what to make of them.
        normal: gives the next draw of a standard normal, for the top set and the ranks.

    Raises:
        ValueError: a contestant against itself.
    """
    asked, others = in_task(question.pairs, question.task_category)
    names = names_in(asked)
    place = {name: i for i, name in enumerate(names)}
    together = components(len(names), by_place(asked, place))
    peak = _fitted(question, asked, others, place, together)
    found = [_component(group, names, peak, asked, normal) for group in together]
    found.sort(
        key=lambda component: (
            -sum(row.wins + row.losses + row.ties for row in component[0]),
            component[0][0].model,
        )
    )
    return _told(question, sum(map(total, asked)), found)


def _fitted(
    question: ComparisonQuestion,
    asked: Sequence[PairCounts],
    others: Sequence[Sequence[PairCounts]],
    place: dict[str, int],
    together: Components,
) -> Peak:
    """Strengths and covariance of the task that is asked about."""
    half = question.ties == "half"
    lenders = [found for task in others if (found := by_place(task, place, tie_as_half=half))]
    own = by_place(asked, place, tie_as_half=half)
    # Without any tie the parameter would be a guess: the model of Bradley and Terry is left.
    tied = not half and any(pair.ties for task in (own, *lenders) for pair in task)
    if lenders:
        prior = lent_prior(len(place), lenders, together, question.prior_sd, tied=tied)
    else:
        prior = plain_prior(together, question.prior_sd, tied=tied)
    return centred(fit(own, prior.mean, prior.precision, tied=tied), together)


Component = tuple[list[Contestant], bool]
"""Its contestants from strong to weak, and whether those that may be the best are as good as equal."""


def _component(
    group: Sequence[int],
    names: Sequence[str],
    peak: Peak,
    asked: Sequence[PairCounts],
    normal: Callable[[], float],
) -> Component:
    strengths = [peak.at[i] for i in group]
    covariance = [[peak.covariance[i][j] for j in group] for i in group]
    ranking = rank(strengths, covariance, DEFAULT_LEVEL, normal)
    z = normal_quantile(DEFAULT_LEVEL)
    rows = []
    for at, i in enumerate(group):
        wins, losses, ties = record(names[i], asked)
        reach = z * sqrt(max(covariance[at][at], 0.0))
        rows.append(
            Contestant(
                model=names[i],
                strength=strengths[at],
                low=strengths[at] - reach,
                high=strengths[at] + reach,
                rank_low=ranking.rank_low[at],
                rank_high=ranking.rank_high[at],
                top=ranking.top[at],
                wins=wins,
                losses=losses,
                ties=ties,
            )
        )
    equal = _as_good_as_equal([at for at, top in enumerate(ranking.top) if top], strengths, covariance, z)
    return sorted(rows, key=lambda row: (-row.strength, row.model)), equal


def _as_good_as_equal(top: Sequence[int], strengths: Sequence[float], covariance: Matrix, z: float) -> bool:
    """Whether no two of them can differ by more than what nobody would notice."""
    errors = gap_errors(covariance)
    return all(
        abs(strengths[i] - strengths[j]) + z * errors[i][j] <= AS_GOOD_AS_EQUAL for i in top for j in top
    )


def _told(question: ComparisonQuestion, n: int, found: Sequence[Component]) -> ComparisonAnswer:
    standings = [
        Standing([row.model for row in rows if row.top], len(rows), as_good_as_equal=equal)
        for rows, equal in found
    ]
    why_not = None
    if n < ENOUGH_COMPARISONS:
        why_not = f"Not enough data: {n} of at least {ENOUGH_COMPARISONS} comparisons."
    elif all(len(each.top) == each.size and not each.as_good_as_equal for each in standings):
        why_not = "The comparisons cannot tell the models apart yet."
    return ComparisonAnswer(
        task_category=question.task_category,
        n_comparisons=n,
        ties=question.ties,
        level=DEFAULT_LEVEL,
        components=[[row.model for row in rows] for rows, _ in found],
        models=[row for rows, _ in found for row in rows],
        verdict=verdict(question.task_category, question.hardware_bucket, n, ENOUGH_COMPARISONS, standings),
        enough=why_not is None,
        why_not=why_not,
    )
