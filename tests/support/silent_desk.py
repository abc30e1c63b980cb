"""The real desk of a machine on which nobody asks for counts.

Job: wire one for tests that are about something else.
Must not: send: a letter that leaves through it is a fault.
"""

from sidecar.clock import Clock
from sidecar.hints import Watcher
from sidecar.ingest.writer import Writer
from sidecar.outbox.courier import Courier
from sidecar.outbox.desk import Desk, Parts
from sidecar.outbox.lookout import Lookout
from sidecar.outbox.packer import Machine
from sidecar.outbox.standing import Destinations
from sidecar.products import Products
from sidecar.share.verdict import Heard
from sidecar.store.dispatching import Dispatch
from sidecar.store.hearing import Hearing


def silent_desk(writer: Writer, clock: Clock) -> Desk:
    """A desk in mode `local`."""
    destinations = Destinations((), Products(()), ())
    machine = Machine(bucket="unknown", keys=1, salt=bytes(32))
    courier = Courier(
        writer=writer,
        destinations=destinations,
        machine=lambda: machine,
        clock=clock,
        chance=lambda: 0.5,
        send=_refuse,
        version="1",
    )
    parts = Parts(
        writer=writer,
        courier=lambda: courier,
        destinations=destinations,
        machine=lambda: machine,
        hearing=Hearing(),
        clock=clock,
        lookout=Lookout(_blind),
    )
    return Desk(parts, "local")


async def _refuse(_: Dispatch) -> Heard:
    raise AssertionError("nobody granted anything")


def _blind() -> Watcher:
    raise AssertionError("nothing may leave, so nothing is watched")
