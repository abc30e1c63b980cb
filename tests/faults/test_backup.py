"""Backup while records come in, and back again; what is no whole backup of ours is refused."""

import contextlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from sidecar import home
from sidecar.errors import NotFound, UsageError
from sidecar.store import backup
from sidecar.store.connection import FILE_NAME
from sidecar.store.database import Database
from tests.support.daemon import Daemon, start
from tests.support.disks import small_disk
from tests.support.feedback import Body, rating
from tests.support.local_store import SetClock
from tests.support.recount import check_whole
from tests.support.writers import Crowd

KEYED: Final[Body] = {
    "feedback_type": "rating",
    "model": "mistral:7b",
    "rating": 4,
    "idempotency_key": "once",
}
DIE_AT: Final = Path(__file__).parents[1] / "support" / "die_at.py"
BACKUP_SECONDS: Final = 20.0  # of a file of 64 MiB; it takes .2; begun anew after each commit, it never ends


def command(*words: str) -> subprocess.CompletedProcess[str]:
    """`sidecar …`, as a person calls it."""
    program = [sys.executable, "-m", "sidecar", *words]
    return subprocess.run(
        program, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
    )


def ids(path: Path) -> set[str]:
    """The records of a database or a backup, after a look at everything in it."""
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        check_whole(connection)
        return {id_ for (id_,) in connection.execute("SELECT lower(hex(id)) FROM record")}


def fill(daemon: Daemon) -> set[str]:
    """A thousand records."""
    rng = random.Random("backup")
    with daemon.caller() as caller:
        batches = [{"records": [rating(rng) for _ in range(500)]} for _ in range(2)]
        answers = [caller.post("/v1/feedback/batch", batch) for batch in batches]
    assert {answer.status for answer in answers} == {201}
    return {result["feedback_id"] for answer in answers for result in answer.json["results"]}


def grow(data_dir: Path) -> None:
    """To 64 MiB, so that many commits come while it is copied."""
    with contextlib.closing(sqlite3.connect(data_dir / "feedback.db")) as connection, connection:
        connection.execute("INSERT INTO request_text SELECT seq, hex(randomblob(32000)) FROM record")


def test_backup_while_sixteen_write_ends_soon_and_is_whole(tmp_path: Path) -> None:
    """Everything that was acknowledged before it began is in it, nothing twice, cells equal records."""
    data_dir, target, crowd, took = tmp_path / "data", tmp_path / "copy", Crowd("backup"), list[float]()
    with start(data_dir) as daemon:
        before = fill(daemon)
        assert daemon.stop() == 0
    grow(data_dir)
    with start(data_dir) as daemon:

        def copy() -> None:
            known = {id_ for writer in crowd.writers for id_ in writer.kept}
            began = time.monotonic()
            backup.back_up(data_dir / "feedback.db", target, bytes(32))
            took.append(time.monotonic() - began)
            gone = {id_ for writer in crowd.writers for id_ in writer.gone}
            assert before | (known - gone) <= ids(target)
            daemon.kill()

        crowd.rush(daemon.caller, 100, copy)
    assert took[0] < BACKUP_SECONDS
    assert backup.check(target) == bytes(32)


def test_restored_backup_has_its_records_and_its_keys(tmp_path: Path) -> None:
    """Also on another machine: the salt that the keys need travels along, outside of the database."""
    data_dir, other, file = tmp_path / "data", tmp_path / "other", tmp_path / "copy"
    with start(data_dir) as daemon:
        with daemon.caller() as caller:
            first = caller.post("/v1/feedback", KEYED).json["feedback_id"]
            assert command("backup", str(file), "--data-dir", str(data_dir)).returncode == 0
            later = caller.post("/v1/feedback", rating(random.Random(1))).json["feedback_id"]
        assert daemon.stop() == 0
    for folder in (data_dir, other):
        restored = command("restore", str(file), "--yes", "--data-dir", str(folder))
        assert restored.returncode == 0, restored.stderr
        with start(folder) as daemon, daemon.caller(manages=True) as owner:
            assert [row["feedback_id"] for row in owner.rows("/v1/feedback")] == [first]
            again = owner.post("/v1/feedback", KEYED)
            assert (again.status, again.json["feedback_id"]) == (200, first)
            assert daemon.stop() == 0
        assert ids(folder / "feedback.db") == {first}
        with contextlib.closing(sqlite3.connect(folder / "feedback.db")) as connection:
            salts = connection.execute("SELECT count(*) FROM meta WHERE name = 'privacy_salt'").fetchone()
        assert salts == (0,)
    assert later != first


def test_restore_refuses_while_a_daemon_runs(tmp_path: Path) -> None:
    data_dir, file = tmp_path / "data", tmp_path / "copy"
    with start(data_dir) as daemon, daemon.caller(manages=True) as owner:
        assert command("backup", str(file), "--data-dir", str(data_dir)).returncode == 0
        id_ = owner.post("/v1/feedback", KEYED).json["feedback_id"]
        refused = command("restore", str(file), "--yes", "--data-dir", str(data_dir))
        assert refused.returncode == 1
        assert "Traceback" not in refused.stderr
        assert [row["feedback_id"] for row in owner.rows("/v1/feedback")] == [id_]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A stopped daemon's directory, and a backup of it."""
    folder = tmp_path_factory.mktemp("made")
    data_dir, file = folder / "data", folder / "copy"
    with start(data_dir) as daemon:
        fill(daemon)
        assert daemon.stop() == 0
    backup.back_up(data_dir / "feedback.db", file, bytes(32))
    return data_dir, file


def damaged(file: Path) -> None:
    """A page in the middle is garbage."""
    with file.open("r+b") as content:
        content.seek(file.stat().st_size // 2 // 4096 * 4096)
        content.write(random.Random("page").randbytes(4096))


def cut(file: Path) -> None:
    """The copying stopped halfway."""
    with file.open("r+b") as content:
        content.truncate(file.stat().st_size // 2)


def newer(file: Path) -> None:
    """Made by a later version."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")


def foreign(file: Path) -> None:
    """A database of another program."""
    file.unlink()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE diary (day TEXT)")


def empty(file: Path) -> None:
    """Nothing."""
    file.write_bytes(b"")


def words(file: Path) -> None:
    """No database at all."""
    file.write_text("Dear diary,\n")


def live(file: Path) -> None:
    """A copied database: it lacks its salt, so its keys would be forgotten."""
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM meta WHERE name = 'privacy_salt'")


@pytest.mark.parametrize("harm", [damaged, cut, newer, foreign, empty, words, live])
def test_what_is_no_whole_backup_of_ours_is_refused_and_nothing_changes(
    made: tuple[Path, Path], tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    data_dir, file = tmp_path / "data", tmp_path / "copy"
    shutil.copytree(made[0], data_dir)
    shutil.copyfile(made[1], file)
    harm(file)
    before = {path.name: path.read_bytes() for path in data_dir.iterdir() if path.is_file()}
    with pytest.raises(UsageError):
        backup.check(file)
    refused = command("restore", str(file), "--yes", "--data-dir", str(data_dir))
    assert refused.returncode != 0
    assert "Traceback" not in refused.stderr
    assert {path.name: path.read_bytes() for path in data_dir.iterdir() if path.is_file()} == before


def test_backup_does_not_write_over_a_file(made: tuple[Path, Path], tmp_path: Path) -> None:
    file = tmp_path / "precious"
    file.write_text("not yours\n")
    with pytest.raises(UsageError):
        backup.back_up(made[0] / "feedback.db", file, bytes(32))
    assert file.read_text() == "not yours\n"


def test_backup_of_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        backup.back_up(tmp_path / "feedback.db", tmp_path / "copy", bytes(32))
    assert not (tmp_path / "copy").exists()


def test_backup_is_private(made: tuple[Path, Path]) -> None:
    assert made[1].stat().st_mode & 0o777 == 0o600


def test_backup_to_a_full_disk_leaves_no_half_backup(made: tuple[Path, Path], tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        disk.fill(64 * 1024)
        file = disk.path / "copy"
        told = command("backup", str(file), "--data-dir", str(made[0]))
        assert told.returncode == 1
        assert "Traceback" not in told.stderr
        assert "space" in told.stderr
        assert not file.exists()


def state(folder: Path) -> tuple[str, frozenset[str]]:
    """The salt and the records that the next daemon goes on with."""
    database = Database(folder, SetClock())
    database.open()
    backup.settle_salt(database.connection, folder)
    database.close()
    return home.secret(folder, home.SALT_FILE), frozenset(ids(folder / FILE_NAME))


def test_restore_killed_at_any_step_leaves_the_old_store_or_the_new_one(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    """Records and salt together: with the salt of the other one every key would be forgotten."""
    killed, done = tmp_path / "killed", False
    with start(killed) as daemon, daemon.caller() as caller:
        assert caller.post("/v1/feedback", KEYED).status == 201
        daemon.kill()  # what was acknowledged is in the WAL alone
    old = state(shutil.copytree(killed, tmp_path / "old"))
    new = (bytes(32).hex(), frozenset(ids(made[1])))
    met = []
    for step in range(1, 40):
        folder = shutil.copytree(killed, tmp_path / f"step {step}")
        words = [str(DIE_AT), str(step), "restore", str(made[1]), "--yes", "--data-dir", str(folder)]
        ended = subprocess.run([sys.executable, *words], capture_output=True, check=False)
        met.append(state(folder))
        assert met[-1] in {old, new}, f"after step {step}"
        done = ended.returncode == 0
        if done:
            break
        assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert done
    assert {old, new} <= set(met[:-1]), "no step was met on both sides of the rename"


def test_backup_after_a_restore_that_was_cut_short_has_the_salt_of_its_keys(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    """The salt still stands in the file, and the one beside it is another install's."""
    folder, file = tmp_path / "data", tmp_path / "copy"
    folder.mkdir()
    shutil.copyfile(made[1], folder / FILE_NAME)
    backup.back_up(folder / FILE_NAME, file, bytes([1] * 32))
    assert backup.check(file) == bytes(32)


def test_doctor_finds_nothing_wrong_after_a_restore_into_an_empty_directory(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "fresh"
    assert command("restore", str(made[1]), "--yes", "--data-dir", str(folder)).returncode == 0
    told = command("doctor", "--data-dir", str(folder))
    assert (told.returncode, "WRONG" in told.stdout) == (0, False), told.stdout


def test_restore_on_a_full_disk_keeps_what_was_there(made: tuple[Path, Path], tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        data_dir = disk.path / "data"
        with start(data_dir) as daemon, daemon.caller() as caller:
            id_ = caller.post("/v1/feedback", KEYED).json["feedback_id"]
            assert daemon.stop() == 0
        disk.fill(64 * 1024)  # a start needs a little less, the backup more
        told = command("restore", str(made[1]), "--yes", "--data-dir", str(data_dir))
        assert told.returncode == 1
        assert "Traceback" not in told.stderr
        with start(data_dir) as daemon, daemon.caller(manages=True) as owner:
            assert [row["feedback_id"] for row in owner.rows("/v1/feedback")] == [id_]
