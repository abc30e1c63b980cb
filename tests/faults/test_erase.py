"""Deleted means gone: not one byte of it is left in any file of the data directory."""

import contextlib
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from sidecar import jobs
from tests.support.daemon import Daemon, start
from tests.support.feedback import Body
from tests.support.local_store import LocalStore, opened

CANARY: Final = "zwitschernderkanarienvogel"
GONE_SECONDS: Final = 20.0  # bounds a hang; a start looks at once
BODIES: Final[tuple[Body, ...]] = (
    {"feedback_type": "feature_request", "feature_description": f"{CANARY} " * 70, "product_id": CANARY},
    {"feedback_type": "feature_request", "feature_description": CANARY, "product_id": CANARY},
    {"feedback_type": "rating", "model": f"{CANARY}:7b", "rating": 1, "product_id": CANARY},
    {"feedback_type": "usage_pattern", "action": "copy", "product_version": CANARY, "product_id": CANARY},
)


def places(folder: Path) -> dict[str, int]:
    """File -> how often the canary sits in it."""
    found = {
        str(path.relative_to(folder)): path.read_bytes().count(CANARY.encode())
        for path in folder.rglob("*")
        if path.is_file()
    }
    return {name: count for name, count in found.items() if count}


async def fill(store: LocalStore) -> list[bytes]:
    """The canaries among other records, on pages that have been written more than once."""
    found = []
    for number in range(40):
        await store.submit(
            {"feedback_type": "feature_request", "feature_description": f"other {number} " * 20}
        )
        if number % 10 == 5:
            found.append((await store.submit(BODIES[number // 10])).stamped.row.id)
    return found


async def undo_each(store: LocalStore, ids: list[bytes]) -> None:
    """One by one."""
    for id_ in ids:
        await store.intake.undo(id_)


async def purge_product(store: LocalStore, _: list[bytes]) -> None:
    """The product's own button."""
    await store.intake.purge(CANARY)


async def purge_all(store: LocalStore, _: list[bytes]) -> None:
    """Everything."""
    await store.intake.purge()


@pytest.mark.parametrize("delete", [undo_each, purge_product, purge_all])
async def test_deleted_record_is_in_no_file(
    tmp_path: Path, delete: Callable[[LocalStore, list[bytes]], Awaitable[None]]
) -> None:
    async with opened(tmp_path / "data") as store:
        ids = await fill(store)
        assert places(store.folder), "the canary was never there"
        await delete(store, ids)
        assert places(store.folder) == {}


async def test_words_of_an_expired_record_are_in_no_file(tmp_path: Path) -> None:
    """Its counts stay, with the names they are counted under; its words do not."""
    async with opened(tmp_path / "data") as store:
        await store.submit({"feedback_type": "feature_request", "feature_description": CANARY})
        assert places(store.folder)
        assert await jobs.hold_quota(store.chores(quota_bytes=0)) == 1
        assert places(store.folder) == {}


async def test_deleted_while_somebody_reads_is_gone_once_the_job_ran(tmp_path: Path) -> None:
    """A reader of the old state keeps it in the WAL; nobody who deletes waits for him."""
    async with opened(tmp_path / "data") as store:
        ids = await fill(store)
        with store.looked_at() as other:
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM record").fetchone()
            began = time.monotonic()
            await undo_each(store, ids)
            assert time.monotonic() - began < 1
            assert places(store.folder)
            await jobs.erase(store.chores())
            assert store.database.erasing
        await jobs.erase(store.chores())
        assert places(store.folder) == {}
        assert not store.database.erasing


@contextlib.contextmanager
def reading(data_dir: Path) -> Iterator[None]:
    """Somebody who holds on to the present state."""
    path = f"{(data_dir / 'feedback.db').as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(path, uri=True, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM record").fetchone()
        yield


def wait_until_gone(data_dir: Path) -> None:
    """The job that erases runs at the start."""
    until = time.monotonic() + GONE_SECONDS
    while places(data_dir):
        assert time.monotonic() < until, places(data_dir)


def sent(daemon: Daemon) -> list[str]:
    """The canaries."""
    with daemon.caller() as caller:
        return [caller.post("/v1/feedback", body).json["feedback_id"] for body in BODIES]


def test_killed_before_the_wal_was_emptied_is_gone_after_the_next_start(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with start(data_dir) as daemon:
        ids = sent(daemon)
        with reading(data_dir):
            with daemon.caller() as caller:
                assert {caller.delete(f"/v1/feedback/{id_}").status for id_ in ids} == {200}
            daemon.kill()
    assert places(data_dir)
    with start(data_dir):
        wait_until_gone(data_dir)


def test_purge_over_http_leaves_nothing_in_any_file(tmp_path: Path) -> None:
    """Logs and the discovery file included."""
    data_dir = tmp_path / "data"
    with start(data_dir, settings={"LOG_LEVEL": "debug"}) as daemon:
        sent(daemon)
        with daemon.caller(manages=True) as owner:
            assert len(owner.rows("/v1/feedback")) == len(BODIES)
            assert owner.post("/v1/purge", {"product_id": CANARY}).json == {"deleted": len(BODIES)}
        wait_until_gone(data_dir)
        assert daemon.stop() == 0
    assert places(data_dir) == {}
