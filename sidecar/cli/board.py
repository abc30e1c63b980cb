"""The board of `sidecar triage`: which request is looked at, and what a key means there.

Job: turn a key into a moved cursor, an opened menu, or a decision to send; pure, so that tests press keys.
Must not: draw, read a key, or ask the daemon.

    list --s c v e--> menu of words --key--> decision       list --space--> marked, or not
    list --m--> marked ones: decision at once; none: menu of suggestions      list --u--> menu of its wishes
    menu --escape--> list       list --q--> the end       list --r--> the list anew
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from sidecar.cli import keys
from sidecar.triage.wish import EFFORTS, SEVERITIES, STATES
from sidecar.vocabulary import REQUEST_CATEGORIES

Row = Mapping[str, Any]

CHOICES: Final = "123456789abcdefghijklmnopqrstuvwxyz"
"""Keys of a menu, in order; `escape` leaves it."""

HELP: Final = (
    "up/down move · space mark · m merge · u split off · s state · c category · v severity · e effort · "
    "r reload · q quit"
)
_WORDS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "s": ("state", STATES),
    "c": ("category", REQUEST_CATEGORIES),
    "v": ("severity", tuple(SEVERITIES)),
    "e": ("effort", tuple(EFFORTS)),
}
_STEPS: Final = {keys.UP: -1, "k": -1, keys.DOWN: 1, "j": 1}


class Decision(Struct, frozen=True):
    """What to send about which request."""

    request_id: str
    change: dict[str, Any]


class Choice(Struct, frozen=True):
    """A line of a menu."""

    words: str
    change: dict[str, Any]


class Board(Struct, frozen=True, kw_only=True):
    """What is on the screen.

    Attributes:
        rows: of `GET /v1/insights/requests`.
        cursor: place of the request that is looked at.
        marked: ids of those to merge.
        menu: choices that wait for a key; empty in the list.
        said: one line on what happened last.
        over: whether the person is done.
        send: a decision to be carried out, after which the rows are read anew.
        reload: whether the rows are to be read anew without one.
    """

    rows: Sequence[Row]
    cursor: int = 0
    marked: frozenset[str] = frozenset()
    menu: tuple[Choice, ...] = ()
    said: str = ""
    over: bool = False
    send: Decision | None = None
    reload: bool = False

    @property
    def row(self) -> Row:
        """The request that is looked at."""
        return self.rows[self.cursor]


def press(board: Board, key: str) -> Board:
    """The board after a key."""
    board = replace(board, said="", send=None, reload=False)
    if key == keys.END:
        return replace(board, over=True)
    return _in_menu(board, key) if board.menu else _in_list(board, key)


def refreshed(board: Board, rows: Sequence[Row], request_id: str, said: str = "") -> Board:
    """The board over new rows, the cursor on the request it was on, or near it."""
    places = [place for place, row in enumerate(rows) if row["request_id"] == request_id]
    cursor = places[0] if places else min(board.cursor, max(0, len(rows) - 1))
    still = board.marked & {row["request_id"] for row in rows}
    return Board(rows=rows, cursor=cursor, marked=still, said=said)


def _in_list(board: Board, key: str) -> Board:
    if key in _STEPS:
        last = len(board.rows) - 1
        return replace(board, cursor=min(last, max(0, board.cursor + _STEPS[key])))
    if key in _WORDS:
        field, words = _WORDS[key]
        return replace(board, menu=tuple(Choice(word.replace("_", " "), {field: word}) for word in words))
    deed = _DEEDS.get(key)
    return replace(board, said=HELP) if deed is None else deed(board)


def _in_menu(board: Board, key: str) -> Board:
    if key == keys.ESCAPE:
        return replace(board, menu=())
    place = CHOICES.find(key)
    if not 0 <= place < len(board.menu):
        return replace(board, said="press one of the keys that stand before the lines, or escape")
    decision = Decision(board.row["request_id"], board.menu[place].change)
    return replace(board, menu=(), send=decision)


def _merge(board: Board) -> Board:
    """The marked ones into this one, or a choice among the suggestions."""
    others = sorted(board.marked - {board.row["request_id"]})
    if others:
        return replace(board, marked=frozenset(), send=Decision(board.row["request_id"], {"merge": others}))
    names = {row["request_id"]: row["summary"] for row in board.rows}
    menu = tuple(
        Choice(f"{names[each['request_id']]} ({each['why']})", {"merge": [each["request_id"]]})
        for each in board.row["suggested_duplicates"]
        if each["request_id"] in names
    )
    return replace(
        board, menu=menu, said="" if menu else "nothing is suggested; mark others with space first"
    )


def _split(board: Board) -> Board:
    """A choice among the wishes of this request."""
    row = board.row
    if row["n"] == 1:
        return replace(board, said="this request is one wish; there is nothing to split off")
    wishes = zip(row["openings"], row["members"], strict=False)
    return replace(board, menu=tuple(Choice(opening, {"split": [member]}) for opening, member in wishes))


def _mark(board: Board) -> Board:
    return replace(board, marked=board.marked ^ {board.row["request_id"]})


def _leave(board: Board) -> Board:
    return replace(board, over=True)


def _look_again(board: Board) -> Board:
    return replace(board, reload=True)


_DEEDS: Final[Mapping[str, Callable[[Board], Board]]] = {
    "q": _leave,
    "r": _look_again,
    " ": _mark,
    "m": _merge,
    "u": _split,
}
