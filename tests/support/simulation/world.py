"""The world of one seed: its script, its course, its end.

Job: make the script of a seed, carry it out with the oracles behind each step, then let fair months pass.
Must not: draw what a dropped step would shift: each step has a seed of its own, so that a failing script can
be cut down.
"""

import contextlib
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple
from unittest import mock

import msgspec

from sidecar.share import consent, manifest
from sidecar.share.agenda import Link
from sidecar.share.verdict import Heard
from sidecar.store.connection import FILE_NAME
from sidecar.store.database import Database
from sidecar.store.dispatching import Dispatch
from tests.support.simulation import nature, oracles, people
from tests.support.simulation.home import Home, HomeClock, Sky
from tests.support.simulation.memory import Known, Memory, Sealed
from tests.support.simulation.network import Network

BEGINNING: Final = 1_790_000_000.0
"""Some Monday of September 2026."""

Act = Callable[["World", Home, random.Random], None]
ACTS: Final[dict[str, tuple[Act, int]]] = {
    "feedback": (people.feedback, 20),
    "undo": (people.undo, 4),
    "change": (people.change, 4),
    "grant": (people.grant, 4),
    "revoke": (people.revoke, 2),
    "steer": (people.steer, 7),
    "purge": (people.purge, 1),
    "reconfigure": (people.reconfigure, 2),
    "look": (nature.look, 10),
    "interrupt": (nature.interrupt, 6),
    "wait": (nature.wait, 28),
    "weather": (nature.weather, 5),
    "whims": (nature.whims, 2),
    "squeeze": (nature.squeeze, 0),
    "set_clock": (nature.set_clock, 1),
    "restart": (nature.restart, 2),
    "back_up": (nature.back_up, 2),
    "restore": (nature.restore, 1),
    "clone": (nature.clone, 0),
    "age": (nature.age, 1),
    "move": (nature.move, 1),
    "spoil": (nature.spoil, 0),
}
STEPS: Final = (20, 45)
DAYS_OF_DRAIN: Final = 100
LOOKS_OF_DRAIN: Final = 400


class Step(NamedTuple):
    """One step: what, at which machine, and the seed of all its chances."""

    name: str
    home: int
    seed: int


class Script(NamedTuple):
    """What happens in a world."""

    seed: int
    kind: str
    steps: tuple[Step, ...]


KINDS: Final[dict[str, tuple[int, dict[str, int]]]] = {
    "plain": (5, {}),
    "poison": (2, {"whims": 4}),
    "clone": (1, {"clone": 4}),
    "spoilt": (2, {"spoil": 8}),
    "fragile": (2, {"squeeze": 10, "grant": 8, "revoke": 4}),
    "clocks": (1, {"set_clock": 8, "restart": 4}),
}
"""Kinds of worlds: how often there is one, and what happens in it more often than elsewhere."""


def script_of(seed: int) -> Script:
    """The script of a seed."""
    rng = random.Random(seed)
    kind = rng.choices(list(KINDS), [often for often, _ in KINDS.values()])[0]
    weights = {name: weight for name, (_, weight) in ACTS.items()} | KINDS[kind][1]
    chosen = rng.choices(list(weights), list(weights.values()), k=rng.randint(*STEPS))
    return Script(seed, kind, tuple(Step(name, rng.randrange(2), rng.getrandbits(32)) for name in chosen))


class World:
    """Everything there is.

    Attributes:
        records: gid -> the record, of every machine.
        wire: what ever left.
        unmarked: records whose marks were lost on the disk: nobody can know any more where they went.
        taken_back: (destination, id) of each withdrawal that left.
    """

    def __init__(self, script: Script, folder: Path) -> None:
        self.script = script
        self.sky = Sky(BEGINNING)
        self.gids = 0
        self.records: dict[int, Known] = {}
        self.wire: oracles.Wire = {}
        self.taken_back: set[tuple[str, str]] = set()
        self.unmarked: set[int] = set()
        self.backups: dict[Home, tuple[Path, Memory]] = {}
        self.may_clone = script.kind == "clone"
        self.may_spoil = script.kind == "spoilt"
        self.homes: list[Home] = []
        self._folder = folder
        self._folders = 0
        self._judged = 0
        rng = random.Random(script.seed)
        self.network = Network(people.NAMES, rng)
        self.network.is_tame = self.may_clone
        if script.kind == "poison":
            for collector in self.network.collectors.values():
                collector.refuse(rng.choice(("partial", "indices", "bare")))
        folder = self.fresh_folder()
        folder.mkdir()
        shutil.copyfile(_empty_file(), folder / FILE_NAME)
        home = self.move_in(folder)
        home.start()
        people.give(home, "acme", people.SCOPES, earlier=True, revision=rng.choice((1, 2)))

    def fresh_folder(self) -> Path:
        """A folder that nobody uses."""
        self._folders += 1
        return self._folder / str(self._folders)

    def move_in(self, folder: Path) -> Home:
        """One machine more."""
        rng = random.Random(f"{self.script.seed} {len(self.homes)}")
        home = Home(folder, self.sky, rng, carry=self._carry, departs=self._departs, sealed=self._sealed)
        self.homes.append(home)
        return home

    def run(self) -> None:
        """The whole course.

        Raises:
            Broken: a promise did not hold.
        """
        for step in self.script.steps:
            home = self.homes[step.home % len(self.homes)]
            ACTS[step.name][0](self, home, random.Random(step.seed))
            self.judge()
        self._drain()

    def judge(self) -> None:
        """Every oracle of the running course."""
        books = {name: each.book for name, each in self.network.collectors.items()}
        for home in self.homes:
            oracles.machine(home, self.wire, books, self.taken_back)
        if len(self.network.sent) != self._judged:
            self._judged = len(self.network.sent)
            for name, book in books.items():
                oracles.once(name, book, self.wire, self.unmarked)

    def close(self) -> None:
        """End every process."""
        for home in self.homes:
            home.database.connection.close()

    def _carry(self, home: Home, dispatch: Dispatch) -> Heard:
        heard = self.network.carry(dispatch, self.sky.seconds)
        if heard.status in {429, 503} and (heard.retry_after or "").isdecimal():
            seconds = min(max(int(heard.retry_after or 0), 1), nature.DAY)
            home.not_before[dispatch.destination] = self.sky.seconds + seconds - 1
        return heard

    def _departs(self, home: Home, dispatch: Dispatch) -> None:
        oracles.departing(home, dispatch, self.records)
        at = (dispatch.destination, dispatch.sent.id)
        if dispatch.secret is not None:
            self.taken_back.add(at)
        else:
            sealed = home.memory.sealed[bytes.fromhex(dispatch.sent.id)]
            self.wire[*at, sealed.sha256] = sealed.cells

    def _sealed(self, home: Home, sealed: Sealed) -> None:
        if not home.memory.spoilt:
            oracles.counts(home, sealed, self.records)

    def _drain(self) -> None:
        """Fair months: whatever waits has its time."""
        self.network.weather = "fair"
        for collector in self.network.collectors.values():
            collector.heal()
        for home in self.homes:
            home.offers.switches = ()
            if home.memory.is_muted:
                people.choose_mode(home, "share")
            home.offers.version += "0"
            home.clock.offset = 0.0
            home.load()
        end = self.sky.seconds + DAYS_OF_DRAIN * nature.DAY
        for _ in range(LOOKS_OF_DRAIN):
            waits = []
            for home in self.homes:
                home.tick(Link())
                until = home.courier.waiting.until
                waits.append(self.sky.seconds + 7 * nature.DAY if until is None else until)
            self.sky.seconds = max(self.sky.seconds + 1, min(*waits, self.sky.seconds + 7 * nature.DAY))
            if self.sky.seconds > end:
                break
        else:
            raise oracles.Broken("the outbox never comes to rest")
        self.judge()
        for home in self.homes:
            oracles.settled(home)


@cache
def _empty_file() -> Path:
    """A migrated file, made once for all worlds of this process."""
    folder = Path(tempfile.mkdtemp(dir=_memory()))
    database = Database(folder, HomeClock(Sky(BEGINNING)))
    database.open()
    database.close()
    return folder / FILE_NAME


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # a folder of our own in it


@contextlib.contextmanager
def wider_manifest() -> Iterator[None]:
    """As if speeds had come with a second revision: grants of both go on side by side."""
    entries = tuple(
        msgspec.structs.replace(each, since=2) if each.name == "speed" else each for each in manifest.MANIFEST
    )
    caches = (manifest.allowed, consent._lines)  # noqa: SLF001  # they remember the table
    with mock.patch.object(manifest, "MANIFEST", entries), mock.patch.object(consent, "MANIFEST", entries):
        for cache_of in caches:
            cache_of.cache_clear()
        yield
    for cache_of in caches:
        cache_of.cache_clear()


@contextlib.contextmanager
def a_world(script: Script) -> Iterator[World]:
    """A world, gone afterwards."""
    with wider_manifest(), tempfile.TemporaryDirectory(dir=_memory()) as folder:
        world = World(script, Path(folder))
        try:
            yield world
        finally:
            world.close()


def run(script: Script) -> None:
    """Run a script.

    Raises:
        Broken: a promise did not hold.
    """
    with a_world(script) as world:
        world.run()


def first_fault(scripts: Sequence[Script]) -> tuple[Script, Exception] | None:
    """The first script that breaks a promise."""
    for script in scripts:
        try:
            run(script)
        except Exception as fault:  # noqa: BLE001  # a bug of the product may show as anything
            return script, fault
    return None
