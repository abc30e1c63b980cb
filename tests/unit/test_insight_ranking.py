"""The top set and the ranks: limits that agree with tables and with brute force."""

import random

import numpy as np

from sidecar.insight.ranking import gap_errors, rank

EQUAL = [[0.1 if i == j else 0.0 for j in range(5)] for i in range(5)]
SE = 0.2**0.5  # of a gap


def ranked(
    strengths: list[float], covariance: list[list[float]] = EQUAL, level: float = 0.9
) -> list[tuple[bool, int, int]]:
    rng = random.Random(7)
    found = rank(strengths, covariance, level, lambda: rng.gauss(0, 1))
    return list(zip(found.top, found.rank_low, found.rank_high, strict=True))


def test_four_against_the_best_are_kept_up_to_dunnetts_limit() -> None:
    # C. W. Dunnett (1955), one-sided, 4 against a control, 90 %, no degrees of freedom to lose: 1.84.
    for lead, kept in ((1.84 - 0.1, True), (1.84 + 0.1, False)):
        assert ranked([lead * SE, 0.0, -3.0, -3.0, -3.0])[1][0] is kept


def test_ranks_part_at_tukeys_limit() -> None:
    # The studentized range of 5, 90 %, infinite degrees of freedom: 3.478, over sqrt(2): 2.459.
    for gap, parted in ((2.459 - 0.12, False), (2.459 + 0.12, True)):
        rows = ranked([gap * SE, 0.0, 0.0, 0.0, 0.0])
        assert (rows[0][1:] == (1, 1)) is parted
        assert (rows[1][1:] == (2, 5)) is parted


def test_an_unequal_covariance_agrees_with_brute_force() -> None:
    rng = np.random.default_rng(11)
    half = rng.normal(size=(6, 8))
    covariance = half @ half.T / 8
    centring = np.eye(6) - 1 / 6
    covariance = centring @ covariance @ centring
    errors = np.array(gap_errors(covariance.tolist())) + np.eye(6)
    draws = rng.multivariate_normal(np.zeros(6), covariance, size=100_000, method="svd")
    gaps = (draws[:, None, :] - draws[:, :, None]) / errors
    widest = np.quantile(gaps.max((1, 2)), 0.9)
    gaps[:, range(6), range(6)] = -np.inf
    for i in range(6):
        limit = np.quantile(gaps[:, i].max(1), 0.9)
        for lead, kept in ((limit - 0.12, True), (limit + 0.12, False)):
            strengths = [-9.0] * 6
            strengths[i], ahead = 0.0, (i + 1) % 6
            strengths[ahead] = float(lead * errors[i, ahead])
            assert ranked(strengths, covariance.tolist())[i][0] is kept
    for gap, parted in ((widest - 0.12, False), (widest + 0.12, True)):
        strengths = [-99.0] * 4 + [0.0, float(gap * errors[4, 5])]
        assert (ranked(strengths, covariance.tolist())[5][1:] == (1, 1)) is parted


def test_a_higher_level_keeps_more() -> None:
    at_80, at_95 = (ranked([1.65 * SE, 0.0, -3.0, -3.0, -3.0], level=level)[1][0] for level in (0.8, 0.95))
    assert (at_80, at_95) == (False, True)
