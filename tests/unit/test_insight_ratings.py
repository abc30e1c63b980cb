"""Ratings: the estimate, its interval, and when there is none."""

import math
import random
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.insight.intervals import NORMAL_QUANTILES, student_t, wilson
from sidecar.insight.priors import FLAT, moments, posterior, sibling_prior
from sidecar.insight.ratings import RatingCounts, RatingEstimate, Stars, estimate_ratings
from tests.support.real_data import expected, ratings

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "statistics.md"
COUNT = st.integers(0, 50)
STEADY = settings(deadline=None)  # a busy machine may be slow; what is tested is the answer
ANY_STARS = st.tuples(*[COUNT | st.integers(0, 10**9)] * 5)


def one(
    stars: Stars,
    up: int = 0,
    down: int = 0,
    *,
    siblings: list[RatingCounts] | None = None,
    level: float = 0.9,
) -> RatingEstimate:
    return estimate_ratings([RatingCounts(stars, up, down)], siblings=siblings, level=level)[0]


def bounds(found: RatingEstimate) -> tuple[float, float, float]:
    assert found.low is not None
    assert found.estimate is not None
    assert found.high is not None
    return found.low, found.estimate, found.high


def width(found: RatingEstimate) -> float:
    low, _, high = bounds(found)
    return high - low


def test_mean_and_n_speak_of_the_stars_alone() -> None:
    found = one((1, 0, 0, 0, 3), up=40, down=2)
    assert (found.n, found.mean, found.counts) == (4, 4.0, (1, 0, 0, 0, 3))
    assert bounds(found) == bounds(one((1, 0, 0, 0, 3)))


def test_nothing_rated_has_no_estimate_and_still_an_order() -> None:
    found = one((0, 0, 0, 0, 0))
    assert (found.n, found.mean, found.estimate, found.low, found.high) == (0, None, None, None, None)
    assert (found.thumbs_estimate, found.thumbs_low, found.thumbs_high) == (None, None, None)
    assert found.why_not == "Not enough data: 0 of at least 5 ratings."
    assert not found.enough
    assert not found.thumbs_enough
    assert found.sort_key == pytest.approx(3 - NORMAL_QUANTILES[0.9] * math.sqrt(2 / 6))


def test_mean_and_variance_are_those_of_a_dirichlet_drawn_by_chance() -> None:
    counts, rng = (4, 1, 0, 2, 6), random.Random(5)
    draws = []
    for _ in range(20_000):
        shares = [rng.gammavariate(count + 3 / 5, 1) for count in counts]
        draws.append(sum(star * share for star, share in enumerate(shares, 1)) / sum(shares))
    mean = sum(draws) / len(draws)
    variance = sum((draw - mean) ** 2 for draw in draws) / len(draws)
    assert posterior(moments(counts), FLAT) == pytest.approx((mean, variance), rel=0.03)


def test_interval_is_a_t_interval_on_the_log_odds() -> None:
    low, estimate, high = bounds(one((2, 3, 5, 7, 3)))
    mean, variance = posterior(moments((2, 3, 5, 7, 3)), FLAT)
    share = (mean - 1) / 4
    reach = student_t(NORMAL_QUANTILES[0.9], 22) * math.sqrt(variance) / (4 * share * (1 - share))
    logit = math.log(share / (1 - share))
    assert estimate == pytest.approx(mean)
    assert low == pytest.approx(1 + 4 / (1 + math.exp(-(logit - reach))))
    assert high == pytest.approx(1 + 4 / (1 + math.exp(-(logit + reach))))


@STEADY
@given(ANY_STARS, st.sampled_from(sorted(NORMAL_QUANTILES)))
def test_interval_holds_its_estimate_and_stays_on_the_scale(stars: Stars, level: float) -> None:
    found = one(stars, level=level)
    if found.n:
        low, estimate, high = bounds(found)
        assert 1 <= low <= estimate <= high <= 5
    assert math.isfinite(found.sort_key)


@STEADY
@given(ANY_STARS, st.lists(ANY_STARS, max_size=12))
def test_no_siblings_whatever_can_push_an_interval_off_the_scale(stars: Stars, others: list[Stars]) -> None:
    found = one(stars, siblings=[RatingCounts(other) for other in others])
    if found.n:
        low, estimate, high = bounds(found)
        assert 1 <= low <= estimate <= high <= 5


@pytest.mark.parametrize(
    ("stars", "sibling"),
    [
        ((0, 0, 0, 0, 10**12), (0, 0, 0, 0, 10**12)),
        ((10**9, 0, 0, 0, 0), (0, 0, 0, 0, 10**12)),
        ((0, 0, 0, 5459, 0), (0, 0, 0, 10**12, 0)),  # rounding makes this variance negative
    ],
)
def test_siblings_who_all_agree_break_nothing(stars: Stars, sibling: Stars) -> None:
    low, estimate, high = bounds(one(stars, siblings=[RatingCounts(sibling)] * 6))
    assert 1 <= low <= estimate <= high <= 5


@STEADY
@given(st.tuples(*[COUNT] * 5).filter(any), st.integers(2, 9))
def test_more_of_the_same_never_widens_the_interval(stars: Stars, times: int) -> None:
    a, b, c, d, e = (count * times for count in stars)
    assert width(one((a, b, c, d, e))) < width(one(stars))


@STEADY
@given(st.tuples(*[COUNT] * 5).filter(any), st.integers(0, 3))
def test_a_rating_raised_by_a_star_raises_the_estimate(stars: Stars, at: int) -> None:
    before, raised = list(stars), list(stars)
    before[at] += 1
    raised[at + 1] += 1
    a, b = ((x[0], x[1], x[2], x[3], x[4]) for x in (before, raised))
    assert bounds(one(b))[1] > bounds(one(a))[1]


@STEADY
@given(st.tuples(*[COUNT] * 5).filter(any))
def test_stars_read_backwards_give_the_mirrored_interval(stars: Stars) -> None:
    low, estimate, high = bounds(one(stars))
    a, b, c, d, e = stars
    assert bounds(one((e, d, c, b, a))) == pytest.approx((6 - high, 6 - estimate, 6 - low))


@STEADY
@given(st.tuples(*[COUNT] * 5).filter(any))
def test_a_higher_level_gives_a_wider_interval(stars: Stars) -> None:
    assert width(one(stars, level=0.8)) < width(one(stars, level=0.9)) < width(one(stars, level=0.95))


@pytest.mark.parametrize("level", [0.99, 0.5, 1.0, 0.0, -1.0, math.nan])
def test_a_level_that_is_not_on_the_list_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match=r"0\.8, 0\.9, 0\.95"):
        one((1, 1, 1, 1, 1), level=level)


@pytest.mark.parametrize(
    ("stars", "why_not"),
    [
        ((0, 0, 4, 0, 0), "Not enough data: 4 of at least 5 ratings."),
        ((3, 0, 0, 0, 3), "The interval is still wider than one star."),
        ((0, 0, 10, 0, 0), None),
        ((0, 0, 5, 10, 5), None),
    ],
)
def test_too_little_data_says_what_is_missing(stars: Stars, why_not: str | None) -> None:
    found = one(stars)
    assert found.why_not == why_not
    assert found.enough == (why_not is None)


@STEADY
@given(st.tuples(*[COUNT] * 5))
def test_enough_means_five_ratings_and_an_interval_of_at_most_one_star(stars: Stars) -> None:
    found = one(stars)
    assert found.enough == (found.n >= 5 and width(found) <= 1)


@pytest.mark.parametrize(
    ("up", "down", "enough"), [(4, 0, False), (5, 0, False), (40, 2, True), (20, 20, False)]
)
def test_thumbs_have_a_finding_of_their_own(up: int, down: int, enough: bool) -> None:  # noqa: FBT001  # pytest passes it by name
    found = one((0, 0, 0, 0, 0), up, down)
    assert found.thumbs_enough is enough
    assert found.thumbs_estimate == pytest.approx((up + 0.5) / (up + down + 1))
    assert found.estimate is None


@STEADY
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(sorted(NORMAL_QUANTILES)))
def test_share_of_thumbs_lies_in_its_interval_between_0_and_1(up: int, down: int, level: float) -> None:
    found = one((0, 0, 0, 0, 0), up, down, level=level)
    if up or down:
        assert found.thumbs_estimate is not None
        assert found.thumbs_low is not None
        assert found.thumbs_high is not None
        assert 0 <= found.thumbs_low <= found.thumbs_estimate <= found.thumbs_high <= 1


def test_wilson_agrees_with_the_quadratic_that_defines_it() -> None:
    z = NORMAL_QUANTILES[0.9]
    for hits, n in ((0, 5), (3, 7), (50, 60), (9, 9)):
        for bound in wilson(hits, n, z):
            assert (hits / n - bound) ** 2 == pytest.approx(z * z * bound * (1 - bound) / n, abs=1e-12)


def test_known_good_stands_above_maybe_good() -> None:
    once, often = one((0, 0, 0, 0, 1)), one((0, 0, 1, 10, 30))
    assert once.mean is not None
    assert often.mean is not None
    assert once.mean > often.mean
    assert often.sort_key > once.sort_key


def t_by_integration(level: float, df: float) -> float:
    """Student's t from its density alone: with t = sqrt(df) tan(a) the density is a power of cos(a)."""
    scale = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi)

    def inside(t: float) -> float:
        step = math.atan(t / math.sqrt(df)) / 200
        ends = 1 + math.pow(math.cos(200 * step), df - 1)
        odd = sum(math.pow(math.cos(i * step), df - 1) for i in range(1, 200, 2))
        even = sum(math.pow(math.cos(i * step), df - 1) for i in range(2, 200, 2))
        return 2 * scale * step * (ends + 4 * odd + 2 * even) / 3

    low, high = 0.0, 50.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(middle) < level else (low, middle)
    return low


def documented_errors() -> list[tuple[float, float, float]]:
    """The table of t quantiles: degrees of freedom, level, error as a share."""
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("| degrees of freedom |"))
    levels = [float(level) for level in re.findall(r"[\d.]+", lines[start])]
    rows = [re.findall(r"[\d.]+", line) for line in lines[start + 2 : start + 5]]
    return [
        (float(df), level, float(percent) / 100)
        for df, *percents in rows
        for level, percent in zip(levels, percents, strict=False)
    ]


@pytest.mark.parametrize(("df", "level", "error"), documented_errors())
def test_student_t_is_a_little_too_narrow_and_no_more_than_documented(
    df: float, level: float, error: float
) -> None:
    truth = t_by_integration(level, df)
    assert truth * (1 - error) <= student_t(NORMAL_QUANTILES[level], df) <= truth * (1 + 1e-9)


@pytest.mark.parametrize("level", sorted(NORMAL_QUANTILES))
def test_student_t_of_a_part_of_a_degree_lies_between_its_neighbours(level: float) -> None:
    z = NORMAL_QUANTILES[level]
    assert student_t(z, 3) < student_t(z, 2.5) < student_t(z, 2)
    assert student_t(z, 2.5) > t_by_integration(level, 2.5) * 0.997
    assert student_t(z, 1e9) == pytest.approx(z)


def test_siblings_lend_their_mean() -> None:
    generous = [RatingCounts((0, 0, 2, 8, 10))] * 6
    assert bounds(one((0, 0, 1, 0, 0), siblings=generous))[1] > bounds(one((0, 0, 1, 0, 0)))[1]


@pytest.mark.parametrize(
    "siblings",
    [[], [(0, 0, 2, 8, 10)] * 4, [(0, 0, 2, 8, 10)] * 4 + [(0, 0, 0, 0, 1)] * 30],
    ids=["none", "four", "four and singles"],
)
def test_fewer_than_five_siblings_with_two_ratings_leave_the_flat_prior(siblings: list[Stars]) -> None:
    found = one((0, 1, 2, 0, 3), siblings=[RatingCounts(stars) for stars in siblings])
    assert found == one((0, 1, 2, 0, 3))


def test_sibling_prior_agrees_with_the_formula_worked_by_hand() -> None:
    # Six cells of two ratings: (1,3) (2,4) (3,5) twice; means 2, 3, 4 twice; each varies by 2 within.
    cells = [(1, 0, 1, 0, 0), (0, 1, 0, 1, 0), (0, 0, 1, 0, 1)] * 2
    # Between: Q = sum (y - 3)^2 = 4, less 5 degrees of freedom: below zero, so m is at its upper bound, 20,
    # then ln m = (6 ln 20 + 20 ln 6) / 26. Stars 2, 2, 4, 2, 2 and .6 of each flat one: 15 in all.
    m = math.exp((6 * math.log(20) + 20 * math.log(6)) / 26)
    shares = [2.6 / 15, 2.6 / 15, 4.6 / 15, 2.6 / 15, 2.6 / 15]
    found = sibling_prior([moments(stars) for stars in cells])
    squares = sum(star * star * share for star, share in enumerate(shares, 1))
    assert found == pytest.approx((m, 3 * m, squares * m))


def test_siblings_that_differ_lend_less_than_siblings_that_agree() -> None:
    agree = [moments((0, 2, 6, 2, 0))] * 8
    differ = [moments((6, 4, 0, 0, 0)), moments((0, 0, 0, 4, 6))] * 4
    assert sibling_prior(differ)[0] == pytest.approx(math.exp((8 * math.log(2) + 20 * math.log(6)) / 28))
    assert sibling_prior(agree)[0] == pytest.approx(math.exp((8 * math.log(20) + 20 * math.log(6)) / 28))


def test_each_cell_gets_its_own_answer_in_the_same_order() -> None:
    cells = [RatingCounts((i, 0, 1, 0, 5)) for i in range(4)]
    assert [found.counts[0] for found in estimate_ratings(cells)] == [0, 1, 2, 3]
    assert estimate_ratings([]) == []


def test_mean_of_real_ratings_is_the_published_one() -> None:
    given = {key: Counter(stars) for key, stars in ratings().items()}
    published = expected("ratings/expected_dialsummeval_dev.json")["means"]
    assert sum(len(models) for models in published.values()) == len(given)
    for (task, model), counts in given.items():
        found = one((counts[1], counts[2], counts[3], counts[4], counts[5]))
        assert found.n == published[task][model]["n"]
        assert found.mean == pytest.approx(published[task][model]["mean"], abs=5e-5)
        low, _, high = bounds(found)
        assert low < published[task][model]["mean"] < high
