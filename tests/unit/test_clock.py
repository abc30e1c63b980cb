"""ISO weeks as plain numbers, held against the standard library's own calendar."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.clock import SystemClock, parse_week, week_label, week_number, week_start

STEADY = settings(derandomize=True, deadline=None)  # the same examples each time, however busy the machine
SECONDS = (datetime(2400, 1, 1, tzinfo=UTC) - datetime(1970, 1, 5, tzinfo=UTC)).total_seconds()
MOMENTS = st.integers(0, round(SECONDS)).map(
    lambda n: datetime(1970, 1, 5, tzinfo=UTC) + timedelta(seconds=n)
)


@pytest.mark.parametrize(
    ("moment", "label"),
    [
        ("1970-01-05T00:00:00+00:00", "1970-W02"),
        ("2026-09-28T00:00:00+00:00", "2026-W40"),
        ("2026-10-04T23:59:59+00:00", "2026-W40"),
        ("2026-10-05T00:00:00+00:00", "2026-W41"),
        ("2024-12-30T00:00:00+00:00", "2025-W01"),
        ("2021-01-03T23:59:59+00:00", "2020-W53"),
        ("2027-01-03T12:00:00+00:00", "2026-W53"),
        ("2026-10-05T01:30:00+02:00", "2026-W40"),
        ("2026-10-04T22:30:00-05:00", "2026-W41"),
    ],
)
def test_a_moment_lies_in_its_week_of_utc(moment: str, label: str) -> None:
    assert week_label(week_number(datetime.fromisoformat(moment))) == label


def test_week_one_begins_on_the_first_monday_of_the_epoch() -> None:
    assert week_number(datetime(1970, 1, 5, tzinfo=UTC)) == 1
    assert week_number(datetime(1970, 1, 4, tzinfo=UTC)) == 0
    assert week_start(1) == datetime(1970, 1, 5, tzinfo=UTC)


@STEADY
@given(MOMENTS)
def test_label_and_number_say_the_same(moment: datetime) -> None:
    week = week_number(moment)
    year, number, _ = moment.date().isocalendar()
    assert week_label(week) == f"{year:04d}-W{number:02d}"
    assert parse_week(week_label(week)) == week


@STEADY
@given(MOMENTS)
def test_a_week_holds_its_moment_and_seven_days(moment: datetime) -> None:
    begin = week_start(week_number(moment))
    assert begin.weekday() == 0
    assert begin <= moment < begin + timedelta(days=7)
    assert week_number(begin - timedelta(microseconds=1)) == week_number(moment) - 1


@STEADY
@given(MOMENTS, st.integers(-14, 14))
def test_the_zone_of_a_moment_does_not_move_it(moment: datetime, hours: int) -> None:
    assert week_number(moment.astimezone(timezone(timedelta(hours=hours)))) == week_number(moment)


@pytest.mark.parametrize(
    "label",
    [
        "",
        "2026",
        "2026-40",
        "2026W40",
        "2026-w40",
        "2026-W4",
        "2026-W040",
        "2026-W00",
        "2026-W54",
        "2025-W53",
        "0000-W01",
        "10000-W01",
        " 2026-W40",
        "2026-W40\n",
        "\u0662\u0660\u0662\u0666-W40",
    ],
)
def test_what_is_no_week_is_refused(label: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)week|year"):
        parse_week(label)


def test_a_long_year_has_its_week_fifty_three() -> None:
    long_years = [year for year in range(1970, 2400) if date(year, 12, 28).isocalendar().week == 53]
    assert len(long_years) == 77
    for year in long_years:
        assert week_label(parse_week(f"{year}-W53")) == f"{year}-W53"
        assert parse_week(f"{year + 1}-W01") == parse_week(f"{year}-W53") + 1


def test_the_machines_own_clock_is_aware_and_runs_forward() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    first, second = clock.boot_seconds(), clock.boot_seconds()
    assert 0 < first <= second
