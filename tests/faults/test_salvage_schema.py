"""A damaged file whose schema cannot be read: its records are counted as lost, never as nothing."""

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
from tests.support.daemon import start
from tests.support.damage import fill_page, garbage_everywhere_but_the_first_page, root_page, schema_pages
from tests.support.feedback import feedback
from tests.support.recount import losses

BATCHES: Final = 4  # of 250 records
RECORDS: Final = BATCHES * 250
SCHEMA: Final = (1, 8, 9, 16)
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
