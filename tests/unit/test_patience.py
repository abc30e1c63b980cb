"""Patience: who is overdue, who makes place, whose half request is thrown away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.api.connections import FEWEST, MOST, places
from sidecar.api.patience import (
    BODY_BYTES,
    HELD_BYTES,
    Phase,
    Standing,
    is_overdue,
    may_answer_late,
    whom_to_evict,
    whom_to_unload,
)

STANDING = st.builds(
    Standing,
    phase=st.sampled_from(Phase),
    seconds=st.floats(0, 1000),
    moved=st.integers(0, 10_000_000),
    still=st.floats(0, 1000),
    held=st.integers(0, 2_000_000),
)


@pytest.mark.parametrize(
    ("standing", "overdue"),
    [
        (Standing(Phase.SILENT, 9.9), False),
        (Standing(Phase.SILENT, 10.1), True),
        (Standing(Phase.HEAD, 9.9), False),
        (Standing(Phase.HEAD, 10.1), True),
        (Standing(Phase.BODY, 10.1, moved=100), True),
        (Standing(Phase.BODY, 60.0, moved=1_000_000), False),
        (Standing(Phase.BODY, 80.0, moved=1_000_000), True),
        (Standing(Phase.BODY, 1.0, moved=BODY_BYTES + 1), True),
        (Standing(Phase.WORK, 59.0), False),
        (Standing(Phase.WORK, 61.0), True),
        (Standing(Phase.ANSWER, 3_600.0, still=29.0), False),
        (Standing(Phase.ANSWER, 31.0, still=31.0), True),
        (Standing(Phase.IDLE, 59.0), False),
        (Standing(Phase.IDLE, 61.0), True),
    ],
)
def test_each_phase_has_its_time(standing: Standing, overdue: bool) -> None:  # noqa: FBT001  # a table
    assert is_overdue(standing) is overdue


def test_work_gets_its_answer_and_then_no_more_time() -> None:
    assert may_answer_late(Standing(Phase.WORK, 61.0))
    assert not may_answer_late(Standing(Phase.WORK, 66.0))
    assert not may_answer_late(Standing(Phase.BODY, 61.0))


def test_the_slowest_head_goes_first_then_the_silent_then_the_idle() -> None:
    standings = [
        Standing(Phase.WORK, 50.0),
        Standing(Phase.IDLE, 59.0),
        Standing(Phase.SILENT, 9.0),
        Standing(Phase.HEAD, 1.0),
        Standing(Phase.HEAD, 3.0),
        Standing(Phase.BODY, 9.0),
        Standing(Phase.ANSWER, 9.0),
    ]
    order = []
    while (chosen := whom_to_evict(standings)) is not None:
        order.append((standings[chosen].phase, standings[chosen].seconds))
        del standings[chosen]
    assert order == [
        (Phase.HEAD, 3.0),
        (Phase.HEAD, 1.0),
        (Phase.SILENT, 9.0),
        (Phase.IDLE, 59.0),
        (Phase.BODY, 9.0),
        (Phase.ANSWER, 9.0),
    ]
    assert [standing.phase for standing in standings] == [Phase.WORK]
    assert whom_to_evict([]) is None


@given(st.lists(STANDING, max_size=64))
def test_what_lies_about_stays_under_its_limit_and_no_more_goes_than_has_to(
    standings: list[Standing],
) -> None:
    gone = whom_to_unload(standings)
    left = sum(each.held for at, each in enumerate(standings) if at not in gone)
    few = 64 * 4 * 1024  # what nobody is dropped for
    assert left <= max(HELD_BYTES, few)
    if gone:
        assert left + standings[gone[-1]].held > HELD_BYTES


@pytest.mark.parametrize(("files", "expected"), [(20_000, MOST), (1_024, MOST), (256, 192), (40, FEWEST)])
def test_places_leave_descriptors_for_the_rest_of_the_daemon(files: int, expected: int) -> None:
    assert places(files) == expected
