"""Linear algebra for a few dozen unknowns, on plain lists.

Job: factor, solve and invert symmetric matrices that are positive definite.
Must not: know what the unknowns mean.

Fifty unknowns are factored in milliseconds. The library that everybody takes for this needs longer to be
loaded than all of a fit takes here, and three times the memory of the bare interpreter.
"""

from collections.abc import Sequence
from math import sqrt
from operator import mul
from typing import Final, TypeAlias

Matrix: TypeAlias = list[list[float]]
"""Rows. A symmetric matrix is read from its lower triangle; a factor has only that."""

NUDGE: Final = 1e-12
"""Of the diagonal: what rounding may take from a pivot that is zero but for the prior."""


def factor(matrix: Sequence[Sequence[float]]) -> Matrix:
    """The lower triangle L with L L' = matrix (Cholesky), row i of length i + 1.

    A pivot that rounding has eaten is lifted to `NUDGE` of its diagonal, so that a direction about which
    nothing is known stays very uncertain instead of ending the fit.

    Raises:
        ValueError: a matrix with a diagonal that is not positive.
    """
    lower: Matrix = []
    for row in matrix:
        mine: list[float] = []
        for i, other in enumerate(lower):
            mine.append((row[i] - sum(map(mul, mine, other))) / other[i])
        diagonal = row[len(mine)]
        if not diagonal > 0:
            raise ValueError("the diagonal of a positive definite matrix is positive")
        mine.append(sqrt(max(diagonal - sum(map(mul, mine, mine)), NUDGE * diagonal)))
        lower.append(mine)
    return lower


def solve(lower: Matrix, right: Sequence[float]) -> list[float]:
    """The x with L L' x = right."""
    down: list[float] = []
    for row, value in zip(lower, right, strict=True):
        down.append((value - sum(map(mul, row, down))) / row[-1])
    for i in range(len(lower) - 1, -1, -1):
        down[i] /= lower[i][i]
        share = down[i]
        for j, value in enumerate(lower[i][:-1]):
            down[j] -= share * value
    return down


def inverse(lower: Matrix) -> Matrix:
    """The inverse of L L', whole and exactly symmetric."""
    size = len(lower)
    # Row i of `columns` is column i of the inverse of L, from its diagonal down.
    columns: Matrix = []
    for i in range(size):
        column = [1 / lower[i][i]]
        for row in lower[i + 1 :]:
            column.append(-sum(map(mul, row[i:], column)) / row[-1])
        columns.append(column)
    found: Matrix = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            found[i][j] = found[j][i] = sum(map(mul, columns[j][i - j :], columns[i]))
    return found
