"""What `status` says of sharing: mode, last upload, the next attempt and why, what is held.

Job: put together what the database and the daemon say, in lines for one screen.
Must not: fail where one of them says nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

from sidecar.cli import presence
from sidecar.errors import SidecarError
from sidecar.store.connection import FILE_NAME
from sidecar.store.reader import Reader, SharingFacts

if TYPE_CHECKING:
    from sidecar.cli.status import Status
    from sidecar.config import Settings

T = TypeVar("T")
Whose: TypeAlias = Literal["daemon", "shell"]
MEANS: Final = {
    "off": "no feedback is taken, and nothing leaves this machine",
    "local": "nothing leaves this machine",
    "share": "what you granted leaves, as counts",
}
WHERE: Final[dict[Whose, str]] = {
    "daemon": "",
    "shell": ", as this shell sees it; a daemon's own environment counts",
}
"""After the name of a switch: whose word that is."""


def when(seconds: int | None) -> str | None:
    """A moment as the API writes it."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def facts(folder: Path) -> SharingFacts:
    """What the database says of sharing; one that cannot be read says nothing."""
    path = folder / FILE_NAME
    if not path.is_file():
        return SharingFacts()
    try:
        return read(path, Reader.sharing)
    except SidecarError:
        return SharingFacts()


def read(path: Path, look: Callable[[Reader], Awaitable[T]]) -> T:
    """Look something up in the database.

    Raises:
        StoreUnavailable: it cannot be read.
    """
    return asyncio.run(_read(path, look))


async def _read(path: Path, look: Callable[[Reader], Awaitable[T]]) -> T:
    reader = Reader(path)
    try:
        return await look(reader)
    finally:
        await reader.close()


def switches(settings: "Settings", outbox: dict[str, Any]) -> tuple[list[str], Whose]:
    """What forbids every packet, and who says so: the daemon wherever it does, else this shell.

    The daemon sends, so only what it was started with counts.
    """
    if "switches" in outbox:
        return list(outbox["switches"]), "daemon"
    return list(settings.switches), "shell"


def outbox(settings: "Settings") -> tuple[dict[str, Any], list[str]]:
    """What the courier waits for, and who asks; nothing where the daemon does not show it to us."""
    try:
        with presence.connected(settings) as client:
            found = client.get("/v1/consent", manage=True)
            asked = [row["name"] for row in found["destinations"] if row["state"] == "asked"]
            return dict(client.get("/v1/outbox", manage=True)), asked
    except SidecarError:
        return {}, []


def lines(found: "Status") -> list[tuple[str, object]]:
    """What left, what is about to, and what keeps it."""
    waits = [
        f"{found.batches[state]} {state}"
        for state in ("held", "armed", "withdrawing")
        if state in found.batches
    ]
    said: list[tuple[str, object]] = [
        ("upload", f"last {found.last_upload or 'never'}; connections ever: {found.connections_ever}")
    ]
    if waits or found.mode == "share":
        said.append(("outbox", ", ".join(waits) or "nothing is waiting to leave"))
        at = found.next_attempt or "not planned"
        said.append(("next", f"{at}: {found.next_why}" if found.next_why else "when a daemon runs"))
    if found.switches:
        said.append(("forbidden", f"every packet, by {', '.join(found.switches)}{WHERE[found.switches_of]}"))
    said += [("asked", f"{name} asks for counts: see `sidecar consent show {name}`") for name in found.asked]
    return said
