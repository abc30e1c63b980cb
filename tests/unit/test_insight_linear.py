"""The few pieces of linear algebra agree with numpy's."""

import numpy as np
import pytest

from sidecar.insight.linear import factor, inverse, solve


def random_matrix(size: int) -> np.ndarray:
    """Symmetric and positive definite."""
    rng = np.random.default_rng(size)
    half = rng.normal(size=(size, size + 2))
    return np.asarray(half @ half.T)


@pytest.mark.parametrize("size", [1, 2, 7, 30])
def test_factor_solve_and_inverse_agree_with_numpy(size: int) -> None:
    matrix, right = random_matrix(size), np.arange(size) - 1.5
    lower = factor(matrix.tolist())
    whole = np.array([row + [0.0] * (size - len(row)) for row in lower])
    assert whole @ whole.T == pytest.approx(matrix)
    assert np.array(solve(lower, right.tolist())) == pytest.approx(np.linalg.solve(matrix, right), rel=1e-6)
    assert np.array(inverse(lower)) == pytest.approx(np.linalg.inv(matrix), rel=1e-6)


def test_a_pivot_that_rounding_ate_does_not_end_the_fit() -> None:
    lower = factor([[1.0, 1.0], [1.0, 1.0]])
    assert lower[1][1] == pytest.approx(1e-6)


def test_a_diagonal_that_is_not_positive_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        factor([[1.0, 0.0], [0.0, -1.0]])


def test_nothing_is_factored_into_nothing() -> None:
    assert inverse(factor([])) == []
