"""Power lost at any moment, replayed from recorded writes and syncs: what was acknowledged is there.

One real run of the daemon is recorded by strace: every write, truncation, rename and sync of its files, and
every answer it sent. For each cut the disk is laid out three times: as the process left it, without anything
that was not synced, and with any part of that, torn in the middle of pages.
"""

import contextlib
import json
import random
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from msgspec import Struct, field

from sidecar.clock import SystemClock
from sidecar.store.database import Database
from tests.support import needs, trace
from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.disks import fast_folder
from tests.support.feedback import feedback, rating
from tests.support.lost_power import After, Disk
from tests.support.recount import check_whole
from tests.support.trace import Event, Send, Sync

CUTS: Final = 220
WRITERS: Final = 4
ROUNDS: Final = 60  # of each writer; together they fill the WAL past its automatic checkpoint


class Acknowledged(Struct):
    """What callers had been told before a cut."""

    kept: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    stars: dict[str, int] = field(default_factory=dict)
    batches: list[set[str]] = field(default_factory=list)

    def hear(self, answer: bytes) -> None:
        """Take in one answer, as a caller reads it."""
        head, _, body = answer.partition(b"\r\n\r\n")
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")) or not body.startswith(b"{"):
            return
        match json.loads(body):
            case {"deleted": True, "feedback_id": id_}:
                self.kept.discard(id_)
                self.gone.add(id_)
            case {"results": results}:
                self.batches.append({result["feedback_id"] for result in results})
                self.kept |= self.batches[-1]
            case {"duplicate": _, "feedback_id": id_}:
                self.kept.add(id_)
            case {"week": _, "feedback_id": id_, "rating": stars}:
                self.stars[id_] = stars


def work(daemon: Daemon, number: int, faults: list[BaseException]) -> None:
    """One writer: single records, batches, changes; near the end also undone records, which empty the WAL."""
    rng = random.Random(f"power/{number}")
    try:
        with daemon.caller() as caller:
            for position in range(ROUNDS):
                round_of(caller, rng, f"app-{number}", position)
    except BaseException as fault:  # noqa: BLE001  # carried to the test's own thread
        faults.append(fault)


def round_of(caller: Caller, rng: random.Random, name: str, position: int) -> None:
    """A few requests, each answered before the next."""
    stored = caller.post("/v1/feedback", feedback(rng, name, f"{name}-{position}"))
    assert stored.status == 201
    if position % 5 == 0:
        batch = {"records": [feedback(rng, name) for _ in range(rng.randint(2, 20))]}
        assert caller.post("/v1/feedback/batch", batch).status == 201
    if position % 3 == 0:
        rated = caller.post("/v1/feedback", rating(rng) | {"product_id": name}).json["feedback_id"]
        assert caller.patch(f"/v1/feedback/{rated}", {"rating": rng.randint(1, 5)}).status == 200
    if position > ROUNDS * 2 // 3 and position % 4 == 0:
        assert caller.delete(f"/v1/feedback/{stored.json['feedback_id']}").status == 200


class Recording(Struct, frozen=True):
    """One run: what the daemon did in `folder`, and everything it ever answered."""

    folder: Path
    events: list[Event]
    told: Acknowledged
    salt: bytes


def recorded(tmp_path: Path) -> Recording:
    """The whole life of a daemon from an empty directory to its clean end."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    faults: list[BaseException] = []
    with start(folder, prefix=trace.strace(tmp_path / "strace")) as daemon:
        threads = [threading.Thread(target=work, args=(daemon, n, faults)) for n in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(300)
        assert not faults, faults
        assert daemon.stop() == 0
    events, told = trace.read(tmp_path / "strace", folder), Acknowledged()
    for event in events:
        if isinstance(event, Send):
            told.hear(event.data)
    return Recording(folder, events, told, (folder / "privacy-salt").read_bytes())


def moments(events: list[Event], rng: random.Random) -> set[int]:
    """Where to cut: anywhere, and around syncs and answers, where promises are made."""
    edges = [
        place + step
        for place, event in enumerate(events)
        if isinstance(event, Sync | Send)
        for step in (0, 1)
    ]
    return set(rng.sample(range(len(events)), CUTS // 2)) | set(rng.sample(edges, CUTS // 2))


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """The store as the product itself opens what is left."""
    database = Database(folder, SystemClock())
    database.open()
    try:
        assert database.set_aside == [], "the file was found damaged"
        yield database.connection
    finally:
        database.close()


def check(image: Path, told: Acknowledged, run: Recording) -> None:
    """Everything told is there, whole, and nothing that nobody sent."""
    with opened(image) as connection:
        check_whole(connection)
        found = dict(connection.execute("SELECT lower(hex(id)), rating FROM record").fetchall())
    missing = told.kept - found.keys()  # undone already, the answer on its way: at most one of each writer
    assert missing <= run.told.gone, "an acknowledged record is lost"
    assert len(missing) <= WRITERS
    assert not told.gone & found.keys(), "an undone record is back"
    assert found.keys() <= run.told.kept | run.told.gone
    for batch in run.told.batches:
        assert batch <= found.keys() or not batch & found.keys(), "half a batch"
    for id_, stars in told.stars.items():
        assert found[id_] == stars, "an acknowledged change is lost"
    if told.kept:  # without its salt a file forgets what its keys stood for
        assert (image / "privacy-salt").read_bytes() == run.salt


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """One recording for all tests."""
    needs.need_program("strace")
    return recorded(tmp_path_factory.mktemp("power"))


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the images are laid out; what is synced there is of no account."""
    with fast_folder() as found:
        yield found


def test_power_loss_keeps_what_was_acknowledged(run: Recording, folder: Path) -> None:
    """At 220 moments, each with three ways to lose what was not synced."""
    rng = random.Random("power")
    cuts, disk, told, images = moments(run.events, rng), Disk(run.folder), Acknowledged(), 0
    for place, event in enumerate(run.events):
        if place in cuts:
            for after in After:
                image = folder / f"{place}-{after.name}"
                image.mkdir()
                disk.lay_out(image, after, rng)
                check(image, told, run)
                shutil.rmtree(image)
                images += 1
        if isinstance(event, Send):
            told.hear(event.data)
        else:
            disk.play(event)
    assert images >= 3 * 200
    database = str(run.folder / "feedback.db")
    checkpoints = [event for event in run.events if event == Sync(database)]
    assert len(checkpoints) >= 5, "the WAL was never carried over while records came in"
    assert len(told.kept) > 300
    assert told.gone
