"""`sidecar status`: whether the daemon runs, what it holds, what it lost.

Job: put together what the daemon says and what stands on the disk, read-only; without one, the disk alone.
Must not: change anything, or fail because no daemon runs: that is an answer too (exit code 0).
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from sidecar import __version__, home, spool
from sidecar.cli import arguments, leaving, presence, screen
from sidecar.clock import week_label
from sidecar.errors import SidecarError
from sidecar.products import Products
from sidecar.store import aside
from sidecar.store.connection import FILE_NAME
from sidecar.store.ledger import SALVAGED
from sidecar.store.reader import Reader, StoreFacts

if TYPE_CHECKING:
    from sidecar.config import Listener, Settings


class Loss(Struct, frozen=True):
    """A line of the ledger."""

    week: str
    kind: str
    reason: str
    n: int


class Listening(Struct, frozen=True):
    """What whoever sets up a container has to know of a `[[listen]]` table.

    Attributes:
        place: address and port.
        hosts: what a Host header may say; with `http://` before it, the url for a client.
        token: the command that prints the submit token.
        open_to_all: bound to every address of this machine.
    """

    name: str
    place: str
    hosts: list[str]
    token: str
    open_to_all: bool


class Status(Struct, frozen=True, kw_only=True):
    """The answer of `status --json`.

    Attributes:
        running: a daemon serves this data directory now.
        version: of the daemon; without one, of this program.
        mode: `off`, `local` or `share`; `switches` forbid every packet whatever is granted.
        switches_of: `daemon`, or `shell` where none tells us its own.
        last_upload: when a collector last took a batch; null for never.
        connections_ever: attempts to reach a collector.
        batches: how many there are in each state.
        next_attempt: when the daemon does the next step, and `next_why`: what it waits for; null without one.
        asked: destinations that an application asked about, and that have no answer.
        records: how many of each kind were counted, those expired since included.
        size_bytes: of the database with its side files.
        hardware_bucket: null without a daemon, or while its probe runs.
        listeners: where others may submit, as the configuration has it.
        set_aside: files that were set aside and lie in the data directory.
        spool_waiting: records that wait for a daemon; `spool_refused`: those that none will take.
    """

    running: bool
    url: str | None
    socket: str | None
    pid: int | None
    version: str
    mode: str
    switches: list[str]
    switches_of: leaving.Whose
    last_upload: str | None
    connections_ever: int
    batches: dict[str, int]
    next_attempt: str | None
    next_why: str | None
    asked: list[str]
    data_dir: str
    config_file: str | None
    records: dict[str, int]
    size_bytes: int
    hardware_bucket: str | None
    listeners: list[Listening]
    ledger: list[Loss]
    set_aside: list[str]
    spool_waiting: int
    spool_refused: int
    notes: list[str]


def declare(_: str, parser: ArgumentParser) -> None:
    """What `status` takes."""
    parser.epilog = "example: sidecar status --json"
    arguments.add_json(parser)


def run(_: str, options: Namespace) -> int:
    """Show it."""
    found = gather(arguments.settings(options))
    if options.json:
        screen.show_json(found)
    else:
        _show(found)
    return arguments.DONE


def gather(settings: "Settings") -> Status:
    """Everything that can be known from here."""
    folder = settings.data_dir
    found = presence.look(settings)
    endpoint = found.endpoint if found.answers else None
    facts, notes = _facts(folder)
    shared = leaving.facts(folder)
    outbox, asked = leaving.outbox(settings) if found.answers else ({}, [])
    switches, switches_of = leaving.switches(settings, outbox)
    return Status(
        running=found.answers,
        url=settings.url or (endpoint.url if endpoint else None),
        socket=endpoint.socket if endpoint else None,
        pid=found.holder,
        version=found.health["version"] if found.health else __version__,
        mode=shared.mode,
        switches=switches,
        switches_of=switches_of,
        last_upload=leaving.when(shared.last_upload),
        connections_ever=shared.attempts_ever,
        batches=shared.batches,
        next_attempt=outbox.get("next_at"),
        next_why=outbox.get("why"),
        asked=asked,
        data_dir=str(folder),
        config_file=str(settings.config_file) if settings.config_file else None,
        records=facts.records,
        size_bytes=sum(path.stat().st_size for path in folder.glob(f"{FILE_NAME}*") if _is_live(path)),
        hardware_bucket=_bucket(settings) if found.answers else None,
        listeners=[listening(each) for each in settings.listeners],
        ledger=[Loss(week_label(week), kind, reason, n) for week, kind, reason, n in facts.ledger],
        set_aside=damaged(folder),
        spool_waiting=len(spool.waiting(folder / home.SPOOL)),
        spool_refused=len(refused(folder)),
        notes=[*_said(settings, found), *notes],
    )


def listening(listener: "Listener") -> Listening:
    """A listener in the words of its caller."""
    return Listening(
        name=listener.name,
        place=listener.place,
        hosts=sorted(listener.host_values),
        token=f"sidecar token --listener {listener.name}",
        open_to_all=listener.is_open_to_all,
    )


def damaged(folder: Path) -> list[str]:
    """Names of the files that were set aside, the side files not counted."""
    return aside.listed(folder)


def refused(folder: Path) -> list[Path]:
    """Spool files that no daemon will take."""
    return sorted((folder / home.SPOOL).glob(f"*{spool.REFUSED}"))


def _facts(folder: Path) -> tuple[StoreFacts, list[str]]:
    """What the database says, or why it says nothing."""
    path = folder / FILE_NAME
    if not path.is_file():
        return StoreFacts({}, []), ["there is no database here yet"]
    try:
        return leaving.read(path, Reader.facts), []
    except SidecarError as fault:
        return StoreFacts({}, []), [f"the database cannot be read: {fault.detail}"]


def _is_live(path: Path) -> bool:
    return path.name in {FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm"}


def _bucket(settings: "Settings") -> str | None:
    with presence.connected(settings) as client:
        found: str | None = client.hardware()["hardware_bucket"]
    return found


def _said(settings: "Settings", found: presence.Presence) -> list[str]:
    """What the daemon wants its owner to know; without one, what a look at the disk shows of it."""
    if found.health is not None:
        return list(found.health["notes"])
    faults = [f"a product file is left out: {fault}" for fault in Products(settings.product_folders).faults]
    if found.holder is not None:
        faults.append("a process holds the data directory but does not answer; see `sidecar doctor`")
    return faults


def _show(found: Status) -> None:
    where = f"running on {found.url} (pid {found.pid}, version {found.version})"
    screen.say(where if found.running else "not running; start it with `sidecar run`")
    records: dict[str, Any] = found.records
    salvaged = sum(line.n for line in found.ledger if line.kind == SALVAGED)
    lines: list[tuple[str, object]] = [
        ("mode", f"{found.mode}: {leaving.MEANS[found.mode]}"),
        *leaving.lines(found),
        ("data", f"{found.data_dir} ({found.size_bytes:,} bytes)"),
        ("hardware", found.hardware_bucket or "not known yet"),
        ("records", ", ".join(f"{n:,} {kind}" for kind, n in records.items()) or "none"),
        ("lost", ", ".join(f"{n:,} {kind} {reason}" for kind, reason, n in _lost(found.ledger)) or "nothing"),
        *([("salvaged", f"{salvaged:,} records of damaged databases")] if salvaged else []),
        ("spool", f"{found.spool_waiting} waiting, {found.spool_refused} refused"),
    ]
    for name, words in lines:
        screen.say(f"  {name:9} {words}")
    for each in found.listeners:
        whom = " (every address of this machine)" if each.open_to_all else ""
        screen.say(f"  listener  {each.name} on {each.place}{whom}; token: {each.token}")
        for host in each.hosts:
            screen.say(f"            submit to http://{host}")
    for name in found.set_aside:
        screen.say(f"  note: {aside.words(name)}")
    for note in found.notes:
        if not any(name in note for name in found.set_aside):
            screen.say(f"  note: {note}")


def _lost(ledger: list[Loss]) -> list[tuple[str, str, int]]:
    """The ledger over all weeks, without what came back."""
    total: dict[tuple[str, str], int] = {}
    for line in ledger:
        if line.kind == SALVAGED:
            continue
        total[line.kind, line.reason] = total.get((line.kind, line.reason), 0) + line.n
    return [(kind, reason, n) for (kind, reason), n in total.items()]
