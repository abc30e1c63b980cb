"""The disk quota over real HTTP: the oldest records go first, their counts stay, and the ledger says so."""

import contextlib
import json
import sqlite3
import time
from pathlib import Path
from typing import Final

from sidecar.config import MIB
from tests.support.caller import Caller
from tests.support.daemon import start
from tests.support.recount import losses

QUOTA_MIB: Final = 8  # the least that the configuration takes
OLD: Final = 450  # wishes, grown to 16,000 bytes each: 7 MiB that no test has to wait for
BATCHES: Final = 6  # of 100 wishes with 4,000 bytes: 2 MiB and more
SECONDS: Final = 30.0  # bounds a hang


def used_bytes(data_dir: Path) -> int:
    """Bytes of the database that hold something, read beside the daemon."""
    path = f"{(data_dir / 'feedback.db').as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(path, uri=True)) as other:
        pages, free, size = (
            int(other.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * size


def wishes(words: str, count: int) -> bytes:
    """A batch as it goes over the wire."""
    wish = {"feedback_type": "feature_request", "feature_description": words}
    return json.dumps({"records": [wish] * count}, ensure_ascii=False).encode()


def post(owner: Caller, body: bytes) -> list[str]:
    """The ids that were given."""
    answer = owner.post("/v1/feedback/batch", body)
    assert answer.status == 201, answer.body
    return [result["feedback_id"] for result in answer.json["results"]]


def test_quota_is_held_while_records_pour_in(tmp_path: Path) -> None:
    """Nobody waits for the next turn of a job: as soon as the quota may be reached, room is made."""
    data_dir, most = tmp_path / "data", 0
    with start(data_dir).ready() as daemon, daemon.caller(manages=True) as owner:
        ids = post(owner, wishes("dark mode", OLD))
        assert daemon.stop() == 0
    with contextlib.closing(sqlite3.connect(data_dir / "feedback.db")) as connection, connection:
        connection.execute("UPDATE request_text SET text = hex(randomblob(8000))")
    with start(data_dir, settings={"QUOTA_MIB": str(QUOTA_MIB)}).ready() as daemon:
        with daemon.caller(manages=True) as owner:
            for _ in range(BATCHES):
                ids += post(owner, wishes("… " * 1000, 100))
                most = max(most, used_bytes(data_dir))
            end = time.monotonic() + SECONDS
            while used_bytes(data_dir) > QUOTA_MIB * MIB:
                assert time.monotonic() < end, "the quota is not held"
                time.sleep(0.05)
            kept = [row["feedback_id"] for row in owner.rows("/v1/feedback")]
        assert most < (QUOTA_MIB + 2) * MIB, "the store grew far over its quota meanwhile"
        assert used_bytes(data_dir) > (QUOTA_MIB - 2) * MIB, "more went than had to"
        assert 0 < len(kept) < len(ids)
        assert kept == ids[len(ids) - len(kept) :], "the newest are kept, in their order"
        assert losses(data_dir) == {("feature_request", "quota"): len(ids) - len(kept)}
        with contextlib.closing(sqlite3.connect(data_dir / "feedback.db")) as other:
            assert other.execute("SELECT sum(n) FROM total").fetchone() == (len(ids),), "counts stay"
