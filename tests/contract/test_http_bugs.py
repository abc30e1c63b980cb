"""What a bug of ours looks like from outside: a bare 500 or a closed line, and no value in the log."""

import subprocess
import sys
from collections.abc import Iterator
from http.client import IncompleteRead
from pathlib import Path

import pytest

from sidecar.home import read_endpoint
from tests.support.caller import BROKEN, Caller
from tests.support.field_table import least
from tests.support.plain_http import ask
from tests.support.problem import CANARY, problem
from tests.support.secure import secure

STOP_SECONDS = 30.0  # bounds a hang
BUGGY = """
import asyncio, sys
from sidecar import config, daemon
from sidecar.api import metrics
from sidecar.clock import SystemClock
from sidecar.ingest.intake import Intake
from sidecar.store.reader import Reader

async def undo(self, feedback_id):
    raise ValueError(f"not in list: {canary!r} {feedback_id!r}")

def render(families):
    raise KeyError(canary)

async def page(self, *which, after, limit):
    if after:
        raise RuntimeError(canary)
    return await whole_page(self, *which, after=0, limit=2)

canary, whole_page = sys.argv[2], Reader.page
Intake.undo, metrics.render, Reader.page = undo, render, page
settings = config.load({"data_dir": sys.argv[1], "port": 0}, {})
asyncio.run(daemon.run(settings, SystemClock(), announce=lambda _: print("serving", flush=True)))
"""
"""The daemon with three bugs that carry a value in their words: undoing, metrics, and behind a first page."""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    data_dir = tmp_path_factory.mktemp("bugs") / "data"
    with subprocess.Popen(
        [sys.executable, "-c", BUGGY, str(data_dir), CANARY], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert process.stdout.readline() == b"serving\n"
            yield data_dir
        finally:
            process.terminate()
            assert process.wait(STOP_SECONDS) == 0
            assert CANARY.encode() not in process.stderr.read()


@pytest.fixture
def url(data_dir: Path) -> str:
    endpoint = read_endpoint(data_dir / "run")
    assert endpoint is not None
    return endpoint.url


@pytest.fixture
def owner(data_dir: Path, url: str) -> Iterator[Caller]:
    with Caller(url, (data_dir / "manage-token").read_text().strip()) as caller:
        yield caller


def test_a_bug_is_a_bare_500_that_says_where_to_look(data_dir: Path, owner: Caller) -> None:
    for answer in (owner.delete(f"/v1/feedback/{'0' * 32}"), owner.get("/metrics")):
        found = problem(secure(answer), 500, "internal")
        assert found["detail"] == "this is a bug; the daemon's log says where"
    log = (data_dir / "log" / "sidecar.log").read_text()
    assert "ValueError" in log
    assert "KeyError" in log
    assert "in undo" in log
    assert CANARY not in log
    assert "0" * 32 not in log


def test_after_a_bug_the_daemon_goes_on(owner: Caller) -> None:
    problem(owner.delete(f"/v1/feedback/{'0' * 32}"), 500)
    assert owner.get("/healthz").json["status"] == "ok"
    assert owner.post("/v1/feedback", least("rating")).status == 201


def test_an_export_that_breaks_off_never_looks_whole(data_dir: Path, owner: Caller, url: str) -> None:
    """Its status is out already: only a missing end can say that lines are missing."""
    for _ in range(3):
        assert owner.post("/v1/feedback", least("rating")).status == 201
    with pytest.raises(BROKEN) as broken:
        owner.get("/v1/export")
    assert isinstance(broken.value, IncompleteRead)
    token = (data_dir / "manage-token").read_text().strip()
    host = url.removeprefix("http://")
    with pytest.raises(IncompleteRead) as cut:
        ask(url, "GET", "/v1/export?format=csv", [("Host", host), ("Authorization", f"Bearer {token}")])
    assert b"problems" not in cut.value.partial
    assert CANARY not in (data_dir / "log" / "sidecar.log").read_text()
