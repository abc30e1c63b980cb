"""`sidecar origins`: which web origins beyond this machine may submit.

Job: show who is paired and who is proposed; pair or unpair one at a time.
Must not: pair anything that was not typed: a proposal of a product is only shown.
"""

from argparse import ArgumentParser, Namespace
from typing import Any, Final

from sidecar import origins
from sidecar.cli import arguments, presence, screen
from sidecar.errors import NotFound, UsageError

ROUTE: Final = "/v1/origins"
NOTHING: Final = "none is paired, and no product proposes one; pages of this machine may submit anyway"


def declare(_: str, parser: ArgumentParser) -> None:
    """What `origins` takes."""
    parser.epilog = "example: sidecar origins pair https://app.example.org"
    parser.add_argument("action", nargs="?", choices=["list", "pair", "unpair"], default="list")
    parser.add_argument(
        "origin", nargs="?", metavar="ORIGIN", help="scheme://host, with a port if it has one"
    )
    arguments.add_json(parser)


def run(_: str, options: Namespace) -> int:
    """Show the list, after a change if one was asked for.

    Raises:
        UsageError: no origin, one too many, or one that cannot be paired.
    """
    if (options.origin is None) != (options.action == "list"):
        raise UsageError("name one origin to pair or unpair, and none to list them")
    reason = origins.fault(options.origin) if options.action == "pair" else None
    if reason is not None:
        raise UsageError(reason)
    with presence.connected(arguments.settings(options)) as client:
        found = client.get(ROUTE, manage=True)
        before = [row["origin"] for row in found["rows"] if row["paired"]]
        after = _changed(before, options)
        if after != before:
            found = client.put(ROUTE, {"origins": after}, manage=True)
    if options.json:
        screen.show_json(found)
    else:
        _show(found["rows"])
    return arguments.DONE


def _changed(before: list[str], options: Namespace) -> list[str]:
    """The list after what was asked; the same list where nothing changes.

    Raises:
        NotFound: to unpair what is not paired.
    """
    if options.action == "pair" and options.origin not in before:
        return [*before, options.origin]
    if options.action == "unpair":
        if options.origin not in before:
            raise NotFound(f"this origin is not paired; those that are: {', '.join(before) or 'none'}")
        return [origin for origin in before if origin != options.origin]
    return before


def _show(rows: list[dict[str, Any]]) -> None:
    if not rows:
        screen.say(NOTHING)
        return
    screen.show_table(
        ["origin", "may submit", "proposed by"],
        [
            [row["origin"], "yes, paired" if row["paired"] else "no", ", ".join(row["proposed_by"]) or "-"]
            for row in rows
        ],
    )
