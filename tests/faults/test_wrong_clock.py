"""A clock that jumps by years: nothing is deleted at a stroke, nothing crashes, nothing comes back."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from sidecar import jobs
from sidecar.clock import week_number
from sidecar.errors import IdempotencyConflict
from sidecar.store.retention import believe
from tests.support.daemon import start
from tests.support.feedback import Body
from tests.support.local_store import LocalStore, SetClock, opened
from tests.support.recount import losses

RATING: Final[Body] = {"feedback_type": "rating", "model": "mistral:7b", "rating": 4}
KEYED: Final[Body] = {**RATING, "idempotency_key": "once"}
TEN_YEARS: Final = 3652  # days
WEEKS: Final = 50


async def a_year_of_records(store: LocalStore) -> None:
    """One record a week, looked after all the time."""
    for _ in range(WEEKS):
        await jobs.expire(store.chores())
        await store.submit(RATING)
        store.clock.go_on(weeks=1)


def should_be_there(store: LocalStore) -> int:
    """Records that retention keeps by the true time."""
    this_week = week_number(store.clock.now())
    with store.looked_at() as other:
        weeks = [week for (week,) in other.execute("SELECT week FROM record")]
    return sum(week >= this_week - 400 // 7 for week in weeks)


@pytest.mark.parametrize("jump_days", [8, 40, 365, TEN_YEARS])
@pytest.mark.parametrize("stood_days", [0, 1, 6])
async def test_clock_that_jumped_ahead_and_came_back_cost_no_record(
    tmp_path: Path, jump_days: int, stood_days: int
) -> None:
    """Not one that retention by the true time would have kept, however often it looked meanwhile."""
    async with opened(tmp_path / "data") as store:
        await a_year_of_records(store)
        there = should_be_there(store)
        store.clock.go_on(days=jump_days)
        for _ in range(1 + 4 * stood_days):  # four looks a day
            assert await jobs.expire(store.chores()) == 0
            store.clock.go_on(hours=6)
        store.clock.go_on(days=-jump_days)
        assert await jobs.expire(store.chores()) == 0
        assert should_be_there(store) == store.count("record") == there == WEEKS
        assert losses(store.folder) == {}


async def test_clock_ten_years_ahead_for_good_is_believed_after_some_weeks(tmp_path: Path) -> None:
    """A machine that was really off so long keeps the promise of its retention, a little late."""
    async with opened(tmp_path / "data") as store:
        await a_year_of_records(store)
        store.clock.go_on(days=TEN_YEARS)
        gone = 0
        for _ in range(4 * 28):
            gone += await jobs.expire(store.chores())
            store.clock.go_on(hours=6)
        assert gone == WEEKS
        assert store.count("record") == 0


@pytest.mark.parametrize(
    ("now", "week", "jump", "believed"),
    [
        (100, None, None, (100, None)),  # the first look
        (101, 100, None, (101, None)),
        (90, 100, None, (90, None)),  # back: at once
        (102, 100, None, (100, 102)),  # further than a machine in use goes: it waits
        (103, 100, 102, (100, 102)),
        (104, 100, 102, (104, 102)),  # it stood
        (620, 100, 618, (104, 618)),  # ten years, four weeks at a time
        (621, 616, 618, (620, 618)),
        (621, 620, 618, (621, None)),  # there
        (500, 100, 618, (100, 500)),  # back a little: the waiting begins anew
        (700, 100, 618, (100, 700)),  # another jump: too
    ],
)
def test_what_a_look_at_the_clock_believes(
    now: int, week: int | None, jump: int | None, believed: tuple[int, int | None]
) -> None:
    assert believe(now, week, jump) == believed


async def test_clock_ten_years_behind_deletes_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as store:
        await a_year_of_records(store)
        store.clock.go_on(days=-TEN_YEARS)
        for _ in range(10):
            assert await jobs.expire(store.chores()) == 0
        await store.submit(RATING)
        assert store.count("record") == WEEKS + 1


async def test_clock_before_the_epoch_is_survived(tmp_path: Path) -> None:
    """A board without a battery."""
    clock = SetClock()
    clock.go_on(days=-57 * 365)
    async with opened(tmp_path / "data", clock) as store:
        await store.submit(RATING)
        await jobs.expire(store.chores())
        clock.go_on(days=57 * 365)
        await store.submit(RATING)
        assert store.count("record") == 2


@pytest.mark.parametrize("way", ["undone", "purged", "quota"])
async def test_key_of_a_record_that_went_under_a_wrong_clock_is_kept(tmp_path: Path, way: str) -> None:
    """Deleted while the clock stood at 1970: the tombstone counts from the record's own week at least."""
    async with opened(tmp_path / "data") as store:
        accepted = await store.submit(KEYED)
        store.clock.go_on(days=-56 * 365)
        if way == "undone":
            await store.intake.undo(accepted.stamped.row.id)
        elif way == "purged":
            await store.intake.purge()
        else:
            await jobs.hold_quota(store.chores(quota_bytes=0))
        store.clock.go_on(days=56 * 365)
        for _ in range(20):
            await jobs.expire(store.chores())
        assert (await store.submit(KEYED)).duplicate
        with pytest.raises(IdempotencyConflict):
            await store.submit({**KEYED, "rating": 1})
        assert store.count("record") == 0


async def test_quota_takes_records_of_a_week_that_has_not_come_yet(tmp_path: Path) -> None:
    """Written while the clock was ahead; they would outlive every quota."""
    async with opened(tmp_path / "data") as store:
        store.clock.go_on(days=TEN_YEARS)
        await store.submit(RATING)
        store.clock.go_on(days=-TEN_YEARS)
        assert await jobs.hold_quota(store.chores(quota_bytes=0)) == 1


async def test_scheduler_takes_a_jump_of_fifty_years_in_one_step(tmp_path: Path) -> None:
    """From 1970 to today: each job once, at once."""
    async with opened(tmp_path / "data") as store:
        scheduler = jobs.schedule(store.chores())
        try:
            now = store.clock.now() + timedelta(days=56 * 365)
            began = time.monotonic()
            due = [planned._get_run_times(now) for planned in scheduler.get_jobs()]  # noqa: SLF001  # what APScheduler walks
            assert all(len(times) <= 1 for times in due)
            assert time.monotonic() - began < 1
        finally:
            scheduler.shutdown(wait=False)


async def test_scheduler_goes_on_after_the_clock_was_set_back(tmp_path: Path) -> None:
    """Its next ticks stand ten years ahead: they are pulled back, or no job would ever run again."""
    async with opened(tmp_path / "data") as store:
        scheduler = jobs.schedule(store.chores())
        try:
            now = store.clock.now()
            for planned in scheduler.get_jobs():
                planned.modify(next_run_time=now + timedelta(days=TEN_YEARS))
            assert jobs.pull_back(scheduler, now) == len(jobs.JOBS) - 1, "all but `share`: nothing is granted"
            assert jobs.pull_back(scheduler, now) == 0
            assert all(planned.next_run_time <= now for planned in scheduler.get_jobs())
        finally:
            scheduler.shutdown(wait=False)


@pytest.mark.parametrize("days", [TEN_YEARS, -TEN_YEARS])
def test_daemon_with_a_clock_wrong_by_ten_years_keeps_everything(tmp_path: Path, days: int) -> None:
    """Records of both times are listed and counted."""
    data_dir = tmp_path / "data"
    for shift in (0, days, 0):
        with start(data_dir, shift_days=shift) as daemon:
            with daemon.caller() as caller:
                assert caller.post("/v1/feedback", RATING).status == 201
            assert daemon.stop() == 0
    with start(data_dir) as daemon, daemon.caller(manages=True) as owner:
        assert len(owner.rows("/v1/feedback")) == 3
        (row,) = owner.get("/v1/insights/ratings?group_by=model").json["rows"]
        assert row["n"] == 3
