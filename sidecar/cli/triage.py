"""`sidecar triage`: work through the feature requests.

Job: show the list with its keys to a person, print it for programs, carry out one decision for scripts.
Must not: merge or label anything that nobody asked for.
"""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any, Final

from sidecar.cli import arguments, person, presence, requesttable, screen
from sidecar.errors import NotFound, UsageError
from sidecar.triage.wish import EFFORTS, SEVERITIES, STATES
from sidecar.vocabulary import REQUEST_CATEGORIES

if TYPE_CHECKING:
    from sidecar.cli.board import Board, Decision
    from sidecar.client import FeedbackClient

LIST: Final = "/v1/insights/requests"
MOST: Final = 2_000  # what the daemon gives at once
NOTHING: Final = "nobody has wished for anything yet; `sidecar request-feature` does"
FIELDS: Final = ("state", "category", "severity", "effort", "merge", "split")


def declare(_: str, parser: ArgumentParser) -> None:
    """What `triage` takes."""
    parser.epilog = "example: sidecar triage 5f0c... --state planned"
    parser.add_argument(
        "id", nargs="?", metavar="ID", help="the request, or any of its wishes, to decide about"
    )
    parser.add_argument("--state", choices=STATES)
    parser.add_argument("--category", choices=REQUEST_CATEGORIES)
    parser.add_argument("--severity", choices=list(SEVERITIES))
    parser.add_argument("--effort", choices=list(EFFORTS))
    parser.add_argument("--merge", action="append", metavar="ID", help="make this one part of it; repeatable")
    parser.add_argument("--split", action="append", metavar="ID", help="take this wish out; repeatable")
    arguments.add_json(parser)


def run(_: str, options: Namespace) -> int:
    """Decide, print, or let a person press keys.

    Raises:
        UsageError: a decision without an id, or an id without a decision.
    """
    change = {name: getattr(options, name) for name in FIELDS if getattr(options, name)}
    if (options.id is None) != (not change):
        raise UsageError("name a request and what to change of it, or neither to see the list")
    with presence.connected(arguments.settings(options)) as client:
        if options.id is not None:
            decided = client.put(f"/v1/requests/{options.id}", change, manage=True)
            if options.json:
                screen.show_json(decided)
            else:
                screen.say(f"{decided['request_id']}: {decided['state']}, {decided['n']:,} in it")
            return arguments.DONE
        found = client.get(LIST, {"limit": MOST}, manage=True)
        if options.json:
            screen.show_json(found)
        elif not found["rows"]:
            screen.say(NOTHING)
        elif person.is_there():
            _work_through(client, found["rows"])
        else:
            requesttable.show(found)
    return arguments.DONE


def _work_through(client: "FeedbackClient", rows: list[dict[str, Any]]) -> None:
    """Draw, wait for a key, do what it means; until the person is done."""
    from rich.console import Console  # noqa: PLC0415  # only where a person reads

    from sidecar.cli import board, boardview, keys  # noqa: PLC0415  # with it

    console = Console(markup=False, emoji=False, highlight=False)
    now = board.Board(rows=rows)
    with console.screen(hide_cursor=True) as shown:
        shown.update(boardview.drawn(now, console.height))
        for key in keys.pressed():
            now = board.press(now, key)
            if now.send is not None or now.reload:
                now = _anew(client, now, now.send)
            if now.over or not now.rows:
                break
            shown.update(boardview.drawn(now, console.height))


def _anew(client: "FeedbackClient", now: "Board", decision: "Decision | None") -> "Board":
    """Carry out a decision, and read the list again."""
    from sidecar.cli import board  # noqa: PLC0415  # loaded by now

    request_id, said = now.row["request_id"], ""
    if decision is not None:
        try:
            path = f"/v1/requests/{decision.request_id}"
            request_id = client.put(path, decision.change, manage=True)["request_id"]
        except NotFound:
            said = "it is gone: undone, expired, or deleted"
    return board.refreshed(now, client.get(LIST, {"limit": MOST}, manage=True)["rows"], request_id, said)
