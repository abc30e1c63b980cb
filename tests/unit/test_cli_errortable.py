"""`sidecar insights errors` for people: words first, and nothing in them steers the terminal."""

import sys
from typing import Any

import pytest

from sidecar.cli import errortable
from sidecar.cli.inert import inert
from tests.unit.test_cli_screen import Terminal

HOSTILE = "\x1b[2J\x07\u202e[bold]x"
ROW: dict[str, Any] = {
    "fingerprint": "acf36fc74335ab2ead37e2f0fe7f38ef",
    "error_type": "out_of_memory",
    "signature": "cuda-out-of-memory",
    "template": "CUDA error: out of memory <path>",
    "cause": "The card is full.",
    "remedy": "Load a smaller model.",
    "n": 12,
    "errors": 1,
    "models": {"llama-3.1-8b": 9, "mistral-7b": 2, "gemma-2-9b": 1},
    "runtimes": {"ollama": 12},
    "buckets": {},
    "first_week": "2026-W40",
    "last_week": "2026-W47",
}


def shown(
    capsys: pytest.CaptureFixture[str], *rows: dict[str, Any], groups: int = 0, by: str = "fingerprint"
) -> list[str]:
    """The lines of the table without a terminal."""
    errortable.show({"group_by": by.split(","), "rows": list(rows), "groups": groups or len(rows)})
    return capsys.readouterr().out.splitlines()


def test_a_known_error_is_told_with_cause_remedy_and_places(capsys: pytest.CaptureFixture[str]) -> None:
    head, line = shown(capsys, ROW)
    assert head.split() == ["n", "error", "what", "happened", "try", "first", "where", "weeks"]
    assert line == (
        "12  cuda-out-of-memory  The card is full.  Load a smaller model.  "
        "llama-3.1-8b (9), mistral-7b (2), gemma-2-9b (1); ollama (12)  2026-W40 to 2026-W47"
    )


def test_an_unknown_error_shows_its_scrubbed_message(capsys: pytest.CaptureFixture[str]) -> None:
    unknown = ROW | {"signature": None, "cause": None, "remedy": None, "error_type": "other"}
    line = shown(capsys, unknown)[1]
    assert "other acf36fc7" in line
    assert ROW["template"] in line
    assert errortable.UNKNOWN in line


def test_a_row_of_several_errors_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("signature", "cause", "remedy", "error_type", "fingerprint", "template")
    line = shown(capsys, {"model": "", **ROW, "errors": 5} | dict.fromkeys(names), by="model")[1]
    assert line.startswith("-      12  several types  5 different errors")
    assert errortable.SEVERAL in line
    assert "mistral" not in line, "the models of a row that is one model"


def test_only_the_most_frequent_places_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    line = shown(capsys, ROW | {"models": {f"m{number}": 9 - number for number in range(5)}})[1]
    assert "m0 (9), m1 (8), m2 (7), ..." in line


@pytest.mark.parametrize(("more", "words"), [(1, "1 more row;"), (1_234, "1,234 more rows;")])
def test_what_is_not_shown_is_counted(capsys: pytest.CaptureFixture[str], more: int, words: str) -> None:
    assert shown(capsys, ROW, groups=1 + more)[-1].startswith(words)


@pytest.mark.parametrize("terminal", [True, False])
def test_nothing_in_a_row_steers_the_terminal(
    terminal: bool,  # noqa: FBT001  # a case of the test
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stdout = Terminal()
    stdout.isatty = lambda: terminal  # type: ignore[method-assign]  # the case of the test
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("NO_COLOR", "1")
    words = ("signature", "cause", "remedy", "product_id", "first_week")
    hostile = ROW | dict.fromkeys(words, HOSTILE) | {"models": {HOSTILE: 1}, "runtimes": {HOSTILE: 1}}
    errortable.show({"group_by": ["product_id"], "rows": [hostile], "groups": 1})
    said = stdout.getvalue()
    assert said.count(inert(HOSTILE)) >= len(words) + 2
    assert [bad for bad in ("\x1b[2J", "\x07", "\u202e") if bad in said] == []
