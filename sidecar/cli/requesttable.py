"""Feature requests for people: `sidecar insights requests`, and `sidecar triage` without a terminal.

Job: lay each row out in words: what, how many, how pressing, and what may be the same.
Must not: call a guess a fact, or let a wish steer the terminal (`screen` sees to that).
"""

from collections.abc import Mapping
from typing import Any, Final

from sidecar.cli import screen
from sidecar.cli.screen import Cell
from sidecar.triage.wish import LIKELY

COLUMNS: Final = ("priority", "votes", "state", "category", "what", "may be the same as", "id")
ID_LENGTH: Final = 8  # of 32 digits, beside which the whole one stands in `--json`


def show(found: Mapping[str, Any]) -> None:
    """The table, and what it leaves out."""
    names = {row["request_id"]: row["summary"] for row in found["rows"]}
    screen.show_table(COLUMNS, [_row(row, names) for row in found["rows"]], lines=True)
    left_out = found["requests"] - len(found["rows"])
    if left_out:
        screen.say(f"{left_out:,} more request{'s' * (left_out > 1)}; --limit shows more")


def category(row: Mapping[str, Any]) -> str:
    """The category in words: `docs`, or `unsure, perhaps docs`."""
    return f"unsure, perhaps {row['category']}" if row["unsure"] else str(row["category"])


def likely(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The suggestions that are worth a person's look."""
    return [each for each in row["suggested_duplicates"] if each["score"] >= LIKELY]


def _row(row: Mapping[str, Any], names: Mapping[str, str]) -> list[Cell]:
    same = "; ".join(
        f"{names.get(each['request_id'], each['request_id'][:ID_LENGTH])} ({each['why']})"
        for each in likely(row)
    )
    state = row["state"].replace("_", " ")
    return [
        row["priority"],
        row["votes"],
        state,
        category(row),
        row["summary"],
        same or "-",
        row["request_id"],
    ]
