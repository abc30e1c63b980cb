"""How the board of `sidecar triage` looks.

Job: draw the list, the request that is looked at, and the menu, within the height of the terminal.
Must not: decide what a key does, or print a wish that was not made inert.
"""

from collections.abc import Iterator
from typing import Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from sidecar.cli import requesttable
from sidecar.cli.board import CHOICES, HELP, Board
from sidecar.cli.inert import inert

BELOW: Final = 14  # lines kept for what is looked at, the menu and the keys
FEWEST: Final = 3  # rows shown in the lowest terminal
SHOWN: Final = 3  # wishes and suggestions of the request that is looked at


def drawn(board: Board, height: int) -> Group:
    """The whole screen, for a terminal of so many lines."""
    return Group(_list(board, max(FEWEST, height - BELOW)), *_below(board))


def _list(board: Board, most: int) -> Table:
    first = max(0, min(board.cursor - most // 2, len(board.rows) - most))
    table = Table(box=None, pad_edge=False, expand=True)
    for column, how in (("", 2), ("priority", 8), ("votes", 5), ("state", 11), ("category", 18)):
        table.add_column(column, width=how, no_wrap=True, overflow="ellipsis")
    table.add_column(f"what ({len(board.rows):,} requests)", ratio=1, no_wrap=True, overflow="ellipsis")
    for place, row in list(enumerate(board.rows))[first : first + most]:
        here = ">" if place == board.cursor else " "
        mark = "*" if row["request_id"] in board.marked else " "
        cells = (
            here + mark,
            f"{row['priority']:.1f}",
            str(row["votes"]),
            row["state"].replace("_", " "),
            row["category"] + ("?" if row["unsure"] else ""),
            row["summary"],
        )
        table.add_row(*map(_text, cells), style="bold" if place == board.cursor else "")
    return table


def _below(board: Board) -> Iterator[Text]:
    yield Text("")
    if board.menu:
        yield from (
            _line(f"  {key}  {choice.words}") for key, choice in zip(CHOICES, board.menu, strict=False)
        )
        yield _line("  escape leaves it as it is")
    else:
        yield from map(_line, _about(board))
    yield _line(board.said or HELP)


def _about(board: Board) -> Iterator[str]:
    """The request that is looked at, in words."""
    row, parts = board.row, board.row["parts"]
    yield row["summary"]
    yield f"  {requesttable.category(row)} (confidence {row['confidence']:.2f}), since {row['first_week']}"
    yield (
        f"  priority {row['priority']} = 100 x {parts['share_low']:.3f} of the votes at least"
        f" x severity {parts['severity']} / effort {parts['effort']}"
    )
    yield from (f"  also: {opening}" for opening in row["openings"][1 : 1 + SHOWN])
    names = {each["request_id"]: each["summary"] for each in board.rows}
    for each in requesttable.likely(row)[:SHOWN]:
        yield f"  may be the same: {names.get(each['request_id'], 'one that is not shown')} ({each['why']})"


def _line(words: str) -> Text:
    return Text(inert(words), no_wrap=True, overflow="ellipsis")


def _text(words: str) -> Text:
    return Text(inert(words))
