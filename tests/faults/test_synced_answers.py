"""An answer follows its own sync: at one connection there are at least as many syncs as acknowledgements."""

import random
from pathlib import Path

from tests.support import needs, trace
from tests.support.daemon import start
from tests.support.feedback import feedback
from tests.support.trace import Event, Send, Sync, Write

REQUESTS = 60
DATABASE_FILES = ("feedback.db", "feedback.db-wal")


def events_of(tmp_path: Path) -> list[Event]:
    """A run with one caller who waits for each answer."""
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    rng = random.Random("one connection")
    with start(data_dir, prefix=trace.strace(tmp_path / "strace")) as daemon:
        with daemon.caller() as caller:
            caller.get("/healthz")
            for _ in range(REQUESTS):
                assert caller.post("/v1/feedback", feedback(rng, "app")).status == 201
        assert daemon.stop() == 0
    return trace.read(tmp_path / "strace", data_dir)


def test_every_acknowledgement_waits_for_a_sync_of_its_own(tmp_path: Path) -> None:
    """Between two 201 stands a write of the WAL, and after its last write a sync that has returned."""
    needs.need_program("strace")
    acknowledged = syncs = 0
    written = synced = False
    for event in events_of(tmp_path):
        match event:
            case Write(path) if Path(path).name in DATABASE_FILES:
                written, synced = True, False
            case Sync(path) if Path(path).name in DATABASE_FILES:
                syncs, synced = syncs + 1, True
            case Send(data) if data.startswith(b"HTTP/1.1 201"):
                assert written, "acknowledged, and nothing was written for it"
                assert synced, "acknowledged before the sync returned"
                acknowledged, written = acknowledged + 1, False
            case _:
                pass
    assert acknowledged == REQUESTS
    assert syncs >= acknowledged
