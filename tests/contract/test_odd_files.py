"""What somebody else left in our folders never stops the daemon."""

import os
from pathlib import Path

import pytest

from tests.support.daemon import Daemon

BAD_FILES = {"not utf-8": b"\xff\xfe", "nested without end": b"a=" + b"[" * 3000, "no toml": b"= ="}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_faulty_product_file_is_left_out_and_named(tmp_path: Path, name: str) -> None:
    data_dir = tmp_path / "data"
    (data_dir / "products.d").mkdir(parents=True)
    data_dir.chmod(0o700)
    (data_dir / "products.d" / "bad.toml").write_bytes(BAD_FILES[name])
    (data_dir / "products.d" / "good.toml").write_text('tasks = ["x_own"]\n')
    with Daemon(data_dir).wait() as daemon, daemon.caller() as caller:
        assert "bad.toml" in str(caller.get("/healthz").json["notes"])
        own = {
            "feedback_type": "rating",
            "model": "m",
            "rating": 3,
            "product_id": "good",
            "task_category": "x_own",
        }
        assert caller.post("/v1/feedback", own).status == 201


def test_what_is_no_file_in_the_spool_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    spool = data_dir / "spool"
    spool.mkdir(parents=True)
    data_dir.chmod(0o700)
    spool.chmod(0o700)
    os.mkfifo(spool / f"{7:032x}.json")
    (spool / f"{8:032x}.json").symlink_to("/dev/zero")
    with Daemon(data_dir).wait() as daemon, daemon.caller() as caller:
        assert caller.get("/healthz").status == 200
        said = {"feedback_type": "rating", "model": "m", "rating": 3}
        assert caller.post("/v1/feedback", said).status == 201
        assert daemon.stop() == 0


def test_a_filter_takes_any_spelling_of_a_model_and_a_task(tmp_path: Path) -> None:
    with Daemon(tmp_path / "data").wait() as daemon, daemon.caller(manages=True) as owner:
        said = {
            "feedback_type": "rating",
            "model": "llama3.1:8b-instruct-q4_K_M",
            "rating": 5,
            "task_category": "coding",
        }
        assert owner.post("/v1/feedback", said).status == 201
        asked = "model=Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf&task_category=code%20generation"
        assert owner.get(f"/v1/insights/ratings?{asked}").json["rows"][0]["n"] == 1
