"""Somebody removes or replaces the database under a running daemon: what was acknowledged stays."""

import contextlib
import errno
import random
import shutil
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from sidecar import jobs
from sidecar.errors import StoreUnavailable
from sidecar.store import rescue
from tests.support.caller import Caller
from tests.support.daemon import start
from tests.support.feedback import Body, rating
from tests.support.local_store import opened
from tests.support.recount import check_whole, opened_copy

RATING: Final[Body] = {"feedback_type": "rating", "model": "mistral:7b", "rating": 4}


def tell(caller: Caller, count: int, seed: str) -> set[str]:
    """Records, each acknowledged."""
    rng = random.Random(seed)
    answers = [caller.post("/v1/feedback", rating(rng)) for _ in range(count)]
    assert {answer.status for answer in answers} == {201}
    return {answer.json["feedback_id"] for answer in answers}


def stored(data_dir: Path, scratch: Path) -> set[str]:
    """What the file holds, after a look at everything in it."""
    with opened_copy(data_dir, scratch) as connection:
        check_whole(connection)
        return {id_ for (id_,) in connection.execute("SELECT lower(hex(id)) FROM record")}


def remove_file(path: Path) -> None:
    """The database alone."""
    path.unlink()


def remove_wal(path: Path) -> None:
    """What looks like rubbish beside it."""
    Path(f"{path}-wal").unlink()


def remove_all(path: Path) -> None:
    """Everything."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink()


def move_away(path: Path) -> None:
    """To another name."""
    path.rename(path.with_name("elsewhere"))


def replace_by_an_older_one(path: Path) -> None:
    """As a program does that keeps folders in step."""
    shutil.copyfile(path, path.with_name("older"))
    path.with_name("older").replace(path)


def replace_by_a_letter(path: Path) -> None:
    """By no database at all."""
    path.with_name("letter").write_text("Dear diary\n")
    path.with_name("letter").replace(path)


WAYS: Final = [remove_file, remove_wal, remove_all, move_away, replace_by_an_older_one, replace_by_a_letter]


@pytest.mark.parametrize("harm", WAYS, ids=lambda way: way.__name__)
def test_what_is_acknowledged_after_the_file_was_displaced_survives_a_kill(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    """Four more: file and WAL are looked at in turn, and each answer stands for itself."""
    data_dir = tmp_path / "data"
    with start(data_dir).ready() as daemon, daemon.caller(manages=True) as owner:
        told = tell(owner, 5, "before")
        harm(data_dir / "feedback.db")
        told |= tell(owner, 4, "after")
        assert {row["feedback_id"] for row in owner.rows("/v1/feedback")} == told
        assert any("removed or replaced" in note for note in owner.get("/healthz").json["notes"])
        daemon.kill()
    assert stored(data_dir, tmp_path / "scratch") == told
    with start(data_dir).ready() as daemon, daemon.caller(manages=True) as owner:
        assert {row["feedback_id"] for row in owner.rows("/v1/feedback")} == told


def test_file_that_was_put_in_our_place_is_kept(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with start(data_dir).ready() as daemon, daemon.caller(manages=True) as owner:
        tell(owner, 1, "before")
        replace_by_a_letter(data_dir / "feedback.db")
        (data_dir / "feedback.db").chmod(0o644)
        tell(owner, 2, "after")
        (kept,) = data_dir.glob("feedback.db.replaced-*Z")
        assert kept.read_text() == "Dear diary\n"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert any(kept.name in note for note in owner.get("/healthz").json["notes"])


@pytest.mark.parametrize("harm", WAYS, ids=lambda way: way.__name__)
def test_file_that_was_displaced_while_nothing_is_written_is_back_after_a_stop(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    data_dir = tmp_path / "data"
    with start(data_dir).ready() as daemon, daemon.caller(manages=True) as owner:
        told = tell(owner, 5, "before")
        harm(data_dir / "feedback.db")
        assert daemon.stop() == 0
    assert stored(data_dir, tmp_path / "scratch") == told


async def test_job_puts_a_removed_file_back_without_traffic(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as store:
        await store.submit(RATING)
        remove_all(store.database.path)
        await jobs.look_at_place(store.chores())
        assert store.count("record") == 1


def test_directory_that_is_gone_refuses_and_acknowledges_nothing(tmp_path: Path) -> None:
    """There is no place to put it back to: a problem in words, and the next start begins anew."""
    data_dir = tmp_path / "data"
    with start(data_dir).ready() as daemon, daemon.caller() as caller:
        tell(caller, 2, "before")
        shutil.rmtree(data_dir)
        for _ in range(3):
            answer = caller.post("/v1/feedback", RATING)
            assert (answer.status, answer.json["type"]) == (503, "/problems/store-unavailable")
            assert "removed or replaced" in answer.json["detail"]
            assert int(answer.headers["retry-after"]) >= 1
        data_dir.mkdir(mode=0o700)
        assert len(tell(caller, 2, "after")) == 2
        daemon.kill()
    assert len(stored(data_dir, tmp_path / "scratch")) == 4


async def test_file_that_vanishes_again_and_again_is_a_problem_not_a_bug(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as store:
        put_back = store.database._put_back  # noqa: SLF001  # removed again before anything is written

        def in_vain() -> None:
            put_back()
            remove_all(store.database.path)

        store.database._put_back = in_vain  # type: ignore[method-assign]  # noqa: SLF001  # as above
        remove_all(store.database.path)
        with pytest.raises(StoreUnavailable):
            await store.submit(RATING)
        store.database._put_back = put_back  # type: ignore[method-assign]  # noqa: SLF001  # and now it stays
        await store.submit(RATING)
        assert store.count("record") == 1


async def test_copy_of_a_rescue_that_was_killed_is_taken_up(tmp_path: Path) -> None:
    """Between the removal of what stood there and the rename."""
    async with opened(tmp_path / "data") as store:
        await store.submit(RATING)
    path = tmp_path / "data" / "feedback.db"
    path.rename(path.with_name("feedback.db.rescued"))
    async with opened(tmp_path / "data") as store:
        assert store.count("record") == 1


@pytest.mark.parametrize("harm", WAYS, ids=lambda way: way.__name__)
async def test_kill_while_the_file_is_put_back_loses_nothing(
    tmp_path: Path, harm: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader hinders the checkpoint: what a kill would leave is looked at."""
    left = tmp_path / "left"

    def killed(_: Path, path: Path) -> None:
        shutil.copytree(path.parent, left)
        raise OSError(errno.EIO, "as far as it came")

    async with opened(tmp_path / "data") as store:
        for _ in range(3):
            await store.submit(RATING)
        with contextlib.closing(sqlite3.connect(store.database.path)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM record").fetchone()
            await store.submit(RATING)
            harm(store.database.path)
            with monkeypatch.context() as patch:
                patch.setattr(rescue, "_take_place", killed)
                with pytest.raises(StoreUnavailable):
                    store.database.look_at_place()
            assert not (store.database.path.parent / rescue.RESCUED).exists(), "it would fall behind"
    async with opened(left) as store:
        assert store.count("record") == 4
    assert not list(left.glob("feedback.db.rescu*"))


def test_half_a_copy_is_not_believed(tmp_path: Path) -> None:
    """A kill came while it was written."""
    data_dir = tmp_path / "data"
    with start(data_dir).ready() as daemon, daemon.caller() as caller:
        told = tell(caller, 2, "before")
        assert daemon.stop() == 0
    (data_dir / rescue.PART).write_bytes(b"half")
    with start(data_dir).ready() as daemon, daemon.caller(manages=True) as owner:
        assert {row["feedback_id"] for row in owner.rows("/v1/feedback")} == told
    assert not list(data_dir.glob("feedback.db.rescu*"))
