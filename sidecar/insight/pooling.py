"""What is believed of strengths before a task's own comparisons are seen.

Job: find who was compared with whom, and make the prior of a fit: plain, or lent by the other tasks.
Must not: see names, or the comparisons that the prior is made for.

Strengths are only known against each other. Within a component (all who are linked by comparisons) the mean
is therefore set to 0, and every prior here is said of the differences alone. What the mean itself might be
is given the variance 1, which no answer depends on and which keeps the arithmetic sound even where the prior
on differences nearly vanishes.
"""

from collections.abc import Iterable, Sequence
from math import log
from typing import Final

import msgspec

from sidecar.insight.davidson import Pair, Peak, fit
from sidecar.insight.linear import Matrix, factor, inverse

USUAL_TIES: Final = log(0.5)
"""ln nu: two equals tie one time in five. As uncertain as a strength is."""

TASK_SHARE: Final = 0.4
"""How far a strength in one task strays from its mean over tasks, as a part of the prior's sd: .8 of 2."""

Components = list[list[int]]
"""Positions of the contestants of each component, ascending; the component of the first one first."""


class Prior(msgspec.Struct, frozen=True):
    """A normal prior of strengths, and of ln nu as the last where ties are a parameter."""

    mean: list[float]
    precision: Matrix


def components(size: int, pairs: Iterable[Pair]) -> Components:
    """Who is linked by comparisons, over others too; whoever was compared with nobody stands alone."""
    group = list(range(size))

    def leader(i: int) -> int:
        while group[i] != i:
            group[i] = group[group[i]]
            i = group[i]
        return i

    for pair in pairs:
        a, b = leader(pair.first), leader(pair.second)
        group[max(a, b)] = min(a, b)
    found: dict[int, list[int]] = {}
    for i in range(size):
        found.setdefault(leader(i), []).append(i)
    return list(found.values())


def plain_prior(together: Components, sd: float, *, tied: bool) -> Prior:
    """Every strength N(0, sd^2), and ln nu N(ln .5, sd^2)."""
    size = sum(map(len, together))
    precision = _zeros(size + tied)
    for i in range(size + tied):
        precision[i][i] = sd**-2
    for group in together:
        _add_to_all(precision, group, (1 - sd**-2) / len(group))
    return Prior([0.0] * size + [USUAL_TIES] * tied, precision)


def lent_prior(
    size: int, others: Sequence[Sequence[Pair]], together: Components, sd: float, *, tied: bool
) -> Prior:
    """What other tasks say: N(th, C + (.4 sd)^2 (1 + 1/J) I), from one fit over all J of them.

    With sd = 2 the added variance is .64 (1 + 1/J): a task strays from the mean of all tasks by .8, and so
    does the mean of J of them. The task's own comparisons are not among these, so nothing counts twice.

    Args:
        size: how many contestants the task has; those of `others` among them come first.
        others: the comparisons of each other task, at least one, among these contestants.
        together: the task's own components.
        sd: of the plain prior that the other tasks are fitted under.
        tied: whether ties are a parameter.
    """
    pooled = add_up(pair for task in others for pair in task)
    linked = components(size, pooled)
    plain = plain_prior(linked, sd, tied=tied)
    peak = centred(fit(pooled, plain.mean, plain.precision, tied=tied), linked)
    spread = peak.covariance
    for group in linked:
        _add_to_all(spread, group, sd**2 / len(group))  # how the means of components differ, from the prior
    for i in range(size + tied):
        spread[i][i] += (TASK_SHARE * sd) ** 2 * (1 + 1 / len(others))
    lent = centred(Peak(peak.at, spread), together)
    for group in together:
        _add_to_all(lent.covariance, group, 1 / len(group))
    return Prior(lent.at, inverse(factor(lent.covariance)))


def add_up(pairs: Iterable[Pair]) -> list[Pair]:
    """The same counts with each two contestants once, the lower position first."""
    sums: dict[tuple[int, int], list[float]] = {}
    for pair in pairs:
        turned = pair.first > pair.second
        counts = (pair.losses, pair.wins, pair.ties) if turned else (pair.wins, pair.losses, pair.ties)
        key = (pair.second, pair.first) if turned else (pair.first, pair.second)
        held = sums.setdefault(key, [0.0, 0.0, 0.0])
        held[:] = [a + b for a, b in zip(held, counts, strict=True)]
    return [Pair(i, j, *counts) for (i, j), counts in sums.items()]


def centred(peak: Peak, together: Components) -> Peak:
    """The same with the mean of each component at 0, and without the uncertainty of that mean."""
    at = list(peak.at)
    rows = [list(row) for row in peak.covariance]
    for group in together:
        mean = sum(at[i] for i in group) / len(group)
        for i in group:
            at[i] -= mean
        for row in rows:
            mean = sum(row[i] for i in group) / len(group)
            for i in group:
                row[i] -= mean
        means = [sum(rows[i][j] for i in group) / len(group) for j in range(len(at))]
        for i in group:
            rows[i] = [value - mean for value, mean in zip(rows[i], means, strict=True)]
    return Peak(at, rows)


def _zeros(size: int) -> Matrix:
    return [[0.0] * size for _ in range(size)]


def _add_to_all(matrix: Matrix, group: Sequence[int], value: float) -> None:
    """Add a value where the rows and columns of a group meet."""
    for i in group:
        for j in group:
            matrix[i][j] += value
