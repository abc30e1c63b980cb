"""The board of `sidecar triage`: what each key does."""

from typing import Any

import pytest
from rich.console import Console

from sidecar.cli import boardview, keys
from sidecar.cli.board import HELP, Board, Decision, press, refreshed
from sidecar.triage.wish import STATES

ESCAPE = "\x1b[2J"


def row(name: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  # of a row
    """A row as the daemon tells it."""
    return {
        "request_id": name,
        "summary": f"wish {name}",
        "category": "ui_ux",
        "confidence": 0.8,
        "unsure": False,
        "n": 1,
        "votes": 1,
        "priority": 12.5,
        "parts": {"share_low": 0.25, "severity": 0.75, "effort": 1.5},
        "state": "new",
        "members": [name],
        "openings": [f"wish {name}"],
        "first_week": "2026-W40",
        "last_week": "2026-W40",
        "suggested_duplicates": [],
    } | fields


ROWS = [
    row("a", suggested_duplicates=[{"request_id": "c", "score": 0.9, "why": "both speak of: theme"}]),
    row("b", n=2, votes=2, members=["b", "d"], openings=["wish b", "wish d"]),
    row("c", unsure=True),
]


def after(*pressed: str, rows: list[dict[str, Any]] = ROWS) -> Board:
    """The board after some keys."""
    board = Board(rows=rows)
    for key in pressed:
        board = press(board, key)
    return board


@pytest.mark.parametrize(
    ("pressed", "cursor"),
    [
        ([keys.DOWN], 1),
        (["j", "j", "k"], 1),
        ([keys.UP], 0),
        (["j"] * 9, 2),
    ],
)
def test_cursor_moves_and_stays_in_the_list(pressed: list[str], cursor: int) -> None:
    assert after(*pressed).cursor == cursor


@pytest.mark.parametrize(
    ("key", "field"), [("s", "state"), ("c", "category"), ("v", "severity"), ("e", "effort")]
)
def test_key_opens_a_menu_and_a_choice_is_a_decision(key: str, field: str) -> None:
    opened = after("j", key)
    for place, choice in enumerate(opened.menu):
        assert press(opened, "123456789ab"[place]).send == Decision("b", choice.change)
        assert list(choice.change) == [field]


def test_menu_of_states_has_every_state() -> None:
    assert [choice.change["state"] for choice in after("s").menu] == list(STATES)


def test_escape_leaves_a_menu_and_a_wrong_key_says_so() -> None:
    assert after("s", keys.ESCAPE) == after()
    wrong = after("s", "9")
    assert (wrong.menu, wrong.send) == (after("s").menu, None)
    assert wrong.said


def test_marked_ones_are_merged_into_the_one_that_is_looked_at() -> None:
    done = after(" ", "j", " ", "j", "m")
    assert done.send == Decision("c", {"merge": ["a", "b"]})
    assert done.marked == frozenset()


def test_mark_is_taken_back_by_a_second_press() -> None:
    assert after(" ", " ").marked == frozenset()


def test_merge_without_marks_offers_the_suggestions_with_their_reason() -> None:
    offered = after("m")
    assert [choice.words for choice in offered.menu] == ["wish c (both speak of: theme)"]
    assert press(offered, "1").send == Decision("a", {"merge": ["c"]})


def test_merge_without_anything_to_merge_says_what_to_do() -> None:
    assert "mark" in after("j", "m").said


def test_split_offers_the_wishes_of_the_request() -> None:
    offered = after("j", "u")
    assert [choice.words for choice in offered.menu] == ["wish b", "wish d"]
    assert press(offered, "2").send == Decision("b", {"split": ["d"]})
    assert "one wish" in after("u").said


@pytest.mark.parametrize("key", ["q", keys.END])
def test_end(key: str) -> None:
    assert after(key).over


def test_end_of_input_ends_a_menu_too() -> None:
    assert after("s", keys.END).over


def test_unknown_key_shows_the_keys() -> None:
    assert after("?").said == HELP


def test_decision_is_sent_once() -> None:
    assert after("s", "1", "j").send is None


def test_new_rows_keep_the_cursor_on_its_request_and_forget_marks_that_are_gone() -> None:
    board = refreshed(after("j", " "), [ROWS[0], ROWS[2], ROWS[1]], "b")
    assert (board.cursor, board.marked) == (2, frozenset({"b"}))
    gone = refreshed(after("j", "j", " "), ROWS[:1], "c")
    assert (gone.cursor, gone.marked) == (0, frozenset())


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        (b"jq", ["j", "q"]),
        (b"\x1b[A\x1b[Bx", [keys.UP, keys.DOWN, "x"]),
        (b"\x1bOA", [keys.UP]),
        (b"\x1b", [keys.ESCAPE]),
        (b"\x1b[5~\x1b[1;5C", []),
        (b"\r\n\x04", [keys.ENTER, keys.ENTER, keys.END]),
        (b"", []),
    ],
)
def test_bytes_of_a_terminal_are_keys(sent: bytes, named: list[str]) -> None:
    assert keys.named(sent) == named


@pytest.mark.parametrize("height", [5, 24, 60])
@pytest.mark.parametrize("width", [80, 140])
def test_screen_shows_the_cursor_and_fits(height: int, width: int) -> None:
    rows = [row(f"{number:02}") for number in range(200)]
    shown = drawn(after(*["j"] * 150, rows=rows), width, height)
    assert any(line.startswith(">") and " 12.5" in line for line in shown.splitlines())
    assert len(shown.splitlines()) <= max(height, boardview.FEWEST + boardview.BELOW)


def test_wish_cannot_steer_the_terminal() -> None:
    nasty = [
        row("a", summary=ESCAPE, n=2, openings=[ESCAPE, ESCAPE], members=["a", "b"]),
        row("c", suggested_duplicates=[{"request_id": "a", "score": 1.0, "why": ESCAPE}]),
    ]
    for pressed in ([], ["u"], ["j"], ["j", "m"]):
        shown = drawn(after(*pressed, rows=nasty), 200, 40)
        assert ESCAPE not in shown
        assert "\\x1b[2J" in shown


def drawn(board: Board, width: int, height: int) -> str:
    """What stands on a screen of this size."""
    console = Console(
        width=width, height=height, markup=False, emoji=False, highlight=False, color_system=None
    )
    with console.capture() as shown:
        console.print(boardview.drawn(board, height))
    return shown.get()
