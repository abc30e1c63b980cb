"""Taking everything back, before the secrets that this needs are removed.

Job: end every grant, withdraw every batch that left, and say whether each collector confirmed it.
Must not: call it done where one did not.
"""

from typing import TYPE_CHECKING, Final

from sidecar.cli import outbox, presence, receipts, screen
from sidecar.cli.consent import ROUTE

if TYPE_CHECKING:
    from sidecar.config import Settings

MAY_BE_THERE: Final = frozenset({"armed", "shared", "void"})
"""What a collector may have and nobody asked it to forget: `split` and `quarantined` are none of its own."""


def everywhere(settings: "Settings") -> bool:
    """Whether no collector has anything of this machine any more.

    Raises:
        DaemonUnreachable: no daemon runs that could ask them.
        StateConflict: the mode lets no packet leave.
    """
    with presence.connected(settings) as client:
        for row in client.get(ROUTE, manage=True)["destinations"]:
            if row["state"] == "granted":
                client.put(ROUTE, {"destination": row["name"], "revoke": True}, manage=True)
        outbox.wait_for_round(client)  # a batch that is on its way just now gets its receipt
        for row in receipts.everything(client, "/v1/receipts"):
            if row["state"] in MAY_BE_THERE:
                client.post(f"/v1/receipts/{row['batch_id']}/withdraw", {}, manage=True)
        if client.get("/v1/outbox", manage=True)["rows"]:
            client.post("/v1/upload", {}, manage=True)
            outbox.wait_for_round(client)
        left = [
            row
            for row in receipts.everything(client, "/v1/receipts")
            if row["state"] in {*MAY_BE_THERE, "withdrawing"}
        ]
    for row in left:
        screen.say(f"{row['batch_id']} is still {row['state']} at {row['destination']}")
    return not left
