"""A damaged file whose schema cannot be read: its records come back, or count as lost."""

import contextlib
import random
import shutil
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

from sidecar.store.damaged import Damaged
from sidecar.store.graft import with_schema
from tests.support.daemon import start
from tests.support.damage import fill_page, garbage_everywhere_but_the_first_page, root_page, schema_pages
from tests.support.feedback import feedback
from tests.support.recount import check_whole, losses, opened_copy

BATCHES: Final = 4  # of 250 records
RECORDS: Final = BATCHES * 250
SCHEMA: Final = (1, 8, 9, 16, 23, 29, 33, 41)
"""Where the schema lies: `test_schema_lies_where_these_tests_damage_it` holds it to the file."""
SECONDS: Final = 30.0  # bounds a hang


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a daemon that stored records of all kinds and was stopped."""
    rng, data_dir = random.Random("schema"), tmp_path_factory.mktemp("whole") / "data"
    with start(data_dir, settings={"RATE_LIMIT": "off"}).ready() as daemon:
        with daemon.caller() as caller:
            for _ in range(BATCHES):
                batch = {"records": [feedback(rng, "app") for _ in range(250)]}
                assert caller.post("/v1/feedback/batch", batch).status == 201
        assert daemon.stop() == 0
    return data_dir


@pytest.fixture
def data_dir(whole: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return shutil.copytree(whole, tmp_path / "data")


def test_schema_lies_where_these_tests_damage_it(whole: Path) -> None:
    assert tuple(schema_pages(whole / "feedback.db")) == SCHEMA


def damage_for_good(path: Path, pages: Iterable[int]) -> None:
    """Pages of the schema, and the one that says which migrations made the file."""
    for page in {*pages, root_page(path, "migration")}:
        fill_page(path, page, 0xFF)


@pytest.mark.parametrize("page", SCHEMA)
def test_records_of_a_file_without_a_schema_are_counted_as_lost(data_dir: Path, page: int) -> None:
    """No fewer than there were; nobody knows better after a start."""
    damage_for_good(data_dir / "feedback.db", [page])
    assert lost_of(data_dir) >= RECORDS


def lost_of(data_dir: Path) -> int:
    """What the ledger says when a start has met the damage; the log says the same."""
    end = time.monotonic() + SECONDS
    with start(data_dir).ready():
        lost = lost_so_far(data_dir)
        while f"0 brought over, at most {lost} unreadable" not in logged(data_dir):
            assert time.monotonic() < end, "the log does not say it"
            time.sleep(0.02)
    return lost


def logged(data_dir: Path) -> str:
    """The daemon's log."""
    return "".join(path.read_text() for path in (data_dir / "log").glob("*.log"))


def lost_so_far(data_dir: Path) -> int:
    """What the ledger says as soon as it says anything."""
    end = time.monotonic() + SECONDS
    while True:
        with contextlib.suppress(sqlite3.Error):  # the new file is not there yet
            if lost := losses(data_dir).get(("record", "corrupt"), 0):
                return lost
        assert time.monotonic() < end, "no record was counted as lost"
        time.sleep(0.02)


def test_writer_that_ran_knows_how_many_were_lost(data_dir: Path) -> None:
    with start(data_dir).ready() as daemon, daemon.caller(manages=True) as owner:
        undone = owner.post("/v1/feedback", feedback(random.Random("one"), "app")).json["feedback_id"]
        assert owner.delete(f"/v1/feedback/{undone}").status == 200  # empties the WAL
        garbage_everywhere_but_the_first_page(data_dir / "feedback.db")
        assert owner.get("/v1/feedback?limit=2000").status in {200, 503}
        lost = lost_so_far(data_dir)
    assert lost == RECORDS + 1, "the number of the undone one was given, too"


def test_pages_that_were_cut_off_count_too(data_dir: Path) -> None:
    """The header that is left says how many there were."""
    path = data_dir / "feedback.db"
    with path.open("r+b") as file:
        file.truncate(1000)
    damaged = Damaged(path)
    assert damaged.highest >= RECORDS
    damaged.close()


@pytest.mark.parametrize("byte", [0xFF, None], ids=["ff", "random"])
@pytest.mark.parametrize("page", SCHEMA)
def test_records_of_a_file_without_a_schema_come_back(
    whole: Path, data_dir: Path, tmp_path: Path, page: int, byte: int | None
) -> None:
    fill_page(data_dir / "feedback.db", page, byte)
    salvaged(data_dir)
    assert ids(data_dir, tmp_path / "new") == ids(whole, tmp_path / "old")
    told = losses(data_dir)
    assert (told["salvaged", "restored"], told.get(("record", "corrupt"), 0)) == (RECORDS, 0)
    with opened_copy(data_dir, tmp_path / "new") as connection:
        check_whole(connection)


def test_all_schema_pages_at_once_are_grafted(whole: Path, data_dir: Path, tmp_path: Path) -> None:
    for page in SCHEMA:
        fill_page(data_dir / "feedback.db", page)
    salvaged(data_dir)
    assert ids(data_dir, tmp_path / "new") == ids(whole, tmp_path / "old")


def test_wal_beside_a_file_without_a_schema_is_read_too(data_dir: Path, tmp_path: Path) -> None:
    """What a killed daemon had acknowledged last lies in the WAL alone."""
    with start(data_dir).ready() as daemon:
        with daemon.caller() as caller:
            assert caller.post("/v1/feedback", feedback(random.Random("last"), "app")).status == 201
        daemon.kill()
    told = ids(data_dir, tmp_path / "old")
    fill_page(data_dir / "feedback.db", SCHEMA[-1])
    salvaged(data_dir)
    assert len(told) == RECORDS + 1
    assert ids(data_dir, tmp_path / "new") == told


def test_file_of_another_layout_gets_no_schema(data_dir: Path) -> None:
    """Tables on other pages: what stands there is not read as something else."""
    path = data_dir / "feedback.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("ALTER TABLE series RENAME TO s")
        connection.execute("CREATE TABLE series AS SELECT * FROM s")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DROP TABLE s")
        connection.execute("CREATE TABLE stranger (a INTEGER, b TEXT)")
        connection.execute("INSERT INTO stranger VALUES (1, 'x')")
        connection.commit()
    assert root_page(path, "stranger") in {4, 5}
    fill_page(path, 8)
    assert with_schema(path) is None
    assert not list(data_dir.glob("*.salvaging*"))


def test_damaged_file_stays_as_it_was_and_no_copy_is_left(data_dir: Path) -> None:
    path = data_dir / "feedback.db"
    fill_page(path, 8)
    before = path.read_bytes()
    salvaged(data_dir)
    (kept,) = data_dir.glob("feedback.db.corrupt-*Z")
    assert kept.read_bytes() == before
    assert not list(data_dir.glob("*.salvaging*"))


def test_copy_of_a_killed_salvage_goes_at_the_next_start(data_dir: Path) -> None:
    left = data_dir / "feedback.db.salvaging"
    left.write_text("records")
    end = time.monotonic() + SECONDS
    with start(data_dir).ready():
        while left.exists():
            assert time.monotonic() < end, "the copy stays"
            time.sleep(0.02)


def salvaged(data_dir: Path) -> None:
    """Start, and return when the file that was set aside is done with."""
    end = time.monotonic() + SECONDS
    with start(data_dir).ready() as daemon:
        while "brought over" not in logged(data_dir):
            assert time.monotonic() < end, "it is never done"
            time.sleep(0.02)
        assert daemon.stop() == 0


def ids(data_dir: Path, scratch: Path) -> list[str]:
    """What the file holds."""
    with opened_copy(data_dir, scratch) as connection:
        return [id_ for (id_,) in connection.execute("SELECT hex(id) FROM record ORDER BY id")]
