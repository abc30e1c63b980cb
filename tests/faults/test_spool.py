"""The spool: what was written while no daemon ran is taken in exactly once, whatever happens meanwhile."""

import contextlib
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from sidecar import spool
from sidecar.ingest.take_in import take_in
from tests.support.daemon import start
from tests.support.disks import small_disk
from tests.support.feedback import feedback
from tests.support.local_store import opened
from tests.support.recount import check_whole, opened_copy

FILES: Final = 80
SECONDS: Final = 30.0  # bounds a hang


def write(folder: Path, count: int = FILES) -> None:
    """As a client does."""
    rng = random.Random("spool")
    for number in range(count):
        spool.write(folder, feedback(rng, "app", f"key-{number}"))


def stored(data_dir: Path, scratch: Path) -> int:
    """Records in the file, after a look at everything in it."""
    with opened_copy(data_dir, scratch) as connection:
        if connection.execute("PRAGMA user_version").fetchone() == (0,):
            return 0
        check_whole(connection)
        return int(connection.execute("SELECT count(*) FROM record").fetchone()[0])


def test_kills_while_the_spool_is_taken_in_lose_and_double_nothing(tmp_path: Path) -> None:
    """Between a commit and the removal of its file, too: the key says that it was here before."""
    data_dir, rng = tmp_path / "data", random.Random("spool kills")
    data_dir.mkdir(mode=0o700)
    write(data_dir / "spool")
    for left in sorted(rng.sample(range(1, FILES), 4), reverse=True):
        with start(data_dir) as daemon:
            until_left(data_dir / "spool", left)
            daemon.kill()
        waiting = len(files(data_dir / "spool"))
        assert waiting <= left
        there = stored(data_dir, tmp_path / "scratch")
        assert there + waiting in {FILES, FILES + 1}, "lost, or counted twice"
    with start(data_dir) as daemon:
        until_left(data_dir / "spool", 0)
        daemon.kill()
    assert stored(data_dir, tmp_path / "scratch") == FILES


def files(folder: Path) -> list[Path]:
    """What waits."""
    return list(folder.glob("*.json"))


def until_left(folder: Path, count: int) -> None:
    """Return when so many wait; the job runs at the start."""
    until = time.monotonic() + SECONDS
    while len(files(folder)) > count:
        assert time.monotonic() < until, "the spool is not taken in"


def test_record_that_was_spooled_and_posted_counts_once(tmp_path: Path) -> None:
    """A client that got no answer spools what it had sent."""
    data_dir = tmp_path / "data"
    body = feedback(random.Random("twice"), "app", "twice")
    with start(data_dir) as daemon:
        with daemon.caller() as caller:
            assert caller.post("/v1/feedback", body).status == 201
        assert daemon.stop() == 0
    spool.write(data_dir / "spool", body)
    with start(data_dir) as daemon:
        until_left(data_dir / "spool", 0)
        daemon.kill()
    assert stored(data_dir, tmp_path / "scratch") == 1


async def test_file_that_is_none_holds_up_no_other(tmp_path: Path) -> None:
    """Torn, refused, a folder, a link, half-written: the good ones around them are stored."""
    folder = tmp_path / "data" / "spool"
    async with opened(tmp_path / "data") as store:
        write(folder, 2)
        (folder / f"{1:032x}.json").write_bytes(b'{"spool": 1, "rec')
        (folder / f"{2:032x}.json").write_bytes(b'{"spool": 1, "record": {"feedback_type": "rating"}}')
        (folder / f"{3:032x}.json").write_bytes(b'{"spool": 9, "record": {}}')
        (folder / f"{4:032x}.json").mkdir()
        (folder / f"{5:032x}.json").symlink_to(tmp_path / "data" / "feedback.db")
        (folder / f"{6:032x}.part").write_bytes(b"{")
        write(folder, 4)
        assert await take_in(folder, store.intake) == 4
        assert store.count("record") == 4
        left = {path.name for path in folder.iterdir()}
    assert left == {
        *(f"{number:032x}.refused" for number in (1, 2, 3, 4, 5)),
        f"{6:032x}.part",
    }


async def test_conflicting_record_is_set_aside_and_the_first_one_stays(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "spool"
    rng = random.Random("conflict")
    async with opened(tmp_path / "data") as store:
        spool.write(folder, feedback(rng, "app", "same"))
        assert await take_in(folder, store.intake) == 1
        spool.write(folder, feedback(rng, "app", "same") | {"product_version": "2"})
        assert await take_in(folder, store.intake) == 0
        assert store.count("record") == 1
        assert len(list(folder.glob("*.refused"))) == 1


def test_link_to_nowhere_hides_no_file_that_waits(tmp_path: Path) -> None:
    """It is listed too: who takes the spool in refuses it, and it is not met again."""
    write(tmp_path / "spool", 2)
    dangling = tmp_path / "spool" / f"{1:032x}.json"
    dangling.symlink_to(tmp_path / "gone")
    listed = spool.waiting(tmp_path / "spool")
    assert dangling in listed
    assert len(listed) == 3


def test_file_that_vanishes_under_the_look_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two may look at once: a daemon that takes the files in, and a command that counts them."""
    write(tmp_path / "spool", 3)
    list_folder = os.scandir

    @contextlib.contextmanager
    def taken_meanwhile(folder: Path) -> Iterator[Iterator[os.DirEntry[str]]]:
        with list_folder(folder) as entries:
            found = list(entries)
        Path(found[0].path).unlink()
        yield iter(found)

    monkeypatch.setattr(os, "scandir", taken_meanwhile)
    assert len(spool.waiting(tmp_path / "spool")) == 2


def test_full_disk_leaves_no_half_file_in_the_spool(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        write(disk.path / "spool", 1)
        disk.fill()
        with pytest.raises(OSError, match="No space"):
            write(disk.path / "spool", 1)
        assert [path.suffix for path in (disk.path / "spool").iterdir()] == [".json"]
