"""Growing old: records go, their counts, their ledger line and their keys stay."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from sidecar import jobs
from sidecar.errors import IdempotencyConflict, NotFound
from sidecar.records import Change
from tests.support.feedback import Body
from tests.support.local_store import LocalStore, opened
from tests.support.recount import losses

KEYED: Final[Body] = {
    "feedback_type": "rating",
    "model": "mistral:7b",
    "rating": 4,
    "product_id": "app",
    "idempotency_key": "once",
}
OTHER: Final[Body] = {**KEYED, "rating": 1}
WEEK_AND_MORE: Final = 60  # weeks: past the default retention of 400 days


async def many(store: LocalStore, count: int) -> None:
    """Unkeyed records with words, a few hundred bytes each."""
    for number in range(count):
        wish = f"wish {number} " + "and so on " * 30
        await store.submit({"feedback_type": "feature_request", "feature_description": wish})


async def test_expired_record_leaves_its_count_and_its_ledger_line(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as store:
        accepted = await store.submit(KEYED)
        store.clock.go_on(weeks=56)
        assert await expired(store) == 0
        store.clock.go_on(weeks=2)
        assert await expired(store) == 1
        assert store.count("record") == 0
        assert store.count("cell") == 1
        assert losses(store.folder) == {("rating", "expired"): 1}
        with pytest.raises(NotFound):
            await store.intake.undo(accepted.stamped.row.id)


async def expired(store: LocalStore) -> int:
    """The job, on a daemon that ran all the time."""
    await store.believe_clock()
    return await jobs.expire(store.chores())


async def test_shorter_retention_holds_at_once(tmp_path: Path) -> None:
    """A user who lowers it need not wait."""
    async with opened(tmp_path / "data") as store:
        await jobs.expire(store.chores())
        await store.submit(KEYED)
        for _ in range(3):
            store.clock.go_on(weeks=1)
            assert await jobs.expire(store.chores()) == 0
        assert await jobs.expire(store.chores(retention_days=7)) == 1


async def change(store: LocalStore, id_: bytes) -> None:
    """It says something else now."""
    await store.intake.change(id_, Change(rating=1))


async def undo(store: LocalStore, id_: bytes) -> None:
    """Undone."""
    await store.intake.undo(id_)


async def purge(store: LocalStore, _: bytes) -> None:
    """Everything is deleted."""
    await store.intake.purge()


async def purge_product(store: LocalStore, _: bytes) -> None:
    """Everything of the product is deleted."""
    await store.intake.purge("app")


async def grow_old(store: LocalStore, _: bytes) -> None:
    """Expired."""
    store.clock.go_on(weeks=WEEK_AND_MORE)
    assert await expired(store) == 1


async def make_room(store: LocalStore, _: bytes) -> None:
    """Gone for the quota."""
    assert await jobs.hold_quota(store.chores(quota_bytes=0)) == 1


@pytest.mark.parametrize("fate", [change, undo, purge, purge_product, grow_old, make_room])
async def test_key_outlives_its_record(
    tmp_path: Path, fate: Callable[[LocalStore, bytes], Awaitable[None]]
) -> None:
    """The same request is still a duplicate, another one a conflict: a year later, and after a restart."""
    async with opened(tmp_path / "data") as store:
        first = await store.submit(KEYED)
        await fate(store, first.stamped.row.id)
        left, clock = store.count("record"), store.clock
    clock.go_on(days=395)
    async with opened(tmp_path / "data", clock) as store:
        await jobs.expire(store.chores(retention_days=3650))
        again = await store.submit(KEYED)
        assert again.duplicate
        assert again.feedback_id == first.feedback_id
        with pytest.raises(IdempotencyConflict):
            await store.submit(OTHER)
        assert store.count("record") == left


async def test_quota_gives_up_the_oldest_and_no_more_than_it_must(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as store:
        first = await store.submit(KEYED)
        store.clock.go_on(weeks=1)
        await many(store, 300)
        used = await store.intake.writer.alone(jobs._used_bytes)  # noqa: SLF001  # what the job itself goes by
        assert await jobs.hold_quota(store.chores(quota_bytes=used)) == 0
        gone = await jobs.hold_quota(store.chores(quota_bytes=used // 2))
        assert gone > 0
        assert await store.intake.writer.alone(jobs._used_bytes) <= used // 2  # noqa: SLF001
        assert sum(losses(store.folder).values()) == gone
        assert losses(store.folder)["rating", "quota"] == 1
        with pytest.raises(NotFound):
            await store.intake.undo(first.stamped.row.id)


async def test_quota_takes_about_what_it_needs_and_not_five_thousand_records(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as store:
        await many(store, 300)
        used = await store.intake.writer.alone(jobs._used_bytes)  # noqa: SLF001  # what the job itself goes by
        gone = await jobs.hold_quota(store.chores(quota_bytes=used * 9 // 10))
        assert 0 < gone < 150
        assert store.count("record") == 300 - gone


async def test_quota_that_counts_alone_exceed_ends_without_a_circle(tmp_path: Path) -> None:
    """Cells stay for ever: when nothing is left to give up, the job is done."""
    async with opened(tmp_path / "data") as store:
        await many(store, 20)
        assert await jobs.hold_quota(store.chores(quota_bytes=1)) == 20
        assert await jobs.hold_quota(store.chores(quota_bytes=1)) == 0
