"""Versions: an alarm that may be looked at every week."""

import random
from math import log, sqrt

import pytest

from sidecar.insight.ratings import RatingCounts, Stars
from sidecar.insight.versions import Shift, VersionCounts, VersionPair, compare_versions

SHARES = {
    2.2: (0.3, 0.35, 0.2, 0.15, 0.0),
    3.8: (0.05, 0.1, 0.15, 0.4, 0.3),
    4.6: (0.02, 0.03, 0.05, 0.13, 0.77),
}
"""Mean -> how a person gives 1 to 5 stars."""


def pair(before: Stars, after: Stars, *thumbs: int) -> VersionPair:
    up, down, later_up, later_down = thumbs or (0, 0, 0, 0)
    versions = [
        VersionCounts("1.0", RatingCounts(before, up, down)),
        VersionCounts("1.1", RatingCounts(after, later_up, later_down)),
    ]
    (found,) = compare_versions(versions)
    return found


def stars(before: Stars, after: Stars) -> Shift:
    found = pair(before, after).stars
    assert found is not None
    return found


def test_the_bound_is_the_published_one() -> None:
    found = stars((5, 5, 5, 5, 5), (0, 0, 10, 0, 10))
    # With one of each star: 2 over 25 for the first; 25 ratings, sum 95, squares 395 for the second, over 20.
    v = 2 / 25 + (395 / 25 - (95 / 25) ** 2) / 20
    p2 = 0.3**2
    reach = sqrt(v * (v + p2) / p2 * (2 * log(20) + log((v + p2) / v)))
    assert found.difference == pytest.approx(1.0)
    assert (found.low, found.high) == pytest.approx((1 - reach, 1 + reach))


def test_an_alarm_means_that_zero_lies_outside() -> None:
    worse = stars((0, 0, 10, 40, 150), (60, 60, 40, 30, 10))
    same = stars((0, 0, 10, 40, 150), (0, 0, 11, 38, 151))
    assert (worse.alarm, worse.high < 0) == (True, True)
    assert (same.alarm, same.low < 0 < same.high) == (False, True)


def test_too_few_ratings_raise_no_alarm_however_they_differ() -> None:
    found = stars((0, 0, 0, 0, 4000), (4, 0, 0, 0, 0))
    thumbs = pair((0, 0, 0, 0, 0), (0, 0, 0, 0, 0), 4000, 0, 0, 4).thumbs
    assert thumbs is not None
    assert (found.alarm, thumbs.alarm, found.enough) == (False, False, False)
    assert found.why_not == "Not enough data: 4 of at least 5 ratings."


def test_five_equal_ratings_are_no_certainty() -> None:
    assert not stars((0, 0, 0, 0, 5), (0, 0, 0, 5, 0)).alarm


def test_thumbs_have_an_alarm_of_their_own() -> None:
    found = pair((0, 0, 0, 0, 0), (0, 0, 0, 0, 0), 190, 10, 60, 140)
    assert found.stars is None
    assert found.thumbs is not None
    assert found.thumbs.alarm
    assert found.verdict == "1.1 is rated worse than 1.0 by 65 % of thumbs up."


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ((0, 0, 10, 40, 150), (60, 60, 40, 30, 10), "1.1 is rated worse than 1.0 by 2.35 stars."),
        ((60, 60, 40, 30, 10), (0, 0, 10, 40, 150), "1.1 is rated better than 1.0 by 2.35 stars."),
        ((0, 0, 10, 40, 150), (0, 0, 11, 38, 151), "No difference between 1.1 and 1.0 that would last."),
        ((0, 2, 3, 4, 3), (1, 1, 4, 3, 3), "Not enough data to tell 1.1 from 1.0."),
        ((0, 0, 10, 40, 150), (0, 0, 0, 0, 0), "Not enough data to tell 1.1 from 1.0."),
        ((0, 0, 10, 40, 150), (0, 0, 1, 0, 2), "Not enough data to tell 1.1 from 1.0."),
    ],
)
def test_the_sentence_says_what_the_alarm_says(before: Stars, after: Stars, verdict: str) -> None:
    assert pair(before, after).verdict == verdict


def test_no_change_is_said_only_where_the_interval_leaves_no_room_for_one() -> None:
    wide, narrow = stars((0, 2, 3, 4, 3), (1, 1, 4, 3, 3)), stars((0, 0, 10, 40, 150), (0, 0, 11, 38, 151))
    assert (wide.enough, wide.why_not) == (False, "The interval is still wider than one star.")
    assert (narrow.enough, narrow.why_not) == (True, None)
    thumbs = pair((0, 0, 0, 0, 0), (0, 0, 0, 0, 0), 8, 4, 7, 5).thumbs
    assert thumbs is not None
    assert thumbs.why_not == "The interval is still wider than a quarter of the thumbs."


def test_an_interval_stays_within_the_differences_that_there_are() -> None:
    found = stars((1, 0, 0, 0, 0), (0, 0, 0, 0, 1))
    assert (found.difference, found.high) == (4.0, 4.0)
    thumbs = pair((0, 0, 0, 0, 0), (0, 0, 0, 0, 0), 1, 0, 0, 1).thumbs
    assert thumbs is not None
    assert thumbs.low == -1.0


def test_each_version_stands_against_the_one_before_it() -> None:
    versions = [VersionCounts(name, RatingCounts((1, 1, 1, 1, 1))) for name in ("a", "b", "c")]
    assert [(each.before, each.after) for each in compare_versions(versions)] == [("a", "b"), ("b", "c")]
    assert compare_versions(versions[:1]) == compare_versions([]) == []


def first_alarm(
    rng: random.Random, before: tuple[float, ...], after: tuple[float, ...], a_week: int
) -> int | None:
    """The week of the first alarm within half a year of weekly looks; the old version has 200 ratings."""
    old = [0] * 5
    new = [0] * 5
    for star in rng.choices(range(5), before, k=200):
        old[star] += 1
    for week in range(1, 27):
        for star in rng.choices(range(5), after, k=a_week):
            new[star] += 1
        if stars((old[0], old[1], old[2], old[3], old[4]), (new[0], new[1], new[2], new[3], new[4])).alarm:
            return week
    return None


def false_alarms(runs: int, mean: float, a_week: int) -> float:
    rng = random.Random(26)
    return sum(first_alarm(rng, SHARES[mean], SHARES[mean], a_week) is not None for _ in range(runs)) / runs


@pytest.mark.parametrize("mean", SHARES)
def test_half_a_year_of_looks_raises_hardly_a_false_alarm(mean: float) -> None:
    assert false_alarms(100, mean, a_week=30) <= 0.05


def test_a_loss_of_four_tenths_of_a_star_is_seen_within_six_weeks() -> None:
    rng = random.Random(4)
    worse = (0.11, 0.15, 0.19, 0.33, 0.22)  # mean 3.4
    weeks = sorted(first_alarm(rng, SHARES[3.8], worse, 30) or 99 for _ in range(51))
    assert weeks[25] <= 6


@pytest.mark.long
@pytest.mark.parametrize("mean", SHARES)
@pytest.mark.parametrize("a_week", [1, 3, 10, 30, 100])
def test_false_alarms_stay_rare_over_thousands_of_histories(mean: float, a_week: int) -> None:
    assert false_alarms(2000, mean, a_week) <= 0.05
