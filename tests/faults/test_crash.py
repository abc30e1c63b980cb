"""kill -9 at any moment: nothing acknowledged is lost, nothing is doubled, cells equal records."""

import random
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.support.daemon import Daemon, start
from tests.support.recount import check_whole, opened_copy
from tests.support.writers import Crowd

IN_START = 6  # one life in so many ends while the daemon is still starting
START_SPAN = 0.9  # seconds; a start takes about half of it
ANSWERS = 130  # at most so many before a kill


def live_and_die(crowd: Crowd, data_dir: Path, rng: random.Random, life: int) -> None:
    """One life of the daemon, ended by SIGKILL at a moment that the seed chose."""
    moment = threading.Event()  # never set: its timeout is the random moment
    if life % IN_START == IN_START - 1:
        with Daemon(data_dir) as daemon:
            moment.wait(rng.uniform(0, START_SPAN))
            daemon.kill()
        return
    with start(data_dir) as daemon:

        def end() -> None:
            moment.wait(rng.uniform(0, 0.004))
            daemon.kill()

        crowd.rush(daemon.caller, rng.randint(1, ANSWERS), end)


def check(crowd: Crowd, data_dir: Path, scratch: Path) -> int:
    """The file as it lies there, before any code of ours touches it again."""
    with opened_copy(data_dir, scratch) as connection:
        if connection.execute("PRAGMA user_version").fetchone() == (0,):
            assert crowd.told == 0  # killed before its first table
            return 0
        check_whole(connection)
        return crowd.settle(connection)


def kill_often(tmp_path: Path, seed: str, kills: int, acknowledged: int = 0) -> tuple[int, int, int]:
    """Returns (kills, records acknowledged, records in the store)."""
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    crowd, rng, life = Crowd(seed), random.Random(seed), 0
    while life < kills or crowd.told < acknowledged:
        live_and_die(crowd, data_dir, rng, life)
        check(crowd, data_dir, tmp_path / "scratch")
        life += 1
    last_life(crowd, data_dir)
    return life, crowd.told, check(crowd, data_dir, tmp_path / "scratch")


def last_life(crowd: Crowd, data_dir: Path) -> None:
    """The daemon itself tells the same as the file: every record once, and the counts of ratings."""
    with start(data_dir) as daemon:
        for writer in crowd.writers:
            with daemon.caller() as caller:
                writer.ask_again(caller)
        with daemon.caller(manages=True) as owner:
            listed = owner.rows("/v1/feedback")
            insight = owner.get("/v1/insights/ratings?group_by=product_id").json["rows"]
            assert owner.get("/v1/ledger").json["rows"] == []
        assert daemon.stop() == 0
    expected = {id_: body for writer in crowd.writers for id_, body in writer.kept.items()}
    assert sorted(row["feedback_id"] for row in listed) == sorted(expected)
    stars = Counter((body["product_id"], body["rating"]) for body in expected.values() if body.get("rating"))
    counted = {(row["product_id"], star): n for row in insight for star, n in enumerate(row["counts"], 1)}
    assert {cell: n for cell, n in counted.items() if n} == stars


def test_sigkill_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Sixteen writers, twelve kills."""
    kills, told, stored = kill_often(tmp_path, "short", 12)
    assert kills == 12
    assert stored > 0
    assert told > 200


@pytest.mark.long
def test_two_hundred_sigkills_lose_and_double_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The full length: >= 200 kills, >= 10,000 acknowledged records."""
    kills, told, stored = kill_often(tmp_path, "long", 200, 10_000)
    assert kills >= 200
    assert told >= 10_000
    with capsys.disabled():
        print(f"\n{kills} kills, {told} records acknowledged, {stored} in the store: none lost, none doubled")  # noqa: T201  # the figures of the long run
