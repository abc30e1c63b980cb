"""Every command against a real daemon, and what it does without one."""

import json
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar import spool
from tests.support import daemon
from tests.support.daemon import Daemon
from tests.support.shell import Shell

WISH = "resume a download that broke off"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Somebody whose daemon does not run."""
    return Shell(tmp_path)


@pytest.fixture
def served(shell: Shell) -> Iterator[Daemon]:
    """Their daemon."""
    with daemon.start(shell.data_dir) as running:
        yield running


FOUR = (
    ("rate", "llama3.1:8b", "4", "--task", "chat", "--reason", "accurate,helpful", "--product", "app"),
    ("compare", "llama3.1:8b", "qwen2.5:7b", "--tie"),
    ("report-error", "out_of_memory", "CUDA out of memory"),
    ("request-feature", WISH),
)


@pytest.fixture
def filled(served: Daemon) -> Daemon:
    """A daemon that holds one rating, one comparison, one error and one wish."""
    bodies = (
        {
            "feedback_type": "rating",
            "model": "llama3.1:8b",
            "rating": 4,
            "task_category": "chat",
            "product_id": "app",
        },
        {"feedback_type": "comparison", "preferred": "llama3.1:8b", "alternative": "qwen2.5:7b", "tie": True},
        {
            "feedback_type": "error_report",
            "error_type": "out_of_memory",
            "error_message": "CUDA out of memory",
        },
        {"feedback_type": "feature_request", "feature_description": WISH},
    )
    with served.caller() as caller:
        assert caller.post("/v1/feedback/batch", {"records": bodies}).status == 201
    return served


def test_what_the_shell_submits_is_what_the_daemon_stores(shell: Shell, served: Daemon) -> None:
    for words in FOUR:
        said = shell(*words)
        assert (said.code, "stored" in said.out) == (0, True), said
    with served.caller(manages=True) as caller:
        rows = {row["feedback_type"]: row for row in caller.rows("/v1/feedback")}
    assert len(rows) == 4
    rated = rows["rating"]
    assert (rated["model"], rated["rating"], rated["task_category"]) == ("llama3.1:8b", 4, "chat")
    assert (rated["reasons"], rated["product_id"]) == (["accurate", "helpful"], "app")
    assert rows["comparison"]["tie"] is True
    assert rows["feature_request"]["feature_description"] == WISH
    exported = [json.loads(line) for line in shell("export").out.splitlines()]
    assert {row["feedback_type"]: row for row in exported} == rows


def test_an_answer_in_json_is_the_daemons_own(shell: Shell, served: Daemon) -> None:
    answer = shell("rate", "llama3.1:8b", "up", "--key", "k1", "--no-safe-to-share", "--json").json
    assert (answer["duplicate"], answer["shareable"]) == (False, {})
    again = shell("rate", "llama3.1:8b", "up", "--key", "k1", "--no-safe-to-share", "--json").json
    assert (again["duplicate"], again["feedback_id"]) == (True, answer["feedback_id"])
    assert shell("rate", "llama3.1:8b", "down", "--key", "k1").code == 1
    assert served.process.poll() is None


def test_a_message_can_come_from_stdin(shell: Shell, served: Daemon) -> None:
    said = shell("request-feature", "-", stdin=f"{WISH}\n")
    assert said.code == 0, said
    with served.caller(manages=True) as caller:
        assert [row["feature_description"] for row in caller.rows("/v1/feedback")] == [WISH]


@pytest.mark.parametrize(
    "words",
    [("insights", "ratings"), ("insights", "usage", "--json"), ("export",), ("purge", "--yes")],
    ids=" ".join,
)
def test_a_command_that_needs_the_daemon_says_so_and_ends_with_1(
    shell: Shell, words: tuple[str, ...]
) -> None:
    said = shell(*words)
    assert (said.code, said.out) == (1, "")
    assert said.err == "sidecar: no daemon answers; start it with `sidecar run`\n"


def test_a_killed_daemon_is_told_apart_from_a_wrong_token(shell: Shell, served: Daemon) -> None:
    served.kill()
    said = shell("insights", "ratings")
    assert (said.code, said.err) == (1, "sidecar: no daemon answers; start it with `sidecar run`\n")


def test_feedback_without_a_daemon_waits_and_is_taken_in_once(shell: Shell) -> None:
    said = shell("rate", "llama3.1:8b", "5", "--json")
    assert said.json == {"spooled": True}
    assert len(spool.waiting(shell.data_dir / "spool")) == 1
    assert shell("status", "--json").json["spool_waiting"] == 1
    with daemon.start(shell.data_dir) as running, running.caller(manages=True) as caller:
        ends_at = time.monotonic() + 30
        while not (rows := caller.rows("/v1/feedback")):
            assert time.monotonic() < ends_at, "the daemon does not take the spool in"
        assert [row["rating"] for row in rows] == [5]
        assert shell("status", "--json").json["spool_waiting"] == 0


def test_status_of_a_running_daemon(shell: Shell, filled: Daemon) -> None:
    found = shell("status", "--json").json
    assert filled.endpoint is not None
    assert (found["running"], found["url"], found["pid"]) == (True, filled.endpoint.url, filled.pid)
    assert (found["mode"], found["data_dir"]) == ("local", str(shell.data_dir))
    assert found["records"] == {"rating": 1, "comparison": 1, "error_report": 1, "feature_request": 1}
    assert found["size_bytes"] > 0
    assert found["ledger"] == found["set_aside"] == []
    shown = shell("status")
    assert shown.code == 0
    assert f"running on {filled.endpoint.url}" in shown.out


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_status_without_a_daemon_reads_the_disk_and_ends_with_0(
    shell: Shell, filled: Daemon, end: str
) -> None:
    getattr(filled, end)()
    found = shell("status", "--json").json
    assert (found["running"], found["url"], found["pid"]) == (False, None, None)
    assert found["records"] == {"rating": 1, "comparison": 1, "error_report": 1, "feature_request": 1}
    assert "not running" in shell("status").out


def test_status_before_the_first_start_makes_nothing(shell: Shell) -> None:
    found = shell("status", "--json").json
    assert (found["running"], found["records"]) == (False, {})
    assert not shell.data_dir.exists()


def test_status_names_a_database_that_was_set_aside(shell: Shell, filled: Daemon) -> None:
    filled.stop()
    path = shell.data_dir / "feedback.db"
    path.write_bytes(b"no database at all" * 512)
    with daemon.start(shell.data_dir) as running:
        (name,) = shell("status", "--json").json["set_aside"]
        assert (shell.data_dir / name).is_file()
        running.stop()
    found = shell("status", "--json").json
    assert found["set_aside"] == [name]
    assert [(line["kind"], line["reason"], line["n"]) for line in found["ledger"]] == [
        ("database", "corrupt", 1)
    ]
    assert name in shell("status").out


def test_the_token_is_printed_and_a_new_one_holds_at_once(shell: Shell, served: Daemon) -> None:
    old = served.token
    assert shell("token").out == f"{old}\n"
    new = shell("token", "rotate").out.strip()
    assert new == served.token != old
    with served.caller(manages=True) as caller:
        assert caller.get("/v1/ledger").status == 200
    if stat.S_IMODE((shell.data_dir / "manage-token").stat().st_mode) != 0o600:
        pytest.fail("the token can be read by others")
    assert shell("insights", "ratings").code == 0


def test_hardware_is_the_same_with_and_without_a_daemon(shell: Shell, served: Daemon) -> None:
    with served.caller() as caller:
        while caller.get("/readyz").status != 200:
            pass
    shell.environment["PATH"] = os.environ["PATH"]  # a vendor's tool has to be found by both
    inside = shell("hardware", "--json").json
    assert shell("hardware").out.startswith(f"{inside['hardware_bucket']}\n")
    served.stop()
    assert shell("hardware", "--json").json == inside


def test_insights_are_the_rows_of_the_route(shell: Shell, filled: Daemon) -> None:
    with filled.caller(manages=True) as caller:
        wanted = caller.get("/v1/insights/ratings?group_by=model&task_category=chat").json
    found = shell("insights", "ratings", "--group-by", "model", "--task", "chat", "--json").json
    assert found == wanted
    assert found["rows"][0]["counts"] == [0, 0, 0, 1, 0]
    shown = shell("insights", "ratings", "--group-by", "model").out
    assert "llama-3.1-8b" in shown
    assert "Not enough data" in shown
    assert shell("insights", "ratings", "--task", "math").out.startswith("nothing yet")
    assert shell("insights", "ratings", "--group-by", "mood").code == 2


def test_usage_is_shown_with_its_answer_rate(shell: Shell, served: Daemon) -> None:
    with served.caller() as caller:
        for action, count in (("asked", 10), ("dismissed", 4), ("generation", 3)):
            body = {"feedback_type": "usage_pattern", "action": action, "count": count}
            if action == "generation":
                body |= {"model": "llama3.1:8b", "tokens_per_second": 20.0}
            assert caller.post("/v1/feedback", body).status == 201
    shown = shell("insights", "usage").out
    assert "questions shown: 10, of them not dismissed: 6" in shown
    assert "llama-3.1-8b" in shown


def test_a_table_at_a_terminal_is_drawn_and_steers_nothing_else(shell: Shell, filled: Daemon) -> None:
    assert filled.process.poll() is None
    code, shown = shell.at_terminal("insights", "ratings", "--group-by", "model")
    assert code == 0
    assert "llama-3.1-8b" in shown


def test_an_export_into_a_file_is_whole_and_private(shell: Shell, filled: Daemon, tmp_path: Path) -> None:
    target = tmp_path / "feedback.csv"
    assert shell("export", "--format", "csv", "-o", target).code == 0
    lines = target.read_text().splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("feedback_id,feedback_type,week")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    filled.kill()
    before = target.read_bytes()
    assert shell("export", "-o", target).code == 1
    assert target.read_bytes() == before, "an export that failed took the place of a whole one"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_a_reader_that_goes_away_is_no_traceback(shell: Shell, filled: Daemon) -> None:
    assert filled.process.poll() is None
    process = shell.start("export")
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=30)
    assert "Traceback" not in err
    assert "Exception ignored" not in err


def test_purge_says_how_many_went_and_takes_only_the_product(shell: Shell, filled: Daemon) -> None:
    assert shell("purge", "--product", "app", "--yes").out == "1 records deleted\n"
    assert shell("status", "--json").json["records"].get("rating") is None
    assert shell("purge", "--yes").out == "3 records deleted\n"
    with filled.caller(manages=True) as caller:
        assert caller.rows("/v1/feedback") == []


def test_purge_asks_at_a_terminal_and_no_is_no(shell: Shell, filled: Daemon) -> None:
    code, shown = shell.at_terminal("purge", typed="n\n")
    assert code == 1
    assert "[y/N]" in shown
    with filled.caller(manages=True) as caller:
        assert len(caller.rows("/v1/feedback")) == 4
    assert shell.at_terminal("purge", typed="\x04")[0] == 1, "the end of what is typed is no yes"
    assert shell.at_terminal("purge", typed="y\n")[0] == 0
    with filled.caller(manages=True) as caller:
        assert caller.rows("/v1/feedback") == []


@pytest.mark.parametrize("state", ["daemon up", "daemon down"])
def test_a_backup_comes_back_with_its_records_and_its_keys(
    shell: Shell, filled: Daemon, tmp_path: Path, state: str
) -> None:
    key = ("rate", "mistral:7b", "2", "--key", "k1", "--json")
    first = shell(*key).json
    if state == "daemon down":
        filled.stop()
    target = tmp_path / "b"
    assert shell("backup", target).code == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert shell("backup", target).code == 2, "a backup that is there is not overwritten"
    if state == "daemon up":
        refused = shell("restore", target)
        assert (refused.code, "stop the daemon first" in refused.err) == (1, True)
        filled.stop()
    other = Shell(tmp_path / "elsewhere")
    assert other("restore", target).code == 0
    with daemon.start(other.data_dir) as running:
        assert other("status", "--json").json["records"]["rating"] == 2
        again = other(*key).json
        assert (again["duplicate"], again["feedback_id"]) == (True, first["feedback_id"])
        assert running.process.poll() is None
    assert other("doctor").code == 0


def test_what_is_no_backup_is_refused_and_the_records_stay(
    shell: Shell, filled: Daemon, tmp_path: Path
) -> None:
    filled.stop()
    junk = tmp_path / "junk"
    junk.write_bytes(b"no backup")
    before = (shell.data_dir / "feedback.db").read_bytes()
    for file in (junk, shell.data_dir / "feedback.db"):
        assert shell("restore", file).code == 2
    assert shell("restore", tmp_path / "missing").code == 1
    assert (shell.data_dir / "feedback.db").read_bytes() == before


def test_nothing_to_back_up_is_said_and_no_file_is_left(shell: Shell, tmp_path: Path) -> None:
    said = shell("backup", tmp_path / "b")
    assert (said.code, "nothing to back up" in said.err) == (1, True)
    assert not (tmp_path / "b").exists()


def test_restore_asks_at_a_terminal_before_records_are_replaced(
    shell: Shell, filled: Daemon, tmp_path: Path
) -> None:
    assert shell("backup", tmp_path / "b").code == 0
    filled.stop()
    before = (shell.data_dir / "feedback.db").read_bytes()
    assert shell.at_terminal("restore", tmp_path / "b", typed="n\n")[0] == 1
    assert (shell.data_dir / "feedback.db").read_bytes() == before
    assert shell.at_terminal("restore", tmp_path / "b", "--yes")[0] == 0


def test_the_service_is_printed_with_absolute_paths_and_the_named_configuration(
    shell: Shell, tmp_path: Path
) -> None:
    config = tmp_path / "my config.toml"
    config.write_text("retention_days = 30\n")
    printed = shell("service", "print", "--config", config).out
    assert str(shell.data_dir) in printed
    assert str(config) in printed
    assert shell("service", "status", "--json").json["installed"] is False
    assert not shell.home.joinpath(".config").exists(), "print and status write nothing"
