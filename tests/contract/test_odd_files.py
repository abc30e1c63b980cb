"""What somebody else left in our folders never stops the daemon."""

import os
from pathlib import Path
from urllib.parse import quote

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


@pytest.mark.parametrize(
    "path",
    [
        "/home/{}/x.gguf",
        "../{}/x.gguf",
        "models/../{}/x.gguf",
        "./{}/x.gguf",
        "~/{}/x.gguf",
        "C:\\{}\\x.gguf",
        "{}\\x.gguf",
        "\\\\nas\\{}\\x.gguf",
        "file:///home/{}/x.gguf",
        "file://../{}/x.gguf",
        "home/{}/models/x.gguf",
    ],
)
def test_no_folder_of_a_models_path_is_written_anywhere(tmp_path: Path, path: str) -> None:
    """Whatever the form of the path, and whichever field it stands in: only the file's own name is kept."""
    data_dir, folder = tmp_path / "data", "janes-unannounced-thesis"
    said: dict[str, dict[str, object]] = {
        "rating": {"model": path.format(folder), "rating": 3},
        "comparison": {"preferred": path.format(folder), "alternative": "other.gguf"},
        "usage_pattern": {"model": path.format(folder), "action": "copy"},
        "error_report": {"model": path.format(folder), "error_type": "crash", "error_message": "it died"},
    }
    with Daemon(data_dir).wait() as daemon, daemon.caller(manages=True) as owner:
        for kind, body in said.items():
            assert owner.post("/v1/feedback", {"feedback_type": kind, **body}).status == 201
        assert owner.get(f"/v1/insights/usage?model={quote(path.format(folder))}").json["rows"]
        names = [row.get("model", row.get("preferred")) for row in owner.rows("/v1/feedback")]
        assert names == ["x.gguf"] * len(said)
        files = [file for file in data_dir.rglob("*") if file.is_file()]
        assert files
        assert not [file for file in files if folder.encode() in file.read_bytes()]


def test_a_filter_takes_the_words_of_products_whether_declared_now_or_once(tmp_path: Path) -> None:
    """A product that was removed leaves its records; who asks for them is answered."""
    data_dir = tmp_path / "data"
    (data_dir / "products.d").mkdir(parents=True)
    data_dir.chmod(0o700)
    file = data_dir / "products.d" / "app.toml"
    with Daemon(data_dir).wait() as daemon, daemon.caller(manages=True) as owner:
        route = "/v1/insights/ratings?task_category=x_"
        assert owner.get(f"{route}own").json["rows"] == []
        file.write_text('tasks = ["x_own", "x_unused"]\n')
        assert [owner.get(f"{route}{name}").json["rows"] for name in ("own", "unused")] == [[], []]
        said = {"feedback_type": "rating", "model": "m", "rating": 3, "product_id": "app"}
        assert owner.post("/v1/feedback", said | {"task_category": "x_own"}).status == 201
        file.unlink()
        assert owner.get(f"{route}own").json["rows"][0]["n"] == 1
        assert owner.get(f"{route}{'q' * 63}").status == 422
