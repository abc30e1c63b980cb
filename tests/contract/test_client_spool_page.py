"""docs/spool.md holds what the daemon does: its examples are run, its numbers are compared."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar import spool, strict
from sidecar.client import FeedbackClient
from sidecar.client.shelf import MOST_WAITING
from sidecar.config import DEFAULT_PORT
from sidecar.records import Rating
from tests.support import daemon
from tests.support.daemon import Daemon

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "spool.md").read_text("utf-8")
EXAMPLES = dict(re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL))

LOOKS = 20_000  # each takes about a millisecond; the daemon reads its spool as soon as it serves

CALL_FROM_NODE = """
spool(process.argv[1], {
  feedback_type: "rating", model: "llama3.1:8b", rating: 4,
  idempotency_key: randomBytes(16).toString("hex"),
});
"""


def write_example(data_dir: Path) -> None:
    folder = data_dir / "spool"
    folder.mkdir(parents=True, mode=0o700)
    (folder / f"{7:032x}.json").write_text(EXAMPLES["json"], "utf-8")


def write_from_shell(data_dir: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("the example is for a POSIX shell")
    subprocess.run(["sh", "-eu", "-c", EXAMPLES["sh"]], env={"DATA_DIR": str(data_dir)}, check=True)


def write_from_node(data_dir: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    subprocess.run(["node", "-e", EXAMPLES["js"] + CALL_FROM_NODE, str(data_dir)], check=True)


def taken_in(running: Daemon, path: Path) -> bool:
    """Look until the file is gone, a bounded number of times; each look is a request."""
    with running.caller() as caller:
        return any(caller.get("/healthz").status == 200 and not path.exists() for _ in range(LOOKS))


@pytest.mark.parametrize("write", [write_example, write_from_shell, write_from_node])
def test_example_is_taken_in_exactly_once(write: Callable[[Path], None], tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    write(data_dir)
    (path,) = (data_dir / "spool").iterdir()
    text = path.read_text("utf-8")
    for _ in range(2):  # the second time as a crash between the commit and the removal would leave it
        path.write_text(text, "utf-8")
        with daemon.start(data_dir) as running:
            assert taken_in(running, path)
            with running.caller(manages=True) as caller:
                (row,) = caller.rows("/v1/feedback")
        assert (row["model"], row["rating"]) == ("llama3.1:8b", 4)
        assert list((data_dir / "spool").iterdir()) == []


@pytest.mark.parametrize("write", [write_from_shell, write_from_node])
def test_example_keeps_its_files_private(write: Callable[[Path], None], tmp_path: Path) -> None:
    write(tmp_path / "data")
    (path,) = (tmp_path / "data" / "spool").iterdir()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_example_is_a_spool_file_of_a_real_record(tmp_path: Path) -> None:
    write_example(tmp_path)
    (path,) = spool.waiting(tmp_path / "spool")
    assert isinstance(strict.record(spool.read(path)), Rating)


def test_numbers_on_the_page_are_those_of_the_code() -> None:
    assert f"`spool` | version of this format: `{spool.VERSION}`" in PAGE
    assert f"at most {spool.MAX_FILE_BYTES // 1024} KiB" in PAGE
    assert f"Stop at {MOST_WAITING:,} files" in PAGE
    assert f"`{spool.REFUSED}`" in PAGE
    assert f"http://127.0.0.1:{DEFAULT_PORT}" in PAGE


def test_client_follows_its_own_page(tmp_path: Path) -> None:
    with FeedbackClient(data_dir=tmp_path / "data") as client:
        client.rate("llama3.1:8b", rating=4, task_category="summarization")
    (path,) = (tmp_path / "data" / "spool").iterdir()
    written, example = json.loads(path.read_text("utf-8")), json.loads(EXAMPLES["json"])
    assert re.fullmatch(r"[0-9a-f]{32}\.json", path.name)
    assert written["spool"] == example["spool"]
    assert set(written) == set(example)
    assert re.fullmatch(r"[0-9a-f]{32}", written["record"]["idempotency_key"])
    assert path.stem != written["record"]["idempotency_key"]
