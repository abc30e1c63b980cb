"""`sidecar consent`: who asks for counts, and what you answer.

Job: show every word of what would be agreed to, ask, and pass the answer on with the digest of that text.
Must not: answer for anybody: nothing is ticked beforehand, and without a person `--yes` has to be typed.
"""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any, Final

from sidecar.cli import arguments, leaving, person, presence, receipts, screen
from sidecar.errors import NotFound, UsageError
from sidecar.share.manifest import SCOPES

if TYPE_CHECKING:
    from sidecar.client import FeedbackClient

ROUTE: Final = "/v1/consent"
MODES: Final = ("off", "local", "share")
NOBODY: Final = "nobody asks for counts; a [[destinations]] table or a product file would propose somebody"


def declare(_: str, parser: ArgumentParser) -> None:
    """What `consent` takes."""
    parser.epilog = "example: sidecar consent grant acme --scopes ratings,comparisons"
    parser.add_argument("action", nargs="?", choices=["show", "grant", "revoke", "mode"], default="show")
    parser.add_argument("name", nargs="?", metavar="NAME", help="of a destination, or off, local or share")
    parser.add_argument("--scopes", metavar="SCOPE,...", help=f"what may leave: {', '.join(SCOPES)}")
    parser.add_argument(
        "--include-earlier",
        action="store_true",
        help="also what was recorded before today, not only from now on",
    )
    parser.add_argument(
        "--withdraw", action="store_true", help="with revoke: also take back everything that was sent"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    arguments.add_json(parser)


def run(_: str, options: Namespace) -> int:
    """Show, or answer and show.

    Raises:
        UsageError: words that do not fit the action, or nobody is there to be asked.
        NotFound: no destination has this name.
    """
    if options.name is None and options.action != "show":
        raise UsageError(f"say what to {options.action}: `sidecar consent --help` shows how")
    if (options.scopes is not None) != (options.action == "grant"):
        raise UsageError(f"`grant`, and nothing else, needs --scopes with some of {', '.join(SCOPES)}")
    scopes = _scopes(options.scopes or "") if options.action == "grant" else []
    with presence.connected(arguments.settings(options)) as client:
        found = client.get(ROUTE, manage=True)
        wanted = _wanted(found, options, scopes)
        if wanted is None:
            screen.say("nothing was changed")
            return arguments.FAILED
        if wanted:
            found = client.put(ROUTE, wanted, manage=True)
        if options.action == "revoke" and not options.withdraw and not options.json:
            found = _offer_withdrawal(client, found, options)
    if options.json:
        screen.show_json(found)
    elif options.action == "show" and options.name:
        _say_all(row_of(found, options.name)["text"])
    else:
        _show(found)
    return arguments.DONE


def row_of(found: dict[str, Any], name: str) -> dict[str, Any]:
    """What is shown of a destination.

    Raises:
        NotFound: no destination has this name.
    """
    for row in found["destinations"]:
        if row["name"] == name:
            return dict(row)
    raise NotFound("no destination has this name; `sidecar consent` lists them")


def _scopes(words: str) -> list[str]:
    """What was typed, each once, before anything is asked.

    Raises:
        UsageError: nothing, or no scope.
    """
    found = list(dict.fromkeys(word.strip() for word in words.split(",") if word.strip()))
    if not found or not SCOPES.keys() >= set(found):
        raise UsageError(f"--scopes takes some of {', '.join(SCOPES)}, with commas between them")
    return found


def _wanted(found: dict[str, Any], options: Namespace, scopes: list[str]) -> dict[str, Any] | None:
    """What to send; empty where nothing is to change, None where the person thought better of it."""
    match options.action:
        case "grant":
            return _grant(found, options, scopes)
        case "revoke":
            return {"destination": options.name, "revoke": True, "withdraw": options.withdraw}
        case "mode":
            if options.name not in MODES:
                raise UsageError(f"the mode is one of {', '.join(MODES)}")
            return {"mode": options.name}
        case _:
            return {}


def _grant(found: dict[str, Any], options: Namespace, scopes: list[str]) -> dict[str, Any] | None:
    row = row_of(found, options.name)
    if not options.yes:
        _say_all(row["text"])
        earlier = ", with what was recorded before today" if options.include_earlier else ", from now on"
        if not person.confirm(f"Let {', '.join(scopes)} leave for {options.name}{earlier}?", yes=False):
            return None
    return {
        "destination": options.name,
        "scopes": scopes,
        "digest": row["digest"],
        "include_earlier": options.include_earlier,
    }


def _offer_withdrawal(client: "FeedbackClient", found: dict[str, Any], options: Namespace) -> dict[str, Any]:
    """The no holds already; what was sent before it stays there unless its owner wants it back."""
    name, sent = options.name, receipts.sent_to(client, options.name)
    if not sent:
        return found
    batches = f"{sent} batch{'' if sent == 1 else 'es'}"
    asks = person.is_there() and not options.yes
    if asks and person.confirm(f"{name} keeps {batches} that left. Take them back too?", yes=False):
        return dict(client.put(ROUTE, {"destination": name, "revoke": True, "withdraw": True}, manage=True))
    screen.say(
        f"{name} keeps {batches} that left; `sidecar consent revoke {name} --withdraw` takes them back"
    )
    return found


def _say_all(text: str) -> None:
    for line in text.splitlines():
        screen.say(line)


def _show(found: dict[str, Any]) -> None:
    screen.say(f"mode: {found['mode']}: {leaving.MEANS[found['mode']]}")
    for switch in found["switches"]:
        screen.say(f"  {switch} forbids every packet, whatever is granted")
    if not found["destinations"]:
        screen.say(NOBODY)
        return
    screen.show_table(
        ["name", "answer", "scopes", "where to", "who", "why nothing leaves"],
        [
            [
                row["name"],
                row["state"].replace("_", " "),
                ", ".join(row["scopes"]) or "-",
                row["url"],
                row["controller"],
                row["why_not"] or "",
            ]
            for row in found["destinations"]
        ],
    )
    screen.say("`sidecar consent show NAME` shows every word of what a destination asks for")
