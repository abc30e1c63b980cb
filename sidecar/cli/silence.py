"""`sidecar doctor --silence`: what left this machine, what could, and what is open now.

Job: put together the egress log, the daemon's open sockets and the switches in force.
Must not: believe the daemon about its sockets: the system is asked.
"""

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import psutil
from msgspec import Struct

from sidecar.cli import leaving, presence, screen

if TYPE_CHECKING:
    from sidecar.config import Settings


class Socket(Struct, frozen=True):
    """An open socket of the daemon; `beyond` says whether its other end is another machine."""

    local: str
    remote: str | None
    state: str
    beyond: bool


class Silence(Struct, frozen=True, kw_only=True):
    """What can be said of what leaves.

    Attributes:
        attempts_ever: connections that were ever tried; each is in `sidecar egress`.
        sockets: open now, of the daemon; null where none runs or the system does not tell.
        switches: what forbids every packet, whatever is granted.
        switches_of: `daemon`, or `shell` where none tells us its own.
    """

    mode: str
    attempts_ever: int
    last_upload: str | None
    sockets: list[Socket] | None
    switches: list[str]
    switches_of: leaving.Whose


def listen_to(settings: "Settings") -> Silence:
    """Everything that can be known from here."""
    facts = leaving.facts(settings.data_dir)
    found = presence.look(settings)
    outbox, _ = leaving.outbox(settings) if found.answers else ({}, [])
    switches, switches_of = leaving.switches(settings, outbox)
    return Silence(
        mode=facts.mode,
        attempts_ever=facts.attempts_ever,
        last_upload=leaving.when(facts.last_upload),
        sockets=_sockets(found.holder) if found.holder else None,
        switches=switches,
        switches_of=switches_of,
    )


def show(found: Silence) -> None:
    """In words."""
    screen.say(f"mode: {found.mode}")
    screen.say(
        f"connections ever: {found.attempts_ever}" + (", see `sidecar egress`" if found.attempts_ever else "")
    )
    screen.say(f"last upload: {found.last_upload or 'never'}")
    where = leaving.WHERE[found.switches_of]
    for switch in found.switches:
        screen.say(f"{switch} forbids every packet{where}")
    if not found.switches:
        screen.say(f"no switch is set: a grant alone decides{where}")
    if found.sockets is None:
        screen.say("sockets: no daemon runs, or the system does not tell")
        return
    for each in found.sockets:
        where = f"{each.local} -> {each.remote}" if each.remote else each.local
        screen.say(f"socket: {where} {each.state}{'  BEYOND THIS MACHINE' if each.beyond else ''}")
    if not any(each.beyond for each in found.sockets):
        screen.say("no open socket leads beyond this machine")


def _sockets(pid: int) -> list[Socket] | None:
    try:
        found = psutil.Process(pid).net_connections(kind="inet")
    except psutil.Error:
        return None
    return [_socket(each) for each in found]


def _socket(each: Any) -> Socket:  # noqa: ANN401  # psutil's named tuple
    remote = each.raddr or None
    return Socket(
        local=f"{each.laddr.ip}:{each.laddr.port}",
        remote=f"{remote.ip}:{remote.port}" if remote else None,
        state=each.status.lower(),
        beyond=remote is not None and not ip_address(remote.ip).is_loopback,
    )
