"""Usage: quantiles of bucketed measures, and the answer rate."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.buckets import EDGES, TOP_EDGE, bucket_label, half_octave, upper_edge
from sidecar.insight.usage import AnswerRate, SpeedQuantiles, answer_rate, quantiles

HISTOGRAM = st.dictionaries(st.sampled_from(EDGES), st.integers(0, 1000), max_size=12)


def found_in(counts: dict[int, int], level: float = 0.9) -> SpeedQuantiles:
    found = quantiles(counts, level=level)
    assert found is not None
    return found


def rate_of(asked: int, dismissed: int, answered: int | None = None) -> AnswerRate:
    found = answer_rate(asked, dismissed, answered)
    assert found is not None
    return found


@pytest.mark.parametrize("counts", [{}, {16: 0, 23: 0}])
def test_nothing_measured_has_no_quantiles(counts: dict[int, int]) -> None:
    assert quantiles(counts) is None


@given(HISTOGRAM)
def test_quantiles_rise_and_lie_in_the_buckets_that_they_name(counts: dict[int, int]) -> None:
    found = quantiles(counts)
    assert (found is None) == (sum(counts.values()) == 0)
    if found is None:
        return
    assert found.n == sum(counts.values())
    assert found.p10 <= found.p50 <= found.p90
    for value, label in zip((found.p10, found.p50, found.p90), found.resolution, strict=True):
        edge = next(edge for edge in EDGES if bucket_label(edge) == label)
        assert counts[edge] > 0
        assert edge <= value <= (upper_edge(edge) or TOP_EDGE)
    if found.low is not None:
        assert found.low <= found.p50 <= (found.high or math.inf)


def test_quantiles_of_real_speeds_are_off_by_less_than_their_bucket() -> None:
    rng = random.Random(6)
    speeds = sorted(rng.lognormvariate(3.2, 0.6) for _ in range(5000))
    counts: dict[int, int] = {}
    for speed in speeds:
        counts[half_octave(speed)] = counts.get(half_octave(speed), 0) + 1
    found = found_in(counts)
    for value, truth in ((found.p10, speeds[500]), (found.p50, speeds[2500]), (found.p90, speeds[4500])):
        assert value == pytest.approx(truth, rel=0.05)


def test_a_rank_at_the_end_of_a_bucket_stays_in_it() -> None:
    assert found_in({16: 1, 1024: 9}).resolution == ("16-22", "1024-1448", "1024-1448")
    assert found_in({16: 3, 1024: 27}).p10 == pytest.approx(23)


def test_the_bucket_of_zero_is_read_evenly_and_the_top_one_by_its_edge() -> None:
    assert found_in({0: 10}).p50 == pytest.approx(0.5)
    assert found_in({TOP_EDGE: 10}).p90 == TOP_EDGE
    assert found_in({TOP_EDGE: 10}).high is None


@pytest.mark.parametrize(("n", "enough"), [(9, False), (10, True)])
def test_a_tenth_of_less_than_ten_records_is_no_finding(n: int, enough: bool) -> None:  # noqa: FBT001  # pytest passes it by name
    found = found_in({16: n})
    assert found.enough is enough
    assert (found.why_not is None) is enough


def test_too_few_records_say_how_many_are_needed() -> None:
    assert found_in({16: 3}).why_not == "Not enough data: 3 of at least 10 records."
    assert rate_of(3, 1).why_not == "Not enough data: 3 of at least 5 questions."


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_interval_of_the_median_holds_at_least_as_often_as_it_says(level: float) -> None:
    for n in (4, 5, 6, 10, 33, 100, 501):
        outside = [k for k in range(n + 1) if not holds_median(n, k, level)]
        assert sum(math.comb(n, k) for k in outside) / 2**n <= 1 - level


def holds_median(n: int, below: int, level: float) -> bool:
    """Whether the interval spans 32, the true median of n records of which so many fell below it."""
    found = found_in({16: below, 32: n - below}, level)
    return found.low is None or found.low < 32 < (found.high or 0)


@pytest.mark.parametrize("counts", [{17: 3}, {16: 3, 17: 0}, {16: -1}, {16: -1, 23: 5}])
def test_a_histogram_that_no_writer_stores_is_refused(counts: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="histogram"):
        quantiles(counts)


@pytest.mark.parametrize(
    ("asked", "dismissed", "answered", "expected"),
    [
        (20, 12, None, (20, 8)),
        (20, 12, 3, (20, 3)),
        (20, 12, 500, (20, 8)),
        (0, 7, None, (7, 0)),
        (5, 0, None, (5, 5)),
    ],
    ids=["not dismissed", "counted", "unasked answers", "only dismissals counted", "all"],
)
def test_answer_rate_is_of_the_questions_shown(
    asked: int, dismissed: int, answered: int | None, expected: tuple[int, int]
) -> None:
    found = rate_of(asked, dismissed, answered)
    assert (found.asked, found.answered) == expected
    assert found.rate == expected[1] / expected[0]
    assert 0 <= found.low <= found.rate <= found.high <= 1


def test_no_question_shown_has_no_answer_rate() -> None:
    assert answer_rate(0, 0) is None
    assert answer_rate(0, 0, 5) is None


def test_answer_rate_refuses_a_level_that_is_not_on_the_list() -> None:
    with pytest.raises(ValueError, match="level"):
        answer_rate(5, 1, level=0.99)
