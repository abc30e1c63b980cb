"""`sidecar triage` and `sidecar insights requests`: for a person at a terminal, for a pipe, for a script."""

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.daemon import start
from tests.support.shell import Shell

DARK = ("A dark theme. Bright screens hurt.", "dark mode")
OTHER = "Export every chat as Markdown"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell beside a daemon."""
    shell = Shell(tmp_path_factory.mktemp("triage"), COLUMNS="120", LINES="40")
    with start(shell.data_dir, settings={"HARDWARE_BUCKET": "unknown"}):
        yield shell


@pytest.fixture
def shell(served: Shell) -> Shell:
    """The same with nothing stored."""
    assert served("purge", "--yes").code == 0
    return served


def wished(shell: Shell, text: str) -> str:
    """Send a wish; returns its id."""
    return str(shell("request-feature", text, "--json").json["feedback_id"])


def rows(shell: Shell) -> dict[str, dict[str, Any]]:
    """The rows by their id."""
    return {row["request_id"]: row for row in shell("triage", "--json").json["rows"]}


def test_keys_plan_label_merge_and_split(shell: Shell) -> None:
    ids = [wished(shell, text) for text in (*DARK, OTHER)]
    shell("triage", ids[0], "--severity", "high")  # so that it stands first
    code, shown = shell.at_terminal("triage", typed="s2c9m1q")
    assert code == 0
    assert "A dark theme." in shown
    assert "may be the same: dark mode (both speak of: theme)" in shown
    found = rows(shell)
    assert set(found) == {ids[0], ids[2]}
    told = found[ids[0]]
    assert (told["state"], told["category"], told["votes"]) == ("planned", "docs", 2)
    assert shell.at_terminal("triage", typed="u2q")[0] == 0
    assert rows(shell)[ids[1]]["state"] == "new"


def test_terminal_is_left_as_it_was(shell: Shell) -> None:
    wished(shell, OTHER)
    _, shown = shell.at_terminal("triage", typed="jq")
    assert shown.count("\x1b[?1049h") == shown.count("\x1b[?1049l") == 1
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


def test_wish_cannot_steer_the_terminal(shell: Shell) -> None:
    """The redactor takes such characters out; whatever else wrote into the file, they do nothing."""
    wished(shell, OTHER)
    with contextlib.closing(sqlite3.connect(shell.data_dir / "feedback.db")) as file, file:
        file.execute("UPDATE request_text SET text = 'Clear \x1b[2J the \u202e screen'")
    for words in (("triage",), ("insights", "requests")):
        _, shown = shell.at_terminal(*words, typed="q")
        assert "\x1b[2J" not in shown
        assert "\u202e" not in shown
        assert "\\x1b[2J" in shown


def test_pipe_gets_a_plain_table_and_json_every_figure(shell: Shell) -> None:
    one, two = (wished(shell, text) for text in DARK)
    for words in (("triage",), ("insights", "requests")):
        said = shell(*words)
        assert said.code == 0
        assert "A dark theme." in said.out
        assert "dark mode (both speak of: theme)" in said.out
    found = shell("insights", "requests", "--json").json
    assert found == shell("triage", "--json").json
    assert {row["request_id"] for row in found["rows"]} == {one, two}
    assert set(found["rows"][0]["parts"]) == {
        "votes",
        "all_votes",
        "share",
        "share_low",
        "severity",
        "effort",
    }


def test_unsure_category_is_called_a_guess(shell: Shell) -> None:
    wished(shell, "Make it nicer")
    assert "unsure, perhaps" in shell("insights", "requests").out


def test_limit_says_how_many_are_left_out(shell: Shell) -> None:
    for text in (DARK[0], OTHER):
        wished(shell, text)
    assert "1 more request; --limit shows more" in shell("insights", "requests", "--limit", "1").out


def test_script_decides_with_words(shell: Shell) -> None:
    one, two, three = (wished(shell, text) for text in (*DARK, OTHER))
    decided = shell("triage", one, "--merge", two, "--merge", three, "--state", "planned", "--json").json
    assert (decided["members"], decided["state"]) == ([one, two, three], "planned")
    assert shell("triage", one, "--split", three).code == 0
    assert {id_: row["votes"] for id_, row in rows(shell).items()} == {one: 2, three: 1}


def test_wrong_words_are_wrong_use_and_change_nothing(shell: Shell) -> None:
    id_ = wished(shell, OTHER)
    assert shell("triage", id_).code == 2
    assert shell("triage", "--state", "planned").code == 2
    assert shell("triage", id_, "--state", "open").code == 2
    assert shell("triage", "f" * 32, "--state", "planned").code == 1
    assert rows(shell)[id_]["state"] == "new"


def test_empty_list_says_how_to_begin(shell: Shell) -> None:
    assert "request-feature" in shell("triage").out
    assert shell.at_terminal("triage")[0] == 0
