"""`sidecar outbox`, `preview`, `upload`: what waits to leave, to the byte, and letting it go.

Job: lay out what the daemon says; pass on send, discard and upload.
Must not: send anything itself: the daemon's courier does, and writes each attempt down first.
"""

import time
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any, Final

from sidecar.cli import arguments, presence, screen
from sidecar.errors import UsageError

if TYPE_CHECKING:
    from sidecar.client import FeedbackClient

NOTHING: Final = "nothing is waiting to leave"
LOOK_SECONDS: Final = 0.2
MOST_SECONDS: Final = 600.0  # a round of a year offline takes two minutes; this bounds a collector that hangs


def declare(name: str, parser: ArgumentParser) -> None:
    """What these commands take."""
    match name:
        case "outbox":
            parser.epilog = "example: sidecar outbox discard 7f3a90d2c21e4b56a8f0c4d3b2a19080"
            parser.add_argument("action", nargs="?", choices=["show", "send", "discard"], default="show")
            parser.add_argument("id", nargs="?", metavar="ID", help="of a batch that is held")
        case "upload":
            parser.epilog = "example: sidecar upload --now --wait"
            parser.add_argument("--now", action="store_true", help="needed, because it ends every hold")
            parser.add_argument("--wait", action="store_true", help="return when the round is over")
        case _:
            parser.epilog = "example: sidecar preview --json"
    arguments.add_json(parser)


def run(name: str, options: Namespace) -> int:
    """Do it."""
    with presence.connected(arguments.settings(options)) as client:
        match name:
            case "outbox":
                return _outbox(client, options)
            case "upload":
                return _upload(client, options)
            case _:
                return _preview(client, options)


def wait_for_round(client: "FeedbackClient") -> dict[str, Any]:
    """The outbox once no round goes on, or after ten minutes."""
    until = time.monotonic() + MOST_SECONDS
    found: dict[str, Any] = client.get("/v1/outbox", manage=True)
    while found["busy"] and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
        found = client.get("/v1/outbox", manage=True)
    return found


def _outbox(client: "FeedbackClient", options: Namespace) -> int:
    if (options.id is None) != (options.action == "show"):
        raise UsageError("name one batch to send or discard, and none to list them")
    if options.id is not None:
        check_id(options.id)
        client.post(f"/v1/outbox/{options.id}/{options.action}", {}, manage=True)
    _show(client.get("/v1/outbox", manage=True), options)
    return arguments.DONE


def _upload(client: "FeedbackClient", options: Namespace) -> int:
    if not options.now:
        raise UsageError("add --now: it seals and sends at once, without the day in which you can look")
    client.post("/v1/upload", {}, manage=True)
    found = wait_for_round(client) if options.wait else client.get("/v1/outbox", manage=True)
    _show(found, options)
    return arguments.FAILED if options.wait and found["rows"] else arguments.DONE


def _preview(client: "FeedbackClient", options: Namespace) -> int:
    found = client.get("/v1/outbox/preview", manage=True)
    if options.json:
        screen.show_json(found)
        return arguments.DONE
    for row in found["batches"]:
        screen.say(f"{row['state']} for {row['destination']}, {row['batch_id']}, sha-256 {row['sha256']}:")
        screen.say(row["body"])
        screen.say()
    for text in found["draft"]:
        screen.say("not sealed; what would be, if the period ended now:")
        screen.say(text)
        screen.say()
    if not found["batches"] and not found["draft"]:
        screen.say(NOTHING)
    return arguments.DONE


def _show(found: dict[str, Any], options: Namespace) -> None:
    if options.json:
        screen.show_json(found)
        return
    if found["rows"]:
        screen.show_table(
            ["batch", "state", "to", "period", "bytes", "records", "next", "why"],
            [
                [
                    row["batch_id"],
                    row["state"],
                    row["destination"],
                    row["period"],
                    row["bytes"],
                    row["records"],
                    row["next_at"],
                    row["why"],
                ]
                for row in found["rows"]
            ],
        )
    else:
        screen.say(NOTHING)
    for switch in found["switches"]:
        screen.say(f"{switch} forbids every packet")


def check_id(text: str) -> None:
    """A batch id is a part of a path: it has to look like one.

    Raises:
        UsageError: it does not.
    """
    if len(text) != 32 or not set(text) <= set("0123456789abcdef"):  # noqa: PLR2004  # 16 bytes
        raise UsageError(
            "a batch id has 32 hexadecimal digits; `sidecar outbox` and `sidecar receipts` list them"
        )
