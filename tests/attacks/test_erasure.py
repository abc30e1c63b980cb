"""Deleted means gone, also while another program reads: undone, purged, expired, in the daemon as it runs.

What the store does by itself is proved in tests/faults/test_erase.py; here the process that serves is
asked, every file of its directory is searched, and who owns it can see when a reader is in the way.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.feedback import Body

WATCHED: Final = str(Path(__file__).parents[1] / "support" / "serve_watched.py")
HURRIED: Final = "0.05"  # seconds between two runs of a job; in earnest they are a minute apart
GONE_SECONDS: Final = 30.0  # bounds a hang
CANARY: Final = "pfeifendersittich"
"""One word of letters alone: nothing scrubs it, and it is in no vocabulary."""
PRODUCT: Final = f"{CANARY}.app"
BODIES: Final[tuple[Body, ...]] = (
    {"feedback_type": "feature_request", "feature_description": f"{CANARY} " * 90},
    {"feedback_type": "rating", "model": f"{CANARY}:7b", "rating": 1, "variant": CANARY},
    {"feedback_type": "comparison", "preferred": f"{CANARY}-a", "alternative": f"{CANARY}-b"},
    {"feedback_type": "error_report", "error_type": "timeout", "error_message": "x", "model": CANARY},
    {"feedback_type": "usage_pattern", "action": "copy", "model": CANARY, "product_version": CANARY},
)
OTHER: Final[Body] = {"feedback_type": "feature_request", "feature_description": "words that stay " * 20}
READER: Final = """
import sqlite3, sys
other = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, isolation_level=None)
other.execute("BEGIN")
print(other.execute("SELECT count(*) FROM record").fetchone()[0], flush=True)
sys.stdin.read()
"""
"""A second program that holds on to what it has seen until its input ends."""


def places(data_dir: Path) -> dict[str, int]:
    """File -> how often the canary sits in it, in any case and as UTF-16."""
    found = {}
    forms = [CANARY.encode(), CANARY.encode("utf-16-le")]
    for path in data_dir.rglob("*"):
        if path.is_file():
            text = path.read_bytes().lower()
            found[str(path.relative_to(data_dir))] = sum(text.count(form) for form in forms)
    return {name: count for name, count in found.items() if count}


def gone(data_dir: Path) -> None:
    """Return once no file holds the canary."""
    until = time.monotonic() + GONE_SECONDS
    while places(data_dir):
        assert time.monotonic() < until, places(data_dir)


@contextlib.contextmanager
def reading(data_dir: Path) -> Iterator[None]:
    """Another process that reads, and lets go at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(data_dir / "feedback.db")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert int(other.stdout.readline()) > 0
        yield
        assert other.stdin is not None
        other.stdin.close()
        assert other.wait(GONE_SECONDS) == 0


def filled(daemon: Daemon) -> list[str]:
    """The canaries of every kind among other words; their ids."""
    with daemon.caller() as caller:
        ids: list[str] = []
        for body in BODIES:
            for each in (
                OTHER,
                body | {"product_id": PRODUCT, "idempotency_key": CANARY + str(len(ids))},
                OTHER,
            ):
                answer = caller.post("/v1/feedback", each)
                assert answer.status == 201, answer.body
                ids += [answer.json["feedback_id"]] * ("idempotency_key" in each)
    assert places(daemon.data_dir), "the canary was never there"
    return ids


def undo(owner: Caller, ids: list[str]) -> None:
    """Each by its id."""
    assert {owner.delete(f"/v1/feedback/{id_}").status for id_ in ids} == {200}


def purge(owner: Caller, _: list[str]) -> None:
    """All."""
    assert owner.post("/v1/purge", {}).status == 200


def purge_product(owner: Caller, ids: list[str]) -> None:
    """The product's."""
    assert owner.post("/v1/purge", {"product_id": PRODUCT}).json == {"deleted": len(ids)}


DELETING: Final = [undo, purge, purge_product]
Deleting = Callable[[Caller, list[str]], None]


@pytest.mark.parametrize("delete", DELETING)
def test_what_is_deleted_is_at_once_in_no_file(tmp_path: Path, delete: Deleting) -> None:
    """Before the answer: whoever looks after it finds nothing."""
    with start(tmp_path / "data", settings={"LOG_LEVEL": "debug"}) as daemon:
        ids = filled(daemon)
        with daemon.caller(manages=True) as owner:
            assert len(owner.rows("/v1/feedback")) == 3 * len(ids)
            assert owner.get("/v1/export").status == 200
            delete(owner, ids)
            assert places(daemon.data_dir) == {}
            assert (owner.get("/metrics").status, owner.get("/healthz").json["notes"]) == (200, [])


@pytest.mark.parametrize("delete", DELETING)
def test_a_reader_only_delays_it_and_the_owner_sees_that(tmp_path: Path, delete: Deleting) -> None:
    """Tried again and again until the last reader has let go, without another word to the daemon."""
    data_dir = tmp_path / "data"
    with start(data_dir, program=[WATCHED, str(data_dir), HURRIED]) as daemon:
        ids = filled(daemon)
        with daemon.caller(manages=True) as owner:
            with reading(data_dir):
                delete(owner, ids)
                daemon.says("job erase")
                daemon.says("job erase")
                assert set(places(data_dir)) <= {"feedback.db", "feedback.db-wal"}
                assert places(data_dir)
                (note,) = owner.get("/healthz").json["notes"]
                assert "deleted records still stand" in note
                assert owner.post("/v1/feedback", OTHER).status == 201, "nobody waits for a reader"
            gone(data_dir)
            daemon.says("job erase")
            assert owner.get("/healthz").json["notes"] == []


def test_status_tells_of_a_reader_in_the_way(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    status = [sys.executable, "-m", "sidecar", "status", "--data-dir", str(data_dir)]
    with start(data_dir) as daemon:
        ids = filled(daemon)
        with reading(data_dir), daemon.caller(manages=True) as owner:
            undo(owner, ids)
            said = subprocess.run(status, capture_output=True, text=True, check=True).stdout
            assert "note: deleted records still stand in feedback.db-wal" in said
    assert CANARY not in said


def test_the_daemon_s_own_readers_keep_nothing(tmp_path: Path) -> None:
    """A list that is turned page by page, and an export that nobody reads to its end."""
    with start(tmp_path / "data") as daemon:
        ids = filled(daemon)
        with daemon.caller(manages=True) as paging, daemon.caller(manages=True) as owner:
            assert paging.get("/v1/feedback?limit=2").status == 200
            undo(owner, ids)
            assert places(daemon.data_dir) == {}
            assert paging.get("/v1/feedback?limit=2&after=2").status == 200


def test_words_that_expired_are_in_no_file(tmp_path: Path) -> None:
    """Said four weeks ago, kept for one: the names stay in the counts, the words go."""
    data_dir = tmp_path / "data"
    wish: Body = {"feedback_type": "feature_request", "feature_description": f"{CANARY} " * 90}
    with start(data_dir, shift_days=-28) as daemon, daemon.caller() as caller:
        assert {caller.post("/v1/feedback", wish).status for _ in range(30)} == {201}
        assert places(data_dir)
        daemon.kill()
    with start(data_dir, settings={"RETENTION_DAYS": "7"}) as daemon:
        gone(data_dir)
        with daemon.caller(manages=True) as owner:
            (loss,) = owner.get("/v1/ledger").json["rows"]
            assert (loss["reason"], loss["count"]) == ("expired", 30)
    assert places(data_dir) == {}


def test_purging_everything_takes_what_lies_aside(tmp_path: Path) -> None:
    """A damaged database, and spool files that wait, were refused, or were never finished."""
    data_dir = tmp_path / "data"
    with start(data_dir) as daemon:
        filled(daemon)
        assert daemon.stop() == 0
    with (data_dir / "feedback.db").open("r+b") as file:
        file.write(b"no database any more")
    with start(data_dir) as daemon, daemon.caller(manages=True) as owner:
        (aside,) = [name for name in places(data_dir) if ".corrupt-" in name]
        spool = data_dir / "spool"
        spool.mkdir(exist_ok=True)
        for name in (f"{'0' * 32}.json", f"{'1' * 32}.refused", f"{'2' * 32}.part"):
            (spool / name).write_text(f'{{"spool": 1, "record": {{"model": "{CANARY}"}}}}')
        assert owner.post("/v1/purge", {"product_id": PRODUCT}).status == 200
        assert aside in places(data_dir), "it cannot be searched for one product's records"
        assert aside in str(owner.get("/healthz").json["notes"])
        assert owner.post("/v1/purge", {}).status == 200
        assert places(data_dir) == {}
        assert owner.get("/healthz").json["notes"] == []
