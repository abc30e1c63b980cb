"""Periods: weeks and blocks of four, and the label that two copies of a store agree upon."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.clock import parse_week, week_label
from sidecar.share.periods import BLOCKS_FROM, LENGTHS, has_ended, next_label, period_of
from tests.unit.test_manifest import STEADY

WEEKS = st.integers(min_value=2_000, max_value=4_000)
ANY_LENGTH = st.sampled_from(sorted(LENGTHS.values()))


def test_blocks_are_counted_from_the_first_week_of_2024() -> None:
    assert parse_week("2024-W01") == BLOCKS_FROM


@pytest.mark.parametrize(
    ("week", "length", "label"),
    [
        ("2026-W47", "1w", "2026-W47"),
        ("2024-W01", "4w", "2024-W01"),
        ("2024-W04", "4w", "2024-W01"),
        ("2024-W05", "4w", "2024-W05"),
        ("2023-W52", "4w", "2023-W49"),
    ],
)
def test_a_period_is_named_after_its_first_week(week: str, length: str, label: str) -> None:
    assert week_label(period_of(parse_week(week), LENGTHS[length])) == label


@STEADY
@given(WEEKS, ANY_LENGTH)
def test_every_week_lies_in_the_period_it_is_said_to(week: int, length: int) -> None:
    period = period_of(week, length)
    assert period <= week < period + length
    assert not has_ended(period, length, week)
    assert has_ended(period, length, period + length)


@STEADY
@given(WEEKS, WEEKS, ANY_LENGTH, st.sets(WEEKS, max_size=8))
def test_a_record_takes_the_first_period_from_its_own_on_that_is_not_sealed(
    stamp: int, now: int, length: int, weeks: set[int]
) -> None:
    sealed = {period_of(week, length) for week in weeks}
    label = next_label(stamp, sealed, length, now)
    own = period_of(min(stamp, now), length)
    assert label not in sealed
    assert label >= own
    assert set(range(own, label, length)) <= sealed
