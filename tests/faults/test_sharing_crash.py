"""kill -9 while batches are sealed, armed, sent and settled: each record is counted exactly once."""

import hashlib
import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec import Struct

from tests.support.caller import BROKEN, Caller
from tests.support.collector.desk import Desk
from tests.support.collector.script import HONEST, LOST_AFTER, LOST_BEFORE, Act
from tests.support.collector.server import Server, serving
from tests.support.daemon import Daemon
from tests.support.recount import opened_copy
from tests.support.sharing import FREE, configure, granted, settings, uploaded

PRODUCTS: Final = tuple(f"app-{n}" for n in range(6))
IN_START: Final = 6  # one life in so many ends while the daemon is still starting
START_SPAN: Final = 0.9  # seconds; a start takes about half of it
LIFE_SPAN: Final = 0.3  # seconds; some records and a round take about half of it
DRAINS: Final = 4  # weeks: a record that came after its week was sealed leaves with the next one
ACTS: Final = (
    HONEST,
    HONEST,
    HONEST,
    Act(drip_seconds=0.001),
    LOST_BEFORE,
    LOST_AFTER,
    Act(stop="answer", how="stall"),
    Act(stop="body", how="close"),
    Act(stop="request", how="stall"),
)
"""Honest, slow, lost on the way there, lost on the way back; what stalls is ended by the kill."""


class Life(Struct):
    """One machine over many lives of its daemon.

    Attributes:
        posted: records that somebody wanted stored, by the version that no other record has.
        unsure: those of them that nobody answered for.
        caught: kills that found a batch on its way.
    """

    folder: Path
    server: Server
    rng: random.Random
    posted: dict[str, dict[str, Any]] = {}
    unsure: list[str] = []
    caught: int = 0

    def daemon(self, weeks: int) -> Daemon:
        """A daemon so many weeks from now, and the collector's clock with it."""
        later = timedelta(weeks=weeks)
        self.server.desk.now = lambda: datetime.now(UTC) + later
        told = settings(self.folder / "config.toml") | {"RATE_LIMIT": "off"}
        return Daemon(self.folder / "data", settings=told, environment=FREE, shift_days=later.days)

    def post(self, caller: Caller, most: int) -> None:
        """What nobody answered for comes again, then some more, each with its key."""
        for _ in range(self.rng.randint(1, most)):
            n = len(self.posted)
            version = f"{n // 1000}.{n % 1000}.1"
            self.posted[version] = {
                "feedback_type": "rating",
                "model": "llama3.1:8b",
                "rating": self.rng.randint(1, 5),
                "product_id": self.rng.choice(PRODUCTS),
                "product_version": version,
                "idempotency_key": version,
            }
            self.unsure.append(version)
        while self.unsure:
            assert caller.post("/v1/feedback", self.posted[self.unsure[0]]).status in {200, 201}
            self.unsure.pop(0)

    def live(self, weeks: int) -> None:
        """Take records, upload, and die by SIGKILL at a moment that the seed chose."""
        self.server.desk.script.standing = [self.rng.choice(ACTS)]
        moment = threading.Event()  # never set: its timeout is the random moment
        with self.daemon(weeks).wait() as daemon, daemon.caller(manages=True) as owner:

            def end() -> None:
                moment.wait(self.rng.uniform(0, LIFE_SPAN))
                daemon.kill()

            killer = threading.Thread(target=end)
            killer.start()
            try:
                self.post(owner, 4)
                owner.post("/v1/upload", {})
            except BROKEN:
                pass  # it is dead: what it did not answer for is sent again
            finally:
                killer.join()
        self.look()

    def die_young(self, weeks: int) -> None:
        """Die while the daemon starts."""
        with self.daemon(weeks) as daemon:
            threading.Event().wait(self.rng.uniform(0, START_SPAN))
            daemon.kill()
        self.look()

    def look(self) -> None:
        """The file as it lies there, before any code of ours touches it again."""
        with opened_copy(self.folder / "data", self.folder / "scratch") as copy:
            assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert copy.execute("PRAGMA foreign_key_check").fetchall() == []
            self.caught += copy.execute("SELECT count(*) > 0 FROM batch WHERE state = 'armed'").fetchone()[0]

    def drain(self, weeks: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Send all there is to an honest collector; returns receipts and attempts."""
        self.server.desk.script.standing = []
        for week in range(weeks, weeks + DRAINS):
            with self.daemon(week).wait() as daemon, daemon.caller(manages=True) as owner:
                self.post(owner, 1)
                for _ in range(2):  # the second one sends what the first one found armed
                    uploaded(owner)
                assert owner.get("/v1/outbox").json["rows"] == []
                found = owner.rows("/v1/receipts"), owner.rows("/v1/egress")
                assert daemon.stop() == 0
        return found


def counted(desk: Desk) -> Counter[str]:
    """How often each record counts there, by its version."""
    found: Counter[str] = Counter()
    for name, n in desk.book.counted().items():
        found[str(dict(name.dimensions)["product_version"])] += n
    return found


def kill_often(tmp_path: Path, seed: str, kills: int) -> Life:
    """So many lives, then a quiet end; everything is compared there."""
    with serving() as server:
        life = Life(tmp_path, server, random.Random(seed))
        configure(tmp_path, server.url, products=PRODUCTS)
        with life.daemon(0).wait() as daemon, daemon.caller(manages=True) as owner:
            assert granted(owner, "ratings").json["mode"] == "share"
        for n in range(kills):
            weeks = n // len(PRODUCTS)
            if n % IN_START == IN_START - 1:
                life.die_young(weeks)
            else:
                life.live(weeks)
        receipts, attempts = life.drain(kills // len(PRODUCTS) + 1)
        compare(server.desk, life, receipts, attempts)
    return life


def compare(desk: Desk, life: Life, receipts: list[dict[str, Any]], attempts: list[dict[str, Any]]) -> None:
    """Both sides tell one story."""
    assert counted(desk) == Counter(life.posted.keys())
    assert {row["state"] for row in receipts} == {"shared"}
    arrived = {
        (request.target.rpartition("/")[2], hashlib.sha256(request.plain() or b"").hexdigest())
        for request in desk.log
    }
    assert arrived == {(row["batch_id"], row["sha256"]) for row in receipts}
    seen = Counter(request.target.rpartition("/")[2] for request in desk.log)
    assert seen <= Counter(row["batch_id"] for row in attempts), "a byte left before its line was written"


def test_sigkill_shares_each_record_exactly_once(tmp_path: Path) -> None:
    """Fifteen kills."""
    life = kill_often(tmp_path, "short", 15)
    assert len(life.posted) > 15


@pytest.mark.long
def test_three_hundred_sigkills_share_each_record_exactly_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The full length: >= 300 kills."""
    life = kill_often(tmp_path, "long", 300)
    assert life.caught > 30, "hardly a kill found a batch on its way"
    with capsys.disabled():
        print(  # noqa: T201  # the figures of the long run
            f"\n300 kills, {life.caught} of them with a batch on its way, {len(life.posted)} records shared, "
            f"{len(life.server.desk.log)} requests: each record counted once"
        )
