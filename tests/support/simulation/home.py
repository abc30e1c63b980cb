"""One machine of the world: its clock, its data directory, its daemon.

Job: hold the real store and the real courier, end and begin them, and write down what each commit brought.
Must not: judge; `oracles` does.
"""

import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from sidecar.clock import week_number
from sidecar.destinations import Destination
from sidecar.errors import SidecarError
from sidecar.outbox.courier import Courier
from sidecar.outbox.packer import Machine
from sidecar.outbox.standing import Destinations
from sidecar.products import Product, Products
from sidecar.share.agenda import Link
from sidecar.share.verdict import Heard
from sidecar.store.connection import FILE_NAME
from sidecar.store.database import Database
from sidecar.store.dispatching import Dispatch
from sidecar.store.transaction import Transaction
from tests.support.simulation.faults import Crash, Faults, Writer, run
from tests.support.simulation.memory import Gids, Memory, Paper, Sealed

T = TypeVar("T")
SALT: Final = bytes(range(32))
SIDE: Final = ("", "-wal")
YEAR: Final = 365 * 86_400


class Sky:
    """The true time, in seconds since the epoch."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class HomeClock:
    """A machine's clocks: the wall clock can be wrong by `offset`."""

    def __init__(self, sky: Sky) -> None:
        self.sky = sky
        self.offset = 0.0
        self.booted = sky.seconds - 3600

    def now(self) -> datetime:
        """Wall time."""
        return datetime.fromtimestamp(self.sky.seconds + self.offset, UTC)

    def boot_seconds(self) -> float:
        """Seconds since boot."""
        return self.sky.seconds - self.booted


class Files(Products):
    """Product files that lie in memory."""

    def __init__(self, products: dict[str, Product]) -> None:
        super().__init__(())
        self._products = products


class Offers:
    """What a machine's configuration and product files propose. Whatever changes here is another paper."""

    def __init__(self) -> None:
        self.host = {"acme": "acme.example", "beta": "beta.example"}
        self.purpose = "to see which models suit which machines"
        self.words: tuple[str, ...] = ("x_ticket",)
        self.products: tuple[str, ...] = ("chat", "code")
        self.period = "1w"
        self.switches: tuple[str, ...] = ()
        self.version = "1"

    def copy(self) -> "Offers":
        """The same, to be changed apart."""
        other = Offers()
        other.__dict__ |= self.__dict__ | {"host": self.host.copy()}
        return other

    def paper(self, name: str) -> Paper:
        """What the text of a destination is made of."""
        own = self.words if name == "beta" else ()
        return (name, self.host[name], self.purpose, self.period, *self.products_of(name), *own)

    def products_of(self, name: str) -> tuple[str, ...]:
        """Whose records a destination asks for."""
        return self.products if name == "acme" else ("chat",)

    def destinations(self) -> Destinations:
        """As the daemon would read them."""
        proposed = (self._destination("beta"),)
        file = Product(product_id="chat", tasks=self.words, models=("canary-7b",), destinations=proposed)
        return Destinations([self._destination("acme")], Files({"chat": file}), self.switches)

    def _destination(self, name: str) -> Destination:
        return Destination(
            name=name,
            url=f"https://{self.host[name]}",
            products=self.products_of(name),
            period="4w" if self.period == "4w" and name == "acme" else "1w",
            controller=f"{name} GmbH",
            contact=f"privacy@{name}.example",
            purpose=self.purpose,
            privacy_url=f"https://{name}.example/privacy",
            retention="24 months",
        )


class Home:
    """One machine.

    Attributes:
        carry: takes a letter to the network.
        departs, sealed: called with each dispatch, each new batch, in the moment its commit is on the disk.
    """

    def __init__(  # noqa: PLR0913  # everything that is injected
        self,
        folder: Path,
        sky: Sky,
        rng: random.Random,
        *,
        carry: Callable[["Home", Dispatch], Heard],
        departs: Callable[["Home", Dispatch], object],
        sealed: Callable[["Home", Sealed], object],
    ) -> None:
        self.folder = folder
        self.clock = HomeClock(sky)
        self.offers = Offers()
        self.memory = Memory()
        self.faults = Faults()
        self.bucket = "ram16-19_gpuTrue"
        self.forced = self.jumped = False
        self.hurried: set[int] = set()
        self.not_before: dict[str, float] = {}
        self._rng = rng
        self._carry = carry
        self._departs = departs
        self._sealed = sealed

    def start(self) -> None:
        """The daemon begins, on whatever lies in its directory."""
        self.database = Database(self.folder, self.clock)
        self.database.open()
        self.writer = Writer(self.database, self.faults, self._committed)
        self.load()

    def load(self) -> None:
        """A daemon's memory begins anew: clocks are compared afresh, configuration is read."""
        self.courier = Courier(
            writer=self.writer,
            destinations=self.offers.destinations(),
            machine=lambda: Machine(bucket=self.bucket, keys=1, salt=SALT),
            clock=self.clock,
            chance=self._rng.random,
            send=self._send,
            version=self.offers.version,
        )

    def crash(self) -> None:
        """The process is gone; the next one finds what is on the disk."""
        self.database.connection.close()
        self.faults.clear()
        self.start()

    def do(self, operation: Callable[[Transaction], T]) -> T:
        """A request of somebody, committed."""
        return run(self.writer.submit(operation))

    def tick(self, link: Link, *, forced: bool = False) -> None:
        """The courier looks once; a crash or a full disk ends it."""
        self.forced = forced
        try:
            run(self.courier.tick(link, forced=forced))
        except Crash:
            self.crash()
        except SidecarError:
            pass  # the disk refused; the daemon logs it and the next tick tries again
        finally:
            self.faults.clear()

    def rows(self, sql: str, *parameters: object) -> list[Any]:
        """What the file says."""
        return self.database.connection.execute(sql, parameters).fetchall()

    def copy_to(self, folder: Path) -> None:
        """The files as they lie there."""
        folder.mkdir()
        for suffix in SIDE:
            source = self.folder / f"{FILE_NAME}{suffix}"
            if source.exists():
                shutil.copyfile(source, folder / source.name)

    async def _send(self, dispatch: Dispatch) -> Heard:
        self.faults.moment()
        heard = self._carry(self, dispatch)
        self.faults.moment()
        return heard

    def _committed(self, result: object) -> None:
        """Look at what a commit brought, before anything else can happen."""
        memory = self.memory
        found = self.rows(
            "SELECT batch, id, destination, product, body, sha256, revision > 0 FROM batch JOIN lane USING (lane) "
            "WHERE batch > ? AND kind = 'batch' ORDER BY batch",
            memory.seen,
        )
        handed_down = self._parents() if found else {}
        for number, id_, destination, product, body, sha256, is_again in found:
            cells = [
                cell
                for (cell,) in self.rows(
                    "SELECT cell FROM batch_cell WHERE batch = ? ORDER BY position", number
                )
            ]
            parts = tuple(handed_down.get(cell) or self._marked(cell) for cell in cells)
            memory.cells[number] = dict(zip(cells, parts, strict=True))
            at = self.clock.now().timestamp()
            is_part = bool(handed_down.keys() & set(cells)) or is_again
            gone = frozenset(memory.gone)
            seen = Sealed(
                number, destination, product, body, sha256, parts, at, memory.changes, is_part, gone
            )
            memory.sealed[bytes(id_)] = seen
            memory.seen = number
            self._sealed(self, seen)
        kept = self.rows("SELECT lane, seq, week FROM mark JOIN record USING (seq) WHERE cell = 0")
        for lane, seq, stamp in kept:
            record = memory.seqs[seq]
            old = stamp < week_number(self.clock.now()) - 15
            memory.kept.setdefault((lane, record.gid), (record.kind, "expired" if old else "quarantined"))
        if isinstance(result, Dispatch):
            self._departs(self, result)

    def _parents(self) -> dict[int, Gids]:
        """The cells of batches that this commit has split: their children have them now."""
        memory, found = self.memory, {}
        for (number,) in self.rows("SELECT batch FROM batch WHERE state = 'split'"):
            found.update(memory.cells.pop(number, {}))
        return found

    def _marked(self, cell: int) -> Gids:
        marks = self.rows("SELECT seq FROM mark WHERE cell = ?", cell)
        return tuple(sorted(self.memory.seqs[seq].gid for (seq,) in marks))
