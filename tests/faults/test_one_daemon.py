"""One daemon to a data directory, and nobody else looks into it."""

import stat
import sys
from pathlib import Path

import pytest

from tests.support import needs
from tests.support.daemon import refusal, start
from tests.support.feedback import Body

RATING: Body = {"feedback_type": "rating", "model": "mistral:7b", "rating": 5}


def test_second_daemon_on_the_same_directory_refuses_in_words(tmp_path: Path) -> None:
    """And the first one goes on as if nothing had happened."""
    with start(tmp_path / "data") as first:
        ended = refusal(tmp_path / "data")
        assert ended.code == 1
        assert "Traceback" not in ended.words
        assert "already" in ended.words or "another daemon" in ended.words
        with first.caller() as caller:
            assert caller.post("/v1/feedback", RATING).status == 201


def test_killed_daemon_leaves_a_directory_that_can_be_used(tmp_path: Path) -> None:
    """Its lock ends with it, its announcement is replaced."""
    with start(tmp_path / "data") as first:
        first.kill()
    with start(tmp_path / "data") as second:
        assert first.endpoint is not None
        assert second.pid != first.endpoint.pid
        with second.caller() as caller:
            assert caller.post("/v1/feedback", RATING).status == 201


def test_symlinked_data_directory_refuses(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "data").symlink_to(tmp_path / "elsewhere")
    ended = refusal(tmp_path / "data")
    assert ended.code == 1
    assert "symbolic link" in ended.words
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("name", ["lock", "manage-token", "privacy-salt"])
def test_symlinked_secret_or_lock_is_not_followed(tmp_path: Path, name: str) -> None:
    """What a link points to is neither read as a secret nor written over."""
    data_dir, target = tmp_path / "data", tmp_path / "target"
    data_dir.mkdir(mode=0o700)
    target.write_text("not yours\n")
    (data_dir / name).symlink_to(target)
    ended = refusal(data_dir)
    assert ended.code == 1
    assert "Traceback" not in ended.words
    assert name in ended.words
    assert target.read_text() == "not yours\n"


def test_every_file_is_private_whatever_the_caller_s_umask(tmp_path: Path) -> None:
    """Files 0600 in folders 0700, the WAL and the shared memory included."""
    needs.need(sys.platform != "win32", "modes are a Unix promise")
    data_dir = tmp_path / "data"
    with start(data_dir, umask=0o022) as daemon:
        with daemon.caller(manages=True) as owner:
            assert owner.post("/v1/feedback", RATING).status == 201
            assert owner.get("/v1/feedback").status == 200
        found = {path: stat.S_IMODE(path.lstat().st_mode) for path in [data_dir, *data_dir.rglob("*")]}
    names = {path.name for path in found}
    assert {"feedback.db", "feedback.db-wal", "feedback.db-shm", "manage-token", "endpoint.json"} <= names
    assert {path for path, mode in found.items() if mode != (0o700 if path.is_dir() else 0o600)} == set()


def test_open_data_directory_is_closed_to_others(tmp_path: Path) -> None:
    """A directory that was made with a careless umask is corrected, not used as it is."""
    needs.need(sys.platform != "win32", "modes are a Unix promise")
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    data_dir.chmod(0o755)
    with start(data_dir):
        assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700


def test_damaged_salt_is_told_in_words_and_never_replaced(tmp_path: Path) -> None:
    """A new salt would forget what every idempotency key stood for: records would be doubled."""
    data_dir = tmp_path / "data"
    keyed = RATING | {"idempotency_key": "once"}
    with start(data_dir) as daemon:
        with daemon.caller() as caller:
            assert caller.post("/v1/feedback", keyed).status == 201
        assert daemon.stop() == 0
    salt = (data_dir / "privacy-salt").read_text()
    for content in ("", "not hexadecimal\n", "abcd\n"):
        (data_dir / "privacy-salt").write_text(content)
        ended = refusal(data_dir)
        assert ended.code == 1
        assert "Traceback" not in ended.words
        assert "privacy-salt" in ended.words
        assert (data_dir / "privacy-salt").read_text() == content
    (data_dir / "privacy-salt").write_text(salt)
    with start(data_dir) as daemon, daemon.caller() as caller:
        assert caller.post("/v1/feedback", keyed).status == 200
