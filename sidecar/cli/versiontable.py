"""`sidecar insights versions` for people: what surely changed, then every step from a version to the next.

Job: say in a sentence whether there is an alarm, and lay out each difference with its interval.
Must not: call a difference a change that the next look might take back.
"""

from collections.abc import Mapping
from typing import Any, Final

from sidecar.cli import screen
from sidecar.cli.screen import Cell, Interval

COLUMNS: Final = ("of", "before", "after", "verdict", "stars, 95 %", "thumbs up, 95 %", "ratings", "note")
NO_ALARM: Final = "No version and no variant is surely rated better or worse than the one before it."


def show(found: Mapping[str, Any]) -> None:
    """The sentences and the table."""
    for words in [row["verdict"] for row in found["rows"] if row["alarm"]] or [NO_ALARM]:
        screen.say(words)
    screen.show_table(COLUMNS, [_row(row) for row in found["rows"]], lines=True)


def _row(row: Mapping[str, Any]) -> list[Cell]:
    of = " ".join(filter(None, (row["product_id"], row["model"]))) or "not given"
    stars, thumbs = row["stars"], row["thumbs"]
    counts = " + ".join(f"{each['n_before']:,} and {each['n_after']:,}" for each in (stars, thumbs) if each)
    note = " ".join(dict.fromkeys(each["why_not"] for each in (stars, thumbs) if each and each["why_not"]))
    differences = [_difference(stars, 4.0), _difference(thumbs, 1.0)]
    return [of, row["before"], row["after"], row["verdict"], *differences, counts or "none of both", note]


def _difference(change: Mapping[str, Any] | None, most: float) -> Cell:
    """An interval on the scale of all differences that there could be."""
    if change is None:
        return "none to compare"
    return Interval(change["low"], change["difference"], change["high"], -most, most)
