"""What a damaged file still shows is brought over: once, by itself, whatever happens meanwhile."""

import contextlib
import random
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from sidecar.store.salvage import Progress
from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.damage import cut_in_half, garbage_in_the_middle, no_database_at_all
from tests.support.feedback import Body, feedback
from tests.support.recount import check_whole, losses, opened_copy

BATCHES: Final = 8  # of 250 records: a file of a few hundred pages, salvaged in ten steps
SECONDS: Final = 30.0  # bounds a hang
KEYED: Final[Body] = {
    "feedback_type": "rating",
    "model": "mistral:7b",
    "rating": 4,
    "product_id": "keyed",
    "idempotency_key": "once",
}
UNDONE: Final[Body] = {**KEYED, "idempotency_key": "twice"}
CANARY: Final = "canary-product"


class Whole(msgspec.Struct):
    """A stopped daemon's directory, and what it listed."""

    data_dir: Path
    rows: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Some hundred pages of records of all kinds, with keys and tombstones."""
    rng, data_dir = random.Random("salvage"), tmp_path_factory.mktemp("whole") / "data"
    with start(data_dir).ready() as daemon:
        with daemon.caller(manages=True) as owner:
            for number in range(BATCHES):
                product = CANARY if number % 2 else "app"
                batch = {"records": [feedback(rng, product) for _ in range(250)]}
                assert owner.post("/v1/feedback/batch", batch).status == 201
            undone = owner.post("/v1/feedback", UNDONE).json["feedback_id"]
            assert owner.post("/v1/feedback", KEYED).status == 201
            assert owner.delete(f"/v1/feedback/{undone}").status == 200
            rows = by_id(owner)
        assert daemon.stop() == 0
    return Whole(data_dir, rows)


@pytest.fixture
def data_dir(whole: Whole, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return shutil.copytree(whole.data_dir, tmp_path / "data")


def by_id(owner: Caller) -> dict[str, dict[str, Any]]:
    """What is listed."""
    return {row["feedback_id"]: row for row in owner.rows("/v1/feedback")}


def progress(data_dir: Path) -> Progress | None:
    """How far the one damaged file was salvaged, as the store says."""
    with contextlib.closing(sqlite3.connect(f"{(data_dir / 'feedback.db').as_uri()}?mode=ro", uri=True)) as c:
        rows = c.execute("SELECT value FROM meta WHERE name LIKE 'salvage:%'").fetchall()
    return msgspec.json.decode(rows[0][0], type=Progress) if rows else None


def until(data_dir: Path, reached: Callable[[Progress], bool]) -> Progress:
    """Return when the salvage is so far."""
    end = time.monotonic() + SECONDS
    while True:
        now = progress(data_dir)
        if now is not None and reached(now):
            return now
        assert time.monotonic() < end, f"salvaging stands at {now}"


def done(now: Progress) -> bool:
    """Nothing is left to do."""
    return now.done


def drop_the_index(path: Path) -> None:
    """The root of the index over ids is garbage; every record lies on other pages."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_record_1'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(random.Random("index").randbytes(size))


def aside(data_dir: Path) -> list[Path]:
    """The damaged files, without what SQLite keeps beside them."""
    return list(data_dir.glob("feedback.db.corrupt-*Z"))


def salvaged(row: dict[str, Any]) -> dict[str, Any]:
    """The row as it comes back: nobody knows whether it had left, so it stays here from now on."""
    return row | {"safe_to_share": False}


@pytest.mark.parametrize("damage", [garbage_in_the_middle, cut_in_half], ids=lambda way: way.__name__)
def test_what_can_be_read_of_a_damaged_file_comes_back_as_it_was(
    whole: Whole, data_dir: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    damage(data_dir / "feedback.db")
    with start(data_dir).ready() as daemon:
        meet(daemon)
        now = until(data_dir, done)
        with daemon.caller(manages=True) as owner:
            found = by_id(owner)
        daemon.kill()
    old = {id_: row for id_, row in found.items() if id_ in whole.rows}
    assert len(old) == now.stored > 100
    assert old == {id_: salvaged(whole.rows[id_]) for id_ in old}
    assert now.stored + now.unreadable >= len(whole.rows)
    assert now.unreadable > 0
    told = losses(data_dir)
    assert told["salvaged", "restored"] == now.stored
    assert told["record", "corrupt"] == now.unreadable
    assert len(aside(data_dir)) == 1, "the file stays until its owner purges"
    with opened_copy(data_dir, tmp_path / "scratch") as connection:
        check_whole(connection)


def meet(daemon: Daemon) -> None:
    """Write and read until the damage is noticed."""
    with daemon.caller(manages=True) as owner:
        for _ in range(50):
            if aside(daemon.data_dir):
                return
            owner.post("/v1/feedback", feedback(random.Random("meet"), "app"))
            owner.get("/v1/feedback?limit=2000")
            owner.get("/v1/insights/ratings")
    raise AssertionError("the damage was never noticed")


def test_damage_beside_the_records_loses_none(whole: Whole, data_dir: Path) -> None:
    """Words, templates, keys and all; nothing is counted as unreadable."""
    drop_the_index(data_dir / "feedback.db")
    with start(data_dir).ready() as daemon:
        meet(daemon)
        now = until(data_dir, done)
        with daemon.caller(manages=True) as owner:
            found = by_id(owner)
            assert {id_: found[id_] for id_ in whole.rows} == {
                id_: salvaged(row) for id_, row in whole.rows.items()
            }
            assert owner.post("/v1/feedback", KEYED).status == 200
            assert owner.post("/v1/feedback", UNDONE).status == 200, "a deleted key never resurrects"
            assert owner.post("/v1/feedback", {**UNDONE, "rating": 1}).status == 409
            assert len(by_id(owner)) == len(found)
    assert (now.stored, now.unreadable) == (len(whole.rows), 0)


def test_kills_while_a_file_is_salvaged_lose_and_double_nothing(
    whole: Whole, data_dir: Path, tmp_path: Path
) -> None:
    drop_the_index(data_dir / "feedback.db")
    with start(data_dir) as daemon:
        meet(daemon)
        daemon.kill()
    reached = 0
    for _ in range(2):
        with start(data_dir) as daemon:
            now = until(data_dir, lambda now, least=reached: now.done or now.after > least)  # type: ignore[misc]
            daemon.kill()
        reached = now.after
    with start(data_dir).ready() as daemon, daemon.caller(manages=True) as owner:
        until(data_dir, done)
        found = {id_: row for id_, row in by_id(owner).items() if id_ in whole.rows}
        assert found == {id_: salvaged(row) for id_, row in whole.rows.items()}
        daemon.kill()
    assert losses(data_dir)["salvaged", "restored"] == len(whole.rows)
    with opened_copy(data_dir, tmp_path / "scratch") as connection:
        check_whole(connection)


def test_record_deleted_after_it_was_salvaged_stays_deleted(whole: Whole, data_dir: Path) -> None:
    drop_the_index(data_dir / "feedback.db")
    with start(data_dir).ready() as daemon, daemon.caller(manages=True) as owner:
        meet(daemon)
        until(data_dir, done)
        gone = next(iter(whole.rows))
        assert owner.delete(f"/v1/feedback/{gone}").status == 200
        assert daemon.stop() == 0
    with start(data_dir).ready() as daemon, daemon.caller(manages=True) as owner:
        assert gone not in by_id(owner)


def test_file_that_is_no_database_gives_nothing_and_is_done_with(data_dir: Path) -> None:
    no_database_at_all(data_dir / "feedback.db")
    with start(data_dir).ready():
        assert until(data_dir, done).stored == 0


def test_row_of_a_damaged_file_that_no_door_would_take_is_not_believed(whole: Whole, data_dir: Path) -> None:
    """A bad disk may give a piece of another file: no word of it comes into the store."""
    foreign = "Dear diary, today"
    with contextlib.closing(sqlite3.connect(data_dir / "feedback.db")) as connection, connection:
        changed = connection.execute(
            "UPDATE series SET model = ? || series WHERE kind = 'rating' AND product_id = 'app'",
            (f"{foreign}!",),
        )
        assert changed.rowcount > 10
        connection.execute("UPDATE error_template SET template = ?", (foreign,))
    drop_the_index(data_dir / "feedback.db")
    with start(data_dir).ready() as daemon:
        meet(daemon)
        now = until(data_dir, done)
        with daemon.caller(manages=True) as owner:
            kinds = {row["feedback_type"] for row in by_id(owner).values()}
            assert "error_report" not in kinds
        assert 0 < now.stored < len(whole.rows)
        assert now.stored + now.unreadable >= len(whole.rows)
        live = [path for path in data_dir.glob("feedback.db*") if "corrupt" not in path.name]
        assert not [path for path in live if foreign.encode() in path.read_bytes()]


def test_file_that_was_set_aside_is_named_after_a_restart_too(data_dir: Path) -> None:
    no_database_at_all(data_dir / "feedback.db")
    for _ in range(2):
        with start(data_dir) as daemon, daemon.caller(manages=True) as owner:
            (file,) = aside(data_dir)
            assert any(file.name in note for note in owner.get("/healthz").json["notes"])
            assert "sidecar_set_aside_files 1" in owner.get("/metrics").body.decode()
            assert daemon.stop() == 0


def everything_with(data_dir: Path, word: str) -> list[str]:
    """Files that hold a word."""
    files = [path for path in data_dir.rglob("*") if path.is_file()]
    return [path.name for path in files if word.encode() in path.read_bytes()]


def test_purge_deletes_the_files_that_were_set_aside(data_dir: Path) -> None:
    drop_the_index(data_dir / "feedback.db")
    with start(data_dir).ready() as daemon, daemon.caller(manages=True) as owner:
        meet(daemon)
        (data_dir / "feedback.restoring").write_text(CANARY)  # what a killed restore leaves
        assert owner.post("/v1/purge", {}).status == 200
        assert everything_with(data_dir, CANARY) == []
        assert aside(data_dir) == []
        assert owner.get("/healthz").json["notes"] == []
        assert owner.rows("/v1/feedback") == []
        assert losses(data_dir)["database", "declined"] == 1
        assert daemon.stop() == 0
    with start(data_dir).ready() as daemon, daemon.caller(manages=True) as owner:
        assert owner.rows("/v1/feedback") == [], "nothing comes back out of a purged file"


def test_purge_of_a_product_leaves_no_byte_of_it_and_all_of_the_others(whole: Whole, data_dir: Path) -> None:
    """Also right after the damage: what can be read of the others is brought over first."""
    drop_the_index(data_dir / "feedback.db")
    with start(data_dir).ready() as daemon, daemon.caller(manages=True) as owner:
        meet(daemon)
        assert owner.post("/v1/purge", {"product_id": CANARY}).status == 200
        assert everything_with(data_dir, CANARY) == []
        others = {id_: salvaged(row) for id_, row in whole.rows.items() if row["product_id"] != CANARY}
        found = by_id(owner)
        assert {id_: found[id_] for id_ in others} == others
        assert CANARY not in {row["product_id"] for row in found.values()}


def test_file_of_a_purge_that_was_killed_goes_at_the_next_start(data_dir: Path) -> None:
    """Between the transaction and the removal."""
    no_database_at_all(data_dir / "feedback.db")
    with start(data_dir).ready() as daemon:
        until(data_dir, done)
        (file,) = aside(data_dir)
        kept = file.read_bytes()
        with daemon.caller(manages=True) as owner:
            assert owner.post("/v1/purge", {}).status == 200
        daemon.kill()
    file.write_bytes(kept)
    with start(data_dir):
        end = time.monotonic() + SECONDS
        while file.exists():
            assert time.monotonic() < end, "the file stays"
