"""A damaged file: set aside under a name that is told, never deleted, and the daemon serves again at once."""

import random
import shutil
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.damage import WAYS, garbage_everywhere_but_the_first_page, no_database_at_all
from tests.support.disks import small_disk
from tests.support.feedback import feedback, rating
from tests.support.recount import check_whole, losses, opened_copy

BATCHES: Final = 8  # of 250 records: a file of a few hundred pages
AGAIN_SECONDS: Final = 2.0  # after the damage is met


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a daemon that stored some hundred pages of records and was stopped."""
    rng, data_dir = random.Random("damage"), tmp_path_factory.mktemp("whole") / "data"
    with start(data_dir, settings={"RATE_LIMIT": "off"}) as daemon:
        with daemon.caller() as caller:
            for _ in range(BATCHES):
                batch = {"records": [feedback(rng, "app") for _ in range(250)]}
                assert caller.post("/v1/feedback/batch", batch).status == 201
        assert daemon.stop() == 0
    return data_dir


@pytest.fixture
def data_dir(whole: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return shutil.copytree(whole, tmp_path / "data")


def stored_one(caller: Caller) -> str:
    """A record, acknowledged."""
    answer = caller.post("/v1/feedback", feedback(random.Random("after"), "after"))
    assert answer.status == 201, answer.body
    return str(answer.json["feedback_id"])


def meet_the_damage(daemon: Daemon) -> float:
    """Write and read until it is noticed; returns when that began, or fails when it never is.

    A page is read when it is needed. Listing and exporting need every page of records, storing needs those of
    its index: whatever is damaged is met by one of them.
    """
    began = time.monotonic()
    with daemon.caller() as caller, daemon.caller(manages=True) as owner:
        for _ in range(200):
            began = time.monotonic()
            answers = [
                caller.post("/v1/feedback", feedback(random.Random("meet"), "app")),
                owner.get("/v1/feedback?limit=2000"),
                owner.get("/v1/insights/ratings"),
                owner.get("/v1/ledger"),
            ]
            assert {answer.status for answer in answers} <= {200, 201, 503}
            if set_aside(daemon.data_dir):
                return began
    raise AssertionError("the damage was never noticed")


def set_aside(data_dir: Path) -> list[Path]:
    """The damaged files, without their WAL."""
    return list(data_dir.glob("feedback.db.corrupt-*Z"))


def must_be_told(daemon: Daemon, damaged: bytes | None) -> None:
    """The file is kept as it was, private, named in the health notes and counted in the ledger."""
    (aside,) = set_aside(daemon.data_dir)
    if damaged is not None:
        assert aside.read_bytes() == damaged
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    with daemon.caller(manages=True) as owner:
        assert any(aside.name in note for note in owner.get("/healthz").json["notes"])
    assert losses(daemon.data_dir)["database", "corrupt"] == 1


@pytest.mark.parametrize("damage", WAYS, ids=lambda way: way.__name__)
def test_file_damaged_before_the_start_is_set_aside(
    data_dir: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    damage(data_dir / "feedback.db")
    damaged = (data_dir / "feedback.db").read_bytes()
    with start(data_dir) as daemon:
        noticed_at_start = bool(set_aside(data_dir))
        began = time.monotonic() if noticed_at_start else meet_the_damage(daemon)
        with daemon.caller() as caller:
            id_ = stored_one(caller)
        assert time.monotonic() - began < AGAIN_SECONDS
        must_be_told(daemon, damaged if noticed_at_start else None)
        with daemon.caller(manages=True) as owner:
            assert id_ in {row["feedback_id"] for row in owner.rows("/v1/feedback")}
        daemon.kill()
    with opened_copy(data_dir, tmp_path / "scratch") as connection:
        check_whole(connection)


@pytest.mark.parametrize(
    "damage", [garbage_everywhere_but_the_first_page, no_database_at_all], ids=lambda way: way.__name__
)
def test_file_damaged_while_running_is_set_aside(
    data_dir: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    with start(data_dir) as daemon:
        with daemon.caller() as caller:  # an undone record empties the WAL: every page is in the file alone
            assert caller.delete(f"/v1/feedback/{stored_one(caller)}").status == 200
        damage(data_dir / "feedback.db")
        began = meet_the_damage(daemon)
        with daemon.caller() as caller:
            id_ = stored_one(caller)
        assert time.monotonic() - began < AGAIN_SECONDS
        must_be_told(daemon, None)
        with daemon.caller(manages=True) as owner:
            assert id_ in {row["feedback_id"] for row in owner.rows("/v1/feedback")}
        daemon.kill()
    with opened_copy(data_dir, tmp_path / "scratch") as connection:
        check_whole(connection)


def test_request_that_meets_the_damage_is_stored_in_the_new_file(data_dir: Path) -> None:
    """Nobody is told 201 for a record that went down with the damaged file after it was noticed."""
    garbage_everywhere_but_the_first_page(data_dir / "feedback.db")
    with (
        start(data_dir, settings={"RATE_LIMIT": "off"}) as daemon,
        daemon.caller() as caller,
        daemon.caller(manages=True) as owner,
    ):
        told = {stored_one(caller) for _ in range(20)}
        assert told <= {row["feedback_id"] for row in owner.rows("/v1/feedback")}


def test_second_damage_is_set_aside_beside_the_first(data_dir: Path) -> None:
    for count in (1, 2):
        no_database_at_all(data_dir / "feedback.db")
        with start(data_dir) as daemon:
            assert len(set_aside(data_dir)) == count
            assert daemon.stop() == 0


def test_missing_wal_leaves_a_whole_older_store(data_dir: Path, tmp_path: Path) -> None:
    """Somebody deleted the WAL of a killed daemon: what it held is gone, but nothing contradicts itself."""
    with start(data_dir) as daemon, daemon.caller() as caller:
        stored_one(caller)
        daemon.kill()
    (data_dir / "feedback.db-wal").unlink()
    with start(data_dir) as daemon:
        with daemon.caller() as caller:
            stored_one(caller)
        daemon.kill()
    with opened_copy(data_dir, tmp_path / "scratch") as connection:
        check_whole(connection)


def test_full_disk_while_a_damaged_file_is_replaced_is_survived(whole: Path, tmp_path: Path) -> None:
    """No new file can be made at that moment: callers are told, and it is made when there is space."""
    with small_disk(tmp_path / "disk") as disk:
        data_dir = shutil.copytree(whole, disk.path / "data")
        with start(data_dir) as daemon, daemon.caller() as caller:
            assert caller.delete(f"/v1/feedback/{stored_one(caller)}").status == 200
            disk.fill()
            garbage_everywhere_but_the_first_page(data_dir / "feedback.db")
            with daemon.caller(manages=True) as owner:
                assert owner.get("/v1/feedback?limit=2000").status in {503, 507}
            assert set_aside(data_dir)
            for number in range(3):
                answer = caller.post("/v1/feedback", rating(random.Random(number)))
                assert answer.status in {503, 507}
                assert int(answer.headers["retry-after"]) >= 1
            disk.free()
            stored_one(caller)
            must_be_told(daemon, None)
