"""The owner's desk on the real store: what it says of a held batch, and what it lets go."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from sidecar.destinations import Destination
from sidecar.errors import StateConflict
from sidecar.hints import Hints
from sidecar.outbox import decisions
from sidecar.outbox.courier import Courier
from sidecar.outbox.decisions import Wanted
from sidecar.outbox.desk import Desk, Parts
from sidecar.outbox.lookout import Lookout
from sidecar.outbox.packer import Machine
from sidecar.outbox.standing import Destinations
from sidecar.products import Products
from sidecar.share.consent import Proposal, consent_text, digest
from sidecar.share.manifest import REVISION
from sidecar.share.verdict import Heard
from sidecar.store import shown
from sidecar.store.dispatching import Dispatch
from sidecar.store.hearing import Hearing
from tests.support.local_store import LocalStore, SetClock, opened

RATING = {"feedback_type": "rating", "model": "llama3.1:8b", "rating": 4, "product_id": "chat"}


def destination(purpose: str) -> Destination:
    return Destination(
        name="acme",
        url="https://acme.example",
        products=("chat",),
        controller="Acme GmbH",
        contact="privacy@acme.example",
        purpose=purpose,
        privacy_url="https://acme.example/privacy",
        retention="24 months",
    )


class Blind:
    """The watcher of a machine that tells nothing of its links."""

    def look(self) -> Hints:
        """Nothing is known."""
        return Hints()

    def start(self, on_edge: object) -> None:
        """Nothing begins."""

    def stop(self) -> None:
        """Nothing is open."""


class Clocks(SetClock):
    """A clock on the wall that somebody sets, beside one that nobody can."""

    def __init__(self) -> None:
        super().__init__()
        self.by = timedelta()

    def boot_seconds(self) -> float:
        """Seconds since the beginning, whatever was set."""
        return super().boot_seconds() - self.by.total_seconds()

    def set_on(self, by: timedelta) -> None:
        """Somebody sets the clock on the wall."""
        self.by += by
        self.moment += by


async def unreachable(_: Dispatch) -> Heard:
    return Heard(failure="connect")


def desk_of(store: LocalStore, to: Destination) -> Desk:
    writer, machine = store.intake.writer, Machine(bucket="unknown", keys=1, salt=bytes(32))
    destinations = Destinations((to,), Products(()), ())
    courier = Courier(
        writer=writer,
        destinations=destinations,
        machine=lambda: machine,
        clock=store.clock,
        chance=lambda: 0.5,
        send=unreachable,
        version="1",
    )
    parts = Parts(
        writer=writer,
        courier=lambda: courier,
        destinations=destinations,
        machine=lambda: machine,
        hearing=Hearing(),
        clock=store.clock,
        lookout=Lookout(Blind),
    )
    return Desk(parts, "local")


@contextlib.asynccontextmanager
async def holding(folder: Path) -> AsyncIterator[tuple[LocalStore, Desk, bytes]]:
    """A desk with one batch, sealed and held."""
    async with opened(folder, Clocks()) as store:
        to = destination("to see which models suit")
        desk = desk_of(store, to)
        wanted = Wanted(
            destination="acme",
            scopes=frozenset({"ratings"}),
            digest=digest(consent_text(Proposal(destination=to), REVISION)),
            include_earlier=False,
        )
        await store.intake.writer.submit(
            partial(decisions.grant, wanted=wanted, destinations=desk.destinations, now=desk.now)
        )
        await store.submit(RATING)
        store.clock.go_on(days=7)
        await desk.round()
        (batch,) = shown.waiting(store.database.connection)
        try:
            yield store, desk, bytes.fromhex(batch.batch_id)
        finally:
            await desk.stop()


async def test_a_held_batch_says_that_the_clock_was_set(tmp_path: Path) -> None:
    async with holding(tmp_path) as (store, desk, id_):
        assert (await desk.outlook())[id_.hex()].why == "held, so that you can look at it"
        assert isinstance(store.clock, Clocks)
        store.clock.set_on(timedelta(days=3))
        await desk.round()
        told = (await desk.outlook())[id_.hex()].why
        assert told == "the clock was set; it has to stand for an hour"


async def test_a_batch_under_another_text_is_not_sent_early_and_the_owner_hears_why(tmp_path: Path) -> None:
    async with holding(tmp_path) as (store, _, id_):
        other = desk_of(store, destination("for something else"))
        with pytest.raises(StateConflict, match="its text changed; it has to ask anew"):
            await other.hasten(id_)
        (batch,) = shown.waiting(store.database.connection)
        assert not batch.urgent


async def test_a_batch_is_not_sent_early_while_the_mode_keeps_it(tmp_path: Path) -> None:
    async with holding(tmp_path) as (_, desk, id_):
        await desk.decide(partial(decisions.set_mode, wanted="local"))
        with pytest.raises(StateConflict, match="the mode is local"):
            await desk.hasten(id_)
        await desk.decide(partial(decisions.set_mode, wanted="share"))
        await desk.hasten(id_)
