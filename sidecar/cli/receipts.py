"""`sidecar receipts`, `withdraw`, `ledger`, `egress`: what left, what was lost, and every connection.

Job: lay out what the daemon says; pass a withdrawal on.
Must not: hide a line: what is too long for one page is paged through to its end.
"""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any, Final

from sidecar.cli import arguments, outbox, presence, screen

if TYPE_CHECKING:
    from sidecar.client import FeedbackClient

PAGE: Final = 2_000
EMPTY: Final = {
    "receipts": "nothing has left this machine",
    "ledger": "nothing was lost",
    "egress": "connections ever: 0",
}
EXAMPLES: Final = {
    "receipts": "sidecar receipts --json",
    "withdraw": "sidecar withdraw 7f3a90d2c21e4b56a8f0c4d3b2a19080",
    "ledger": "sidecar ledger",
    "egress": "sidecar egress --json",
}
COLUMNS: Final = {
    "receipts": ("batch_id", "state", "destination", "product", "period", "records", "sent_at", "sha256"),
    "ledger": ("week", "kind", "reason", "count"),
    "egress": ("number", "at", "what", "destination", "url", "bytes", "status", "outcome"),
}


def declare(name: str, parser: ArgumentParser) -> None:
    """What these commands take."""
    parser.epilog = f"example: {EXAMPLES[name]}"
    if name == "withdraw":
        parser.add_argument("id", metavar="ID", help="of a batch that left")
    arguments.add_json(parser)


def run(name: str, options: Namespace) -> int:
    """Show rows, or take a batch back."""
    with presence.connected(arguments.settings(options)) as client:
        if name == "withdraw":
            return _withdraw(client, options)
        rows = everything(client, f"/v1/{name}")
        ever = client.get("/v1/egress", {"limit": 1}, manage=True)["ever"] if name == "egress" else None
    if options.json:
        screen.show_json({"rows": rows} | ({} if ever is None else {"ever": ever}))
    elif rows:
        columns = COLUMNS[name]
        screen.show_table(columns, [[row[column] for column in columns] for row in rows])
        if ever is not None:
            screen.say(f"connections ever: {ever}")
    else:
        screen.say(EMPTY[name])
    return arguments.DONE


def everything(client: "FeedbackClient", path: str) -> list[dict[str, Any]]:
    """Every row of a paged list."""
    rows: list[dict[str, Any]] = []
    after: dict[str, Any] = {}
    while True:
        limit = {} if path == "/v1/ledger" else {"limit": PAGE}
        page = client.get(path, limit | after, manage=True)
        rows += page["rows"]
        if page["next"] is None:
            return rows
        after = {"after": page["next"]}


def sent_to(client: "FeedbackClient", name: str) -> int:
    """How many batches a destination has, or may have, that nobody asked it to forget."""
    rows = everything(client, "/v1/receipts")
    return sum(row["destination"] == name and row["state"] in {"shared", "armed"} for row in rows)


def _withdraw(client: "FeedbackClient", options: Namespace) -> int:
    outbox.check_id(options.id)
    told = client.post(f"/v1/receipts/{options.id}/withdraw", {}, manage=True)
    if options.json:
        screen.show_json(told)
    else:
        screen.say(f"{told['state']}; once a table is published, a withdrawal does not change it")
    return arguments.DONE
