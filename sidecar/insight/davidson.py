"""Davidson's model of paired comparisons with ties: how strong each contestant is, and how surely.

Job: find the most probable strengths under a normal prior, and their covariance.
Must not: know names or tasks, or say which strengths may be compared.

P(i beats j) = e^th_i / D, P(tie) = nu e^((th_i + th_j) / 2) / D, D = the sum of the three weights
(R. R. Davidson, "On extending the Bradley-Terry model to accommodate ties", JASA 65 (1970), eq. 2.4).
Without the tie it is the model of Bradley and Terry (Biometrika 39 (1952)).

The logarithm of the posterior is concave, and the third derivative of ln D along a step is at most the
second times R, the range of what the step adds to the logarithms of the three weights. So a Newton step cut
to ln(1 + R) / R of its length climbs, wherever it begins, and near the peak nothing is cut: the only peak is
always reached, without a search along the step (F. Bach, Electronic J. Statistics 4 (2010), prop. 1;
T. Sun & Q. Tran-Dinh, Math. Programming 178 (2019), thm. 2).
"""

from collections.abc import Sequence
from math import exp, log1p, sqrt
from operator import mul
from typing import Final

import msgspec

from sidecar.insight.linear import Matrix, factor, inverse, solve

MOST_STEPS: Final = 500
"""Ten are usual; who never lost moves by .7 with each, fifty times where the prior is nearly nothing."""

SETTLED: Final = 1e-8
"""In standard errors: the peak is nearer than that, whatever the scale of a direction."""

ROUNDING: Final = 1e-15
"""Of what is added up to a slope: below it the rest of a slope is rounding, and no step could lessen it."""


class Pair(msgspec.Struct, frozen=True):
    """How two contestants fared against each other.

    Attributes:
        first: index of one.
        second: index of the other.
        wins: times the first was preferred; half ones where a tie is half a win.
        losses: times the second was preferred.
        ties: times neither was.
    """

    first: int
    second: int
    wins: float
    losses: float
    ties: float


class Peak(msgspec.Struct, frozen=True):
    """The most probable parameters and their covariance.

    Attributes:
        at: strengths in natural-log odds, then ln nu where ties are a parameter.
        covariance: of the same, the inverse of minus the second derivatives at the peak (Laplace).
    """

    at: list[float]
    covariance: Matrix


def fit(pairs: Sequence[Pair], mean: Sequence[float], precision: Matrix, *, tied: bool) -> Peak:
    """Fit the model under the prior N(mean, precision^-1).

    Args:
        pairs: each two contestants at most once.
        mean: of the prior, one for each strength, then one for ln nu where `tied`.
        precision: of the prior, positive definite, in the same order.
        tied: whether ties are part of the model. If not, `Pair.ties` are not looked at.

    Raises:
        ArithmeticError: the steps do not settle, which a log posterior without a bug cannot cause.
    """
    at = list(mean)
    for _ in range(MOST_STEPS):
        view = _look(pairs, at, mean, precision, tied=tied)
        lower = factor(view.bend)
        step = solve(lower, view.slope)
        # What the slope still weighs, in standard errors: how far away a parabola of this bend has its peak.
        away = sqrt(max(sum(map(mul, view.slope, step)), 0.0))
        if away < SETTLED or all(abs(a) <= b for a, b in zip(view.slope, view.noise, strict=True)):
            return Peak(at, inverse(lower))
        part = _part(pairs, step, tied=tied)
        at = [old + part * move for old, move in zip(at, step, strict=True)]
    raise ArithmeticError("the fit of the comparisons does not settle")


def _part(pairs: Sequence[Pair], step: Sequence[float], *, tied: bool) -> float:
    """How much of a step surely climbs: ln(1 + R) / R."""
    ties = abs(step[-1]) if tied else 0.0
    gaps = [abs(step[pair.first] - step[pair.second]) for pair in pairs]
    widest = max((max(gap, gap / 2 + ties) for gap in gaps), default=0.0)
    return log1p(widest) / widest if widest > 0 else 1.0


class _View(msgspec.Struct, frozen=True):
    """The log posterior at one place: slope, minus the second derivatives, and what rounds the slope."""

    slope: list[float]
    bend: Matrix
    noise: list[float]


def _shares(half_gap: float, log_ties: float | None) -> tuple[float, float, float]:
    """Probabilities that the first wins, the second wins, neither does."""
    top = abs(half_gap) if log_ties is None else max(abs(half_gap), log_ties)
    win, loss = exp(half_gap - top), exp(-half_gap - top)
    tie = 0.0 if log_ties is None else exp(log_ties - top)
    total = win + loss + tie
    return win / total, loss / total, tie / total


def _look(
    pairs: Sequence[Pair], at: Sequence[float], mean: Sequence[float], precision: Matrix, *, tied: bool
) -> _View:
    """Slope and bend, as sums of products: no difference of two nearly equal shares loses its digits."""
    off = [a - b for a, b in zip(at, mean, strict=True)]
    slope = [-sum(map(mul, row, off)) for row in precision]
    noise = [sum(abs(a * b) for a, b in zip(row, off, strict=True)) for row in precision]
    bend = [list(row) for row in precision]
    log_ties = at[-1] if tied else None
    for pair in pairs:
        i, j = pair.first, pair.second
        win, loss, tie = _shares((at[i] - at[j]) / 2, log_ties)
        ties = pair.ties if tied else 0.0
        n = pair.wins + pair.losses + ties
        gain = pair.wins * (loss + tie / 2) + ties * loss / 2
        cost = pair.losses * (win + tie / 2) + ties * win / 2
        stiff = n * (win * loss + tie * (win + loss) / 4)
        for own, other, sign in ((i, j, 1.0), (j, i, -1.0)):
            slope[own] += sign * (gain - cost)
            noise[own] += gain + cost
            bend[own][own] += stiff
            bend[own][other] -= stiff
        if tied:
            decided = pair.wins + pair.losses
            slope[-1] += ties * (win + loss) - decided * tie
            noise[-1] += ties * (win + loss) + decided * tie
            bend[-1][-1] += n * tie * (win + loss)
            bend[-1][i] -= n * tie * (win - loss) / 2
            bend[-1][j] += n * tie * (win - loss) / 2
    # A parameter is itself rounded, by its own size; that moves the slope by as much as it bends.
    size = max(map(abs, at), default=0.0)
    return _View(
        slope,
        bend,
        [ROUNDING * (n + row[k] * size) for k, (n, row) in enumerate(zip(noise, bend, strict=True))],
    )
