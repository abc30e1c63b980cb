"""The desk: where the owner looks at the outbox, decides, and sees that the courier goes.

Job: put each decision through the writer, let the courier go its rounds one after the other, and keep in
memory what every submission and every tick asks for.
Must not: decide anything itself, or hold a round up for who only looks.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from sidecar import __version__
from sidecar.clock import Clock, week_number
from sidecar.errors import SidecarError, StateConflict
from sidecar.later import Room
from sidecar.outbox.lookout import Lookout
from sidecar.outbox.standing import Destinations, open_lanes
from sidecar.share.agenda import BatchView, Snapshot, Wait
from sidecar.share.consent import OFF, SHARE, Mode, Standing
from sidecar.store import consents
from sidecar.store.connection import Connection
from sidecar.store.database import Database
from sidecar.store.hearing import Hearing
from sidecar.store.transaction import Transaction

if TYPE_CHECKING:
    from sidecar.outbox import decisions
    from sidecar.outbox.courier import Courier, Writes
    from sidecar.outbox.packer import Machine
    from sidecar.store import outgoing, sharing, shown
else:  # most machines share nothing
    decisions = Room("sidecar.outbox.decisions")
    outgoing = Room("sidecar.store.outgoing")
    sharing = Room("sidecar.store.sharing")
    shown = Room("sidecar.store.shown")

log = logging.getLogger(__name__)

T = TypeVar("T")


class Parts(Struct, frozen=True, kw_only=True):
    """What the desk works with; the courier is there from its first round on: most machines share nothing."""

    writer: "Writes"
    courier: "Callable[[], Courier]"
    destinations: Destinations
    machine: "Callable[[], Machine]"
    hearing: Hearing
    clock: Clock
    lookout: Lookout


class Desk:
    """The owner's side of the outbox.

    Attributes:
        mode: as it stands in the file.
        destinations: who asks.
        on_sharing: called when the mode has become `share`.
    """

    def __init__(self, parts: Parts, mode: Mode) -> None:
        self.mode = mode
        self.destinations = parts.destinations
        self.on_sharing: Callable[[], object] = lambda: None
        self._parts = parts
        self._courier: Courier | None = None
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._wanted = False
        self._forced = False

    @property
    def now(self) -> int:
        """Seconds since the epoch."""
        return int(self._parts.clock.now().timestamp())

    @property
    def waiting(self) -> Wait:
        """What the last round ended with."""
        return self._courier.waiting if self._courier else Wait(None, "nothing is waiting")

    @property
    def busy(self) -> bool:
        """Whether a round goes on, or is about to."""
        return self._lock.locked() or self._wanted

    @property
    def sharing(self) -> bool:
        """Whether anything could be on its way."""
        return self.mode == SHARE

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Look something up, between two groups of the writer."""
        return await self._parts.writer.alone(partial(_look, work=work))

    async def standing(self) -> Standing:
        """What decides now."""
        return await self.read(self.destinations.standing)

    async def outlook(self) -> dict[str, Wait]:
        """For each batch that is not settled, by its id: when something is done about it, and why not now."""
        return await self.read(self._outlook)

    async def decide(self, decision: Callable[[Transaction], Mode]) -> Mode:
        """Put an answer of the owner through; it holds from here on."""
        mode = await self._parts.writer.submit(decision)
        self._follow(mode)
        if mode == SHARE:
            self.hurry()
        return mode

    async def switch_off(self, decision: Callable[[Transaction], Mode]) -> Mode:
        """As `decide`, for a decision that ends in `off`: not one record comes in behind it."""
        before, self._parts.hearing.off = self._parts.hearing.off, True
        try:
            return await self.decide(decision)
        except SidecarError:
            self._parts.hearing.off = before
            raise

    async def hasten(self, id_: bytes) -> None:
        """The hold of a batch is over."""
        await self._parts.writer.submit(
            partial(decisions.hasten, id_=id_, standings=self.destinations.standing)
        )
        self.hurry()

    async def discard(self, id_: bytes) -> None:
        """A batch stays here, with all that was counted in it."""
        await self._parts.writer.submit(partial(sharing.discard, id_=id_, now=self.now))

    async def withdraw(self, id_: bytes) -> str:
        """Take a batch back that left; returns its state."""
        state = await self._parts.writer.submit(partial(decisions.withdraw, id_=id_))
        self._follow(await self.read(consents.mode))
        self.hurry()
        return state

    async def approve(self, id_: bytes, destination: str, text: str) -> bytes:
        """Seal one wish in the words that its owner approved; returns the id of its batch."""
        from sidecar.outbox import packer  # noqa: PLC0415  # as the courier

        parts = self._parts
        return await parts.writer.submit(
            partial(
                packer.approve,
                id_=id_,
                text=text,
                destination=destination,
                standings=self.destinations.standing,
                machine=parts.machine(),
                now=self.now,
            )
        )

    async def draft(self) -> list[str]:
        """What would leave if everything that is granted were sealed now: the exact texts."""
        standing = await self.standing()
        return await self._draft(open_lanes(standing), self.destinations.standing)

    async def sample(self, name: str) -> list[str]:
        """What would leave if everything were granted to one destination, earlier records included."""
        supposed = decisions.as_if_granted(await self.standing(), name, self.now)
        return await self._draft(open_lanes(supposed), lambda _: supposed)

    def upload(self) -> None:
        """Begin a round now, whatever hold and jitter say.

        Raises:
            StateConflict: nothing may leave.
        """
        if not self.sharing:
            raise StateConflict(f"the mode is {self.mode}: nothing is granted that could be sent")
        self.hurry(forced=True)

    def hurry(self, *, forced: bool = False) -> None:
        """Let the courier go soon, without waiting for it."""
        self._wanted, self._forced = True, self._forced or forced
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._rounds())

    async def round(self, *, forced: bool = False) -> None:
        """Let the courier do all that is due. One round at a time: two would send one batch twice."""
        async with self._lock:
            if self.sharing:
                self._parts.lookout.open(self.hurry)
            self._courier = self._courier or self._parts.courier()
            await self._courier.tick(self._parts.lookout.look(), forced=forced)
            self._follow(await self.read(consents.mode))

    async def stop(self) -> None:
        """End what goes on. A batch that was on its way stays armed, and goes again after the next start."""
        self._parts.lookout.close()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _rounds(self) -> None:
        while self._wanted:
            forced, self._wanted, self._forced = self._forced, False, False
            try:
                await self.round(forced=forced)
            except SidecarError as fault:
                log.warning("a round was cut short: %s", fault.slug)
            except Exception:
                log.exception("a round failed; the next one tries again")

    def _outlook(self, connection: Connection) -> dict[str, Wait]:
        from sidecar.share.policy import next_action  # noqa: PLC0415  # as the courier

        now, link = self._parts.clock.now(), self._parts.lookout.look()
        standing, paces = self.destinations.standing(connection), outgoing.paces(connection)
        steady = self._courier is None or self._courier.steady

        def turn(batch: BatchView) -> Wait:
            alone = Snapshot(
                week=week_number(now),
                standing=standing,
                batches=(batch,),
                paces=paces,
                version=__version__,
                steady=steady,
                edges=link.edges,
            )
            action = next_action(alone, now.timestamp(), link)
            return action if isinstance(action, Wait) else Wait(now.timestamp(), "its turn is now")

        return {batch.id.hex(): turn(batch) for batch in outgoing.unsettled(connection)}

    async def _draft(
        self, lanes: list[tuple[str, str]], standings: Callable[[Connection], Standing]
    ) -> list[str]:
        from sidecar.outbox import packer  # noqa: PLC0415  # as the courier

        return await self._parts.writer.submit(
            partial(
                packer.draft, lanes=lanes, standings=standings, machine=self._parts.machine(), now=self.now
            )
        )

    def _follow(self, mode: Mode) -> None:
        before, self.mode = self.mode, mode
        self._parts.hearing.off = mode == OFF
        if mode != SHARE:
            self._parts.lookout.close()
        if mode == SHARE and before != SHARE:
            self.on_sharing()


def _look(database: Database, work: Callable[[Connection], T]) -> T:
    return shown.look(database, work)
