"""The desk with everything behind it, loaded as late as it can be.

Job: put desk, courier, door and watcher together for one machine.
Must not: load what sends before something is granted: most machines share nothing.
"""

import secrets
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from sidecar import __version__, modelnames
from sidecar.clock import Clock
from sidecar.outbox.desk import Desk, Parts
from sidecar.outbox.lookout import Lookout
from sidecar.outbox.standing import Destinations
from sidecar.share.consent import Mode
from sidecar.store.hearing import Hearing

if TYPE_CHECKING:
    from sidecar.hints import Watcher
    from sidecar.outbox.courier import Courier, Writes
    from sidecar.outbox.packer import Machine
    from sidecar.share.verdict import Heard
    from sidecar.store.dispatching import Dispatch


def desk(  # noqa: PLR0913, PLR0917  # what it is wired from
    writer: "Writes",
    destinations: Destinations,
    bucket: Callable[[], str],
    salt: bytes,
    hearing: Hearing,
    mode: Mode,
    clock: Clock,
) -> Desk:
    """The owner's side of the outbox.

    Args:
        writer: the only one that writes.
        destinations: who asks.
        bucket: of this machine, as far as it is known.
        salt: the install's secret `privacy_salt`.
        hearing: what is not listened to.
        mode: as it stands in the file.
        clock: the machine's own, or a test's.
    """
    machine = partial(_machine, bucket, salt)
    parts = Parts(
        writer=writer,
        courier=partial(_courier, writer, destinations, machine, clock),
        destinations=destinations,
        machine=machine,
        hearing=hearing,
        clock=clock,
        lookout=Lookout(partial(_watcher, clock)),
    )
    return Desk(parts, mode)


def _courier(
    writer: "Writes", destinations: Destinations, machine: "Callable[[], Machine]", clock: Clock
) -> "Courier":
    from sidecar.outbox.courier import Courier  # noqa: PLC0415  # from the first round on

    return Courier(
        writer=writer,
        destinations=destinations,
        machine=machine,
        clock=clock,
        chance=secrets.SystemRandom().random,
        send=_deliver,
        version=__version__,
    )


def _machine(bucket: Callable[[], str], salt: bytes) -> "Machine":
    from sidecar.outbox.packer import Machine  # noqa: PLC0415  # from the first seal on

    return Machine(bucket=bucket(), keys=modelnames.LIST_VERSION, salt=salt)


def _watcher(clock: Clock) -> "Watcher":
    from sidecar.hints import watcher  # noqa: PLC0415  # a machine that shares nothing watches nothing

    return watcher(clock)


async def _deliver(dispatch: "Dispatch") -> "Heard":
    from sidecar.egress import send  # noqa: PLC0415  # a machine that shares nothing never loads the door
    from sidecar.outbox.post import deliver  # noqa: PLC0415  # with it

    return await deliver(dispatch, send)
