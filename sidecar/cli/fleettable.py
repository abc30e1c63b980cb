"""The fleet table at the terminal: keep one, forget it, show it beside one's own figures.

Job: read the file before it is sent, and mark every figure of it as the fleet's.
Must not: fetch a table, or show a figure of it without the word.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sidecar import fleet
from sidecar.cli import arguments, presence, screen
from sidecar.cli.screen import Cell

if TYPE_CHECKING:
    from sidecar.config import Settings

ROUTE: Final = "/v1/fleet"
COLUMN: Final = "fleet, stars"
NONE_BESIDE: Final = (
    "fleet: it says nothing of just these rows; `--group-by task_category,model` shows what it tells apart"
)
NO_TABLE: Final = "fleet: no table is kept; import one with `sidecar import --table FILE`"


def keep(settings: "Settings", file: Path | None, *, as_json: bool) -> int:
    """Keep the table of a file in place of any other; None forgets it.

    Raises:
        MalformedJson, InvalidRecord: the file is no such table; what was kept before is kept still.
    """
    table, left_out = None, 0
    if file is not None:
        with file.open("rb") as content:
            table, left_out = fleet.read_file(content.read(fleet.MOST_BYTES + 1))
    with presence.connected(settings) as client:
        found = client.put(ROUTE, {"fleet": msgspec.to_builtins(table)}, manage=True)
    if as_json:
        screen.show_json({**found, "left_out": left_out})
    elif table is None:
        screen.say("no fleet table is kept now")
    else:
        screen.say(f"kept: {found['cells']:,} cells of the fleet, {_named(found['fleet'])}")
        if left_out:
            screen.say(f"left out, because neither ratings nor comparisons: {left_out:,}")
    return arguments.DONE


def show_models(found: Mapping[str, Any]) -> None:
    """Under one's own models: what the fleet says of these, and of models that nobody used here."""
    told = found["fleet"]
    if told is None:
        screen.say(NO_TABLE)
        return
    screen.say()
    own = [row["fleet"] for row in found["models"] if row["fleet"] is not None]
    rows = [_model(each, "yes") for each in own] + [_model(each, "no") for each in told["others"]]
    if rows:
        screen.show_table(["fleet: model", "used here", "fleet, strength", COLUMN, "fleet, note"], rows)
    if told["verdict"]:
        screen.say(f"fleet, each install one voice: {told['verdict']}")
    say_source(told["source"])


def say_beside(found: Mapping[str, Any]) -> None:
    """Under one's own ratings: the table, and how to see its cells where none stands beside a row."""
    say_source(found["fleet"])
    if found["fleet"] is not None and not any(row["fleet"] for row in found["rows"]):
        screen.say(NONE_BESIDE)


def say_source(source: Mapping[str, Any] | None) -> None:
    """Which table the figures of the fleet are from."""
    screen.say(NO_TABLE if source is None else f"fleet: {_named(source)}; never merged with your own figures")


def stars(rating: Mapping[str, Any] | None) -> Cell:
    """What the fleet says in stars, with how many installs said it."""
    if rating is None:
        return "says nothing"
    if rating["estimate"] is None:
        return f"thumbs: {rating['up']:,} up, {rating['down']:,} down, {rating['installs']:,} installs"
    low, high, installs = rating["low"], rating["high"], rating["installs"]
    return f"{rating['estimate']:.2f} ({low:.2f} to {high:.2f}), {installs:,} installs"


def _model(each: Mapping[str, Any], here: str) -> list[Cell]:
    compared = each["strength"] is not None
    rating = each["rating"]
    name = f"{each['model']} (may be the best)" if each["top"] else each["model"]
    return [
        name,
        here,
        f"{each['low']:.2f} to {each['high']:.2f}" if compared else "not compared",
        stars(rating),
        rating["why_not"] if rating else None,
    ]


def _named(source: Mapping[str, Any]) -> str:
    product = source["product"]
    of = f", records of {product}" if product else ""
    return f"table of {source['period']}{of}, at least {source['k']} installs behind each figure"
