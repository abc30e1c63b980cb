"""`sidecar doctor` finds what is wrong, says what to do, and changes nothing."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support import daemon
from tests.support.daemon import Daemon
from tests.support.shell import Shell

RATING = {"feedback_type": "rating", "model": "llama3.1:8b", "rating": 4, "task_category": "chat"}


@pytest.fixture(scope="module")
def three_ratings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a daemon that was stopped leaves behind."""
    folder = tmp_path_factory.mktemp("doctor") / "data"
    with daemon.start(folder) as running:
        with running.caller() as caller:
            for _ in range(3):
                assert caller.post("/v1/feedback", RATING).status == 201
        assert running.stop() == 0
    return folder


@pytest.fixture
def new(tmp_path: Path) -> Shell:
    """Somebody who never started a daemon."""
    return Shell(tmp_path)


@pytest.fixture
def shell(new: Shell, three_ratings: Path) -> Shell:
    """The owner of three ratings, whose daemon is stopped."""
    shutil.copytree(three_ratings, new.data_dir)
    return new


@pytest.fixture
def running(shell: Shell) -> Iterator[Daemon]:
    """Their daemon."""
    with daemon.start(shell.data_dir) as found:
        yield found


def wrong(shell: Shell) -> list[dict[str, Any]]:
    """What the doctor calls wrong; the exit code has to agree, and each finding to say what to do."""
    said = shell("doctor", "--json")
    found = said._replace(code=0).json
    faults = [finding for finding in found["findings"] if finding["level"] == "wrong"]
    assert found["healthy"] == (not faults)
    assert said.code == (1 if faults else 0)
    assert all(finding["remedy"] for finding in found["findings"] if finding["level"] != "ok")
    return faults


def change(shell: Shell, sql: str) -> None:
    with closing(sqlite3.connect(shell.data_dir / "feedback.db")) as connection, connection:
        assert connection.execute(sql).rowcount


def test_a_healthy_daemon_is_healthy_up_and_down(shell: Shell, running: Daemon) -> None:
    assert wrong(shell) == []
    assert "WRONG" not in shell("doctor").out
    running.stop()
    assert wrong(shell) == []


def test_before_the_first_start_nothing_is_wrong_and_nothing_is_made(new: Shell) -> None:
    assert wrong(new) == []
    assert not new.data_dir.exists()


def test_a_killed_daemon_is_a_note(shell: Shell, running: Daemon) -> None:
    running.kill()
    assert wrong(shell) == []
    notes = [found for found in shell("doctor", "--json").json["findings"] if found["check"] == "daemon"]
    assert "was killed" in notes[0]["words"]


@pytest.mark.parametrize("path", [".", "feedback.db", "manage-token"])
def test_a_path_that_others_may_open_is_found(shell: Shell, path: str) -> None:
    target = shell.data_dir / path
    target.chmod(0o755 if path == "." else 0o644)
    (fault,) = wrong(shell)
    assert fault["check"] == "permissions"
    assert fault["remedy"] == f"run: chmod go-rwx {target}"
    shown = shell("doctor")
    assert (shown.code, f"WRONG permissions: {fault['words']}\n" in shown.out) == (1, True)
    assert fault["remedy"] in shown.out


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE cell SET n = n + 1 WHERE measure = 'rating:4'",
        "UPDATE cell SET n = n - 1 WHERE measure = 'rating:4'",
        "UPDATE cell SET measure = 'rating:5' WHERE measure = 'rating:4'",
        "DELETE FROM record WHERE seq = 1",
        "UPDATE record SET rating = 5 WHERE seq = 1",
    ],
)
def test_counters_that_do_not_equal_the_records_are_found(shell: Shell, sql: str) -> None:
    change(shell, sql)
    (fault,) = wrong(shell)
    assert fault["check"] == "counters"


def test_counters_of_expired_records_are_no_fault(shell: Shell) -> None:
    change(shell, "DELETE FROM record WHERE seq = 1")
    change(shell, "INSERT INTO ledger VALUES (2900, 'rating', 'expired', 1)")
    assert wrong(shell) == []
    change(shell, "UPDATE record SET rating = 5 WHERE seq = 2")
    assert [fault["check"] for fault in wrong(shell)] == ["counters"], "a record without its counter is one"


def test_a_damaged_database_is_found(shell: Shell) -> None:
    path = shell.data_dir / "feedback.db"
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    path.write_bytes(content)
    assert "database" in {fault["check"] for fault in wrong(shell)}
    path.write_bytes(b"no database" * 1000)
    assert "database" in {fault["check"] for fault in wrong(shell)}


def test_a_clock_that_was_ahead_is_found(shell: Shell) -> None:
    change(shell, "UPDATE record SET week = week + 9")
    change(shell, "UPDATE cell SET week = week + 9")
    assert [fault["check"] for fault in wrong(shell)] == ["clock"]


def test_a_product_file_that_cannot_be_used_is_found(shell: Shell) -> None:
    folder = shell.data_dir / "products.d"
    folder.mkdir()
    (folder / "app.toml").write_text('tasks = ["chat"]\n')
    (fault,) = wrong(shell)
    assert (fault["check"], "app.toml" in fault["words"]) == ("product files", True)


def test_secrets_that_are_gone_are_found(shell: Shell) -> None:
    (shell.data_dir / "manage-token").unlink()
    (shell.data_dir / "privacy-salt").unlink()
    assert [fault["check"] for fault in wrong(shell)] == ["secrets", "secrets"]


def test_a_process_that_holds_the_directory_and_does_not_answer_is_found(
    shell: Shell, running: Daemon
) -> None:
    (shell.data_dir / "run" / "endpoint.json").unlink()
    (fault,) = wrong(shell)
    assert (fault["check"], str(running.pid) in fault["words"]) == ("daemon", True)


def test_logged_errors_and_refused_spool_files_are_notes(shell: Shell) -> None:
    log = shell.data_dir / "log" / "sidecar.log"
    log.write_text("2026-11-01 10:00:00,000 ERROR sidecar.api.app: a handler failed\nTraceback ...\n")
    (shell.data_dir / "spool").mkdir(mode=0o700, exist_ok=True)
    (shell.data_dir / "spool" / f"{'0' * 32}.refused").write_text("{}")
    assert wrong(shell) == []
    found = {finding["check"]: finding for finding in shell("doctor", "--json").json["findings"]}
    assert (found["log"]["level"], found["log"]["words"]) == ("note", "1 errors")
    assert found["left over"]["level"] == "note"


def test_the_doctor_changes_nothing(shell: Shell) -> None:
    paths = sorted(path for path in shell.data_dir.rglob("*") if path.is_file() and path.name != "lock")
    before = {path: path.read_bytes() for path in paths}
    assert wrong(shell) == []
    assert {path: path.read_bytes() for path in paths} == before


@pytest.mark.parametrize(
    ("reason", "told"),
    [("corrupt", "brings over what can be read of it; then "), ("replaced", "never reads it; ")],
)
def test_a_file_that_was_set_aside_is_the_owners_to_remove(shell: Shell, reason: str, told: str) -> None:
    """Nobody is sent to `purge` for it: that takes every record along."""
    name = f"feedback.db.{reason}-20261123T120000.000000Z"
    (shell.data_dir / name).write_bytes(b"pages")
    (shell.data_dir / name).chmod(0o600)
    found = shell("doctor", "--json").json["findings"]
    (finding,) = [each for each in found if name in each["words"]]
    assert finding["level"] == "note"
    assert finding["remedy"] == (
        f"the daemon {told}remove the file yourself when you no longer need it "
        "(`sidecar purge` would delete every record as well)"
    )
