"""Davidson's model of paired comparisons with ties: how strong each contestant is, and how surely.

Job: find the most probable strengths under a normal prior, and their covariance.
Must not: know names or tasks, or say which strengths may be compared.

P(i beats j) = e^th_i / D, P(tie) = nu e^((th_i + th_j) / 2) / D, D = the sum of the three weights
(R. R. Davidson, "On extending the Bradley-Terry model to accommodate ties", JASA 65 (1970), eq. 2.4).
Without the tie it is the model of Bradley and Terry (Biometrika 39 (1952)). The logarithm of the posterior
is concave, so damped Newton steps find its only peak.
"""

from collections.abc import Sequence
from math import exp, log
from operator import mul
from typing import Final

import msgspec

from sidecar.insight.linear import Matrix, factor, inverse, solve

MOST_STEPS: Final = 200
"""Ten are usual; an undefeated contestant under a prior that nearly vanishes takes sixty."""

SETTLED: Final = 1e-10
"""In log odds: a Newton step below it changes no digit that anybody is shown."""

SMALLEST_PART: Final = 1e-6
"""Of a step: where not even that much of it helps, rounding is all that is left to gain."""

SLACK: Final = 1e-13
"""Of the log posterior: what its rounding may take from a step that is right."""


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
    value = _value(pairs, at, mean, precision, tied=tied)
    for _ in range(MOST_STEPS):
        slope, bend = _derivatives(pairs, at, mean, precision, tied=tied)
        lower = factor(bend)
        step = solve(lower, slope)
        if max(map(abs, step), default=0.0) < SETTLED:
            return Peak(at, inverse(lower))
        part = 1.0
        while True:
            tried = [old + part * move for old, move in zip(at, step, strict=True)]
            reached = _value(pairs, tried, mean, precision, tied=tied)
            if reached >= value - SLACK * abs(value):
                at, value = tried, reached
                break
            part /= 2
            if part < SMALLEST_PART:
                return Peak(at, inverse(lower))
    raise ArithmeticError("the fit of the comparisons does not settle")


def _weights(half_gap: float, log_ties: float | None) -> tuple[float, float, float, float]:
    """Probabilities that the first wins, the second wins, neither does; and ln D for that half gap."""
    top = abs(half_gap) if log_ties is None else max(abs(half_gap), log_ties)
    win, loss = exp(half_gap - top), exp(-half_gap - top)
    tie = 0.0 if log_ties is None else exp(log_ties - top)
    total = win + loss + tie
    return win / total, loss / total, tie / total, top + log(total)


def _value(
    pairs: Sequence[Pair], at: Sequence[float], mean: Sequence[float], precision: Matrix, *, tied: bool
) -> float:
    """Log posterior, less what does not depend on the parameters."""
    log_ties = at[-1] if tied else None
    total = 0.0
    for pair in pairs:
        half_gap = (at[pair.first] - at[pair.second]) / 2
        ties = pair.ties if tied else 0.0
        log_total = _weights(half_gap, log_ties)[3]
        total += half_gap * (pair.wins - pair.losses) - (pair.wins + pair.losses + ties) * log_total
        total += ties * (log_ties or 0.0)
    off = [a - b for a, b in zip(at, mean, strict=True)]
    pulled = sum(value * sum(map(mul, row, off)) for value, row in zip(off, precision, strict=True))
    return total - float(pulled) / 2


def _derivatives(
    pairs: Sequence[Pair], at: Sequence[float], mean: Sequence[float], precision: Matrix, *, tied: bool
) -> tuple[list[float], Matrix]:
    """The slope of the log posterior, and minus its second derivatives."""
    off = [a - b for a, b in zip(at, mean, strict=True)]
    slope = [-sum(map(mul, row, off)) for row in precision]
    bend = [list(row) for row in precision]
    log_ties = at[-1] if tied else None
    for pair in pairs:
        i, j = pair.first, pair.second
        win, loss, tie, _ = _weights((at[i] - at[j]) / 2, log_ties)
        n = pair.wins + pair.losses + (pair.ties if tied else 0.0)
        pull = (pair.wins - pair.losses - n * (win - loss)) / 2
        slope[i] += pull
        slope[j] -= pull
        stiff = n * (win + loss - (win - loss) ** 2) / 4
        bend[i][i] += stiff
        bend[j][j] += stiff
        bend[i][j] -= stiff
        bend[j][i] -= stiff
        if tied:
            cross = -n * tie * (win - loss) / 2
            slope[-1] += pair.ties - n * tie
            bend[-1][-1] += n * tie * (1 - tie)
            bend[-1][i] += cross
            bend[-1][j] -= cross
    return slope, bend
