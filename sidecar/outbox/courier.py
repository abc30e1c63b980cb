"""The courier: carries out, step by step, what the policy decides.

Job: arm, send, settle; each step is on the disk before the next one begins, so a crash between any two loses
nothing and doubles nothing.
Must not: decide. What is next comes from `share.policy`, what an answer means from `share.verdict`.

    snapshot -> next_action -> one step -> snapshot -> ... -> Wait
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from sidecar.clock import Clock, week_number
from sidecar.outbox import packer
from sidecar.outbox.packer import Machine
from sidecar.outbox.standing import Destinations, open_lanes
from sidecar.share.agenda import LaneView, Link, Snapshot, Wait
from sidecar.share.clockwatch import ClockWatch, watch_clock
from sidecar.share.consent import Standing
from sidecar.share.policy import (
    Action,
    Arm,
    Clamp,
    Contain,
    Expire,
    Seal,
    Send,
    Shorten,
    Withdraw,
    next_action,
)
from sidecar.share.verdict import Heard, judge, judge_withdrawal
from sidecar.store import outgoing, settling
from sidecar.store.connection import Connection
from sidecar.store.database import Database
from sidecar.store.dispatching import Dispatch, arm, take_back
from sidecar.store.transaction import Transaction

log = logging.getLogger(__name__)

T = TypeVar("T")
MOST_STEPS: Final = 10_000
"""Of one tick: far more than a week of batches, so that a fault never becomes an endless loop."""


class Writes(Protocol):
    """What the courier asks of the writer."""

    async def submit(self, operation: Callable[[Transaction], T]) -> T:
        """Run an operation as a transaction; when it returns, it is on the disk."""
        ...

    async def alone(self, work: Callable[[Database], T]) -> T:
        """Run work between two groups."""
        ...


class Courier:
    """Takes batches from sealing to settling.

    Attributes:
        waiting: what the last tick ended with: until when nothing happens, and why.
    """

    def __init__(  # noqa: PLR0913  # everything that is injected
        self,
        *,
        writer: Writes,
        destinations: Destinations,
        machine: Callable[[], Machine],
        clock: Clock,
        chance: Callable[[], float],
        send: Callable[[Dispatch], Awaitable[Heard]],
        version: str,
    ) -> None:
        self.waiting = Wait(None, "nothing is waiting")
        self._writer = writer
        self._destinations = destinations
        self._machine = machine
        self._clock = clock
        self._chance = chance
        self._send = send
        self._version = version
        self._edges = 0
        self._watch = ClockWatch()

    @property
    def steady(self) -> bool:
        """Whether the wall clock has stood for an hour, as far as the last tick saw."""
        return self._watch.is_steady(self._clock.boot_seconds())

    async def tick(self, link: Link, *, forced: bool = False) -> Wait:
        """Do everything that is due; returns how long there is nothing more to do, and why.

        Args:
            link: what the machine hints of its connection.
            forced: the user said now: each batch and lane gets one try, whatever hold and jitter say.
        """
        self._watch = watch_clock(self._watch, self._clock.now().timestamp(), self._clock.boot_seconds())
        tried: set[int] = set()
        sealed: set[tuple[str, str]] = set()
        for _ in range(MOST_STEPS):
            now = self._clock.now()
            read = partial(
                self._snapshot, now=now, forced=forced, tried=frozenset(tried), sealed=frozenset(sealed)
            )
            action = next_action(await self._writer.alone(read), now.timestamp(), link)
            if isinstance(action, Wait):
                self.waiting = action
                break
            if isinstance(action, Arm | Send | Withdraw):
                tried.add(action.batch)
            elif isinstance(action, Seal):
                sealed.add((action.destination, action.product))
            await self._do(action, int(now.timestamp()))
        return self.waiting

    def _snapshot(
        self,
        database: Database,
        *,
        now: datetime,
        forced: bool,
        tried: frozenset[int],
        sealed: frozenset[tuple[str, str]],
    ) -> Snapshot:
        connection = database.connection
        standing = self._destinations.standing(connection)
        return Snapshot(
            week=week_number(now),
            standing=standing,
            lanes=_lanes(connection, standing),
            batches=outgoing.unsettled(connection),
            paces=outgoing.paces(connection),
            version=self._version,
            steady=self.steady,
            edges=self._edges,
            forced=forced,
            tried=tried if forced else frozenset(),
            sealed=sealed,
        )

    async def _do(self, action: Action, now: int) -> None:
        match action:
            case Clamp():
                await self._writer.submit(partial(settling.clamp, now=now))
            case Expire(number):
                await self._writer.submit(partial(settling.expire, number=number, now=now))
            case Contain(number):
                await self._writer.submit(partial(settling.set_apart, number=number, now=now))
            case Shorten(edges):
                await self._writer.submit(partial(settling.shorten, chance=self._chance(), now=now))
                self._edges = edges
            case Seal():
                await self._writer.submit(self._seal_operation(action, now))
            case Arm(number) | Send(number):
                await self._carry(arm, number, now)
            case Withdraw(number):
                await self._carry(take_back, number, now)

    def _seal_operation(self, action: Seal, now: int) -> Callable[[Transaction], Any]:
        return partial(
            packer.seal,
            destination=action.destination,
            product=action.product,
            standings=self._destinations.standing,
            machine=self._machine(),
            now=now,
            running=action.running,
        )

    async def _carry(self, commit: Callable[..., Dispatch | None], number: int, now: int) -> None:
        """One attempt: committed before its first byte, settled after its last."""
        standings = self._destinations.standing
        dispatch = await self._writer.submit(partial(commit, number=number, standings=standings, now=now))
        if dispatch is None:
            return
        heard = await self._send(dispatch)
        moment = self._clock.now()
        decide = judge_withdrawal if dispatch.secret else judge
        await self._writer.submit(
            partial(
                settling.settle,
                dispatch=dispatch,
                verdict=decide(dispatch.sent, heard, moment),
                status=heard.status or None,
                chance=self._chance(),
                version=self._version,
                now=int(moment.timestamp()),
            )
        )


def _lanes(connection: Connection, standing: Standing) -> tuple[LaneView, ...]:
    seen = outgoing.lanes_seen(connection)
    return tuple(
        seen.get((name, product)) or LaneView(destination=name, product=product, tried_week=None)
        for name, product in open_lanes(standing)
    )
