"""What a reading command prints: JSON for programs, tables for people.

Job: print so that a name from elsewhere cannot steer the terminal, with rich where there is one and plain
columns where there is none (a pipe, a file, a log).
Must not: cut anything off in a pipe, or say by colour alone what words do not say.
"""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec
from msgspec import Struct

from sidecar.cli.inert import inert

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

BAR_CELLS: Final = 20
GAP: Final = "  "


class Interval(Struct, frozen=True):
    """An interval within a scale: words, and with colours a bar beside them."""

    low: float
    middle: float
    high: float
    bottom: float
    top: float

    def __str__(self) -> str:
        return f"{self.low:.2f} to {self.high:.2f}"


Cell: TypeAlias = str | int | float | Interval | None


def say(words: object = "") -> None:
    """One line on stdout."""
    print(inert(words))


def show_json(value: object) -> None:
    """Indented JSON in ASCII: what is not, stands there as its escape."""
    print(json.dumps(msgspec.to_builtins(value), indent=2, ensure_ascii=True))


def show_table(columns: Sequence[str], rows: Sequence[Sequence[Cell]], *, lines: bool = False) -> None:
    """A table; a cell of None is empty, numbers stand to the right.

    Args:
        columns: their names.
        rows: their cells.
        lines: whether lines part the rows at a terminal, for cells that hold sentences.
    """
    if sys.stdout.isatty():
        _show_rich(columns, rows, lines=lines)
    else:
        print(plain_table(columns, rows))


def plain_table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """The table without a terminal: columns by blanks, each row one line, nothing cut."""
    lines = [list(columns), *([inert(_words(cell)) for cell in row] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    return "\n".join(
        GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _words(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case float():
            return f"{cell:.2f}"
        case _:
            return str(cell)


def _show_rich(columns: Sequence[str], rows: Sequence[Sequence[Cell]], *, lines: bool) -> None:
    from rich import box  # noqa: PLC0415  # only where a person reads
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    console = Console(markup=False, emoji=False, highlight=False)
    table = Table(box=box.HORIZONTALS if lines else box.SIMPLE_HEAD, show_lines=lines)
    for place, column in enumerate(columns):
        numbers = all(isinstance(row[place], int | float | None) for row in rows)
        table.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_rich_cell(cell, console) for cell in row))
    console.print(table)


def _rich_cell(cell: Cell, console: "Console") -> "Text":
    from rich.text import Text  # noqa: PLC0415

    text = Text(inert(_words(cell)))
    coloured = console.color_system is not None and not console.no_color
    if isinstance(cell, Interval) and coloured and console.encoding.startswith("utf"):
        text.append(" ").append_text(_bar(cell))
    return text


def _bar(interval: Interval) -> "Text":
    """The scale as a line, the interval bright on it, the estimate as a dot."""
    from rich.text import Text  # noqa: PLC0415

    low, middle, high = (_place(value, interval) for value in (interval.low, interval.middle, interval.high))
    text = Text()
    for place in range(BAR_CELLS):
        if place == middle:
            text.append("●", "bold green")
        else:
            text.append("━", "green" if low <= place <= high else "bright_black")
    return text


def _place(value: float, interval: Interval) -> int:
    share = (value - interval.bottom) / (interval.top - interval.bottom)
    return min(BAR_CELLS - 1, max(0, int(share * BAR_CELLS)))
