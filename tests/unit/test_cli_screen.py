"""What is printed cannot steer a terminal, and says in words what it shows."""

import io
import json
import sys

import pytest

from sidecar.cli import ending, screen
from sidecar.cli.inert import inert
from sidecar.cli.screen import Interval
from sidecar.errors import ConfigError, DaemonUnreachable, InvalidQuery, StartupError, UsageError

HOSTILE = "\x1b[2J\x1b]0;title\x07[bold red]name[/]\r\n\u202e\x9b31m\udc80"


class Terminal(io.StringIO):
    """A stdout that says it is one."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """As a terminal says."""
        return True


def test_what_steers_a_terminal_is_shown_as_its_escape() -> None:
    assert inert(HOSTILE) == (r"\x1b[2J\x1b]0;title\x07[bold red]name[/]\r\n\u202e\x9b31m\udc80")
    assert inert(HOSTILE).isprintable()


@pytest.mark.parametrize("text", ["llama3.1:8b", "größer 模型", "[bold]"])
def test_what_a_person_can_see_is_shown_as_it_is(text: str) -> None:
    assert inert(text) == text


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_name_in_a_table_neither_steers_the_terminal_nor_is_read_as_markup(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    name = HOSTILE[4:]  # rich gives a dumb terminal 80 columns, whatever it says
    screen.show_table(["model", "interval"], [[name, Interval(3.5, 4.0, 4.5, 1.0, 5.0)]])
    shown = terminal.getvalue()
    assert inert(name) in shown
    assert "\x1b]0" not in shown
    assert "\x9b" not in shown
    assert "3.50 to 4.50" in shown
    assert ("●" in shown) == (not environment), "the bar is for a terminal with colours"


def test_a_pipe_gets_plain_columns_and_nothing_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    long_name = "m" * 128
    screen.show_table(["model", "n", "mean"], [[long_name, 12, 4.0], ["b", 3, None]])
    assert capsys.readouterr().out.splitlines() == [
        f"{'model':128}  n   mean",
        f"{long_name}  12  4.00",
        f"{'b':128}  3",
    ]


def test_json_is_ascii_so_that_no_terminal_is_steered(capsys: pytest.CaptureFixture[str]) -> None:
    screen.show_json({"note": HOSTILE})
    shown = capsys.readouterr().out
    assert shown.isascii()
    assert "\x1b" not in shown
    assert json.loads(shown) == {"note": HOSTILE}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (UsageError("a"), 2),
        (ConfigError("a"), 2),
        (InvalidQuery("a"), 2),
        (StartupError("a"), 1),
        (DaemonUnreachable("a"), 1),
        (PermissionError(13, "Permission denied", "feedback.db"), 1),
        (KeyboardInterrupt(), 1),
    ],
)
def test_a_foreseen_error_is_one_line_and_an_exit_code(
    fault: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with ending.guarded() as outcome:
        raise fault
    assert outcome.code == code
    said = capsys.readouterr().err
    assert said.startswith("sidecar: ")
    assert said.count("\n") == 1


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), ending.guarded():
        raise ZeroDivisionError


def test_an_error_cannot_steer_the_terminal_either(capsys: pytest.CaptureFixture[str]) -> None:
    with ending.guarded():
        raise UsageError(HOSTILE)
    assert capsys.readouterr().err == f"sidecar: {inert(HOSTILE)}\n"
