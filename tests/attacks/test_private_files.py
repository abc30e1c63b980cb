"""Another user of the machine meets closed doors, whatever umask the daemon was started with.

What asks over TCP for records or settings without the token is refused in
tests/contract/test_http_methods.py.
"""

import contextlib
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support import needs
from tests.support.daemon import Daemon, refusal, start
from tests.support.feedback import Body
from tests.support.field_table import LEAST, least

if sys.platform == "win32":
    pytest.skip("modes are a Unix promise", allow_module_level=True)

NOBODY: Final = 65_534
TRY: Final = """
import os, pathlib, socket, sys
done = []
for name in sys.argv[1:]:
    path = pathlib.Path(name)
    tries = {
        "read": lambda: path.read_bytes(),
        "write": lambda: path.open("ab").close(),
        "list": lambda: os.listdir(path),
        "add": lambda: (path / "planted").touch(),
        "remove": lambda: path.unlink(),
        "rename": lambda: path.rename(path.with_name("stolen")),
        "link": lambda: os.link(path, path.with_name("stolen-link")),
        "open up": lambda: path.chmod(0o777),
        "connect": lambda: socket.socket(socket.AF_UNIX).connect(name),
        "look": lambda: path.stat(),
    }
    for what, act in tries.items():
        try:
            act()
        except OSError:
            continue
        done.append(f"{what} {name}")
print("\\n".join(done))
"""
"""What a program of another user can do with files: each thing that worked is a line."""

WISH: Final[Body] = {"feedback_type": "feature_request", "feature_description": "words of a person"}


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory that everybody may enter; pytest's own are closed, and would prove nothing."""
    folder = Path(tempfile.mkdtemp(prefix="sidecar-open-"))
    folder.chmod(0o1777)
    yield folder
    shutil.rmtree(folder)


def as_nobody(*paths: Path) -> set[str]:
    """What another user manages to do with these paths."""
    needs.need_root()
    needs.need_program("setpriv")
    user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all"]
    python = shutil.which("python3", path="/usr/bin:/bin:/usr/local/bin") or sys.executable
    ended = subprocess.run(
        [*user, python, "-I", "-c", TRY, *map(str, paths)], capture_output=True, text=True, check=False
    )
    if ended.returncode:
        needs.skip(f"no Python for another user: {ended.stderr[-200:]}")
    return set(ended.stdout.splitlines())


def everything(data_dir: Path) -> list[Path]:
    """The data directory and all in it."""
    return [data_dir, *sorted(data_dir.rglob("*"))]


def used(daemon: Daemon) -> None:
    """Records of every kind, read and changed, so that every file is there."""
    with daemon.caller(manages=True) as owner:
        for kind in LEAST:
            assert owner.post("/v1/feedback", least(kind)).status == 201
        assert owner.get("/v1/feedback").status == 200


def test_another_user_can_do_nothing_with_any_file(open_place: Path) -> None:
    """Started with no umask at all; the WAL, the shared memory, the socket and the log included."""
    data_dir, socket = open_place / "data", open_place / "data" / "socket"
    (open_place / "open").write_text("everybody's")
    (open_place / "open").chmod(0o666)
    with start(data_dir, umask=0, settings={"SOCKET": str(socket), "LOG_LEVEL": "debug"}) as daemon:
        used(daemon)
        found = everything(data_dir)
        names = {path.name for path in found}
        assert {"feedback.db", "feedback.db-wal", "feedback.db-shm", "sidecar.log", "socket"} <= names
        assert as_nobody(*found) - {f"look {data_dir}"} == set()
        assert f"read {open_place / 'open'}" in as_nobody(open_place / "open"), "nobody can do nothing at all"
    assert as_nobody(*everything(data_dir)) - {f"look {data_dir}"} == set()


def test_a_socket_in_an_open_place_is_its_owner_s_alone(open_place: Path) -> None:
    socket = open_place / "socket"
    with start(open_place / "data", umask=0, settings={"SOCKET": str(socket)}):
        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
        assert f"connect {socket}" not in as_nobody(socket)


def modes(folder: Path) -> set[tuple[str, int]]:
    """What is not 0600, or 0700 for a folder."""
    return {
        (str(path), mode)
        for path in everything(folder)
        if (mode := stat.S_IMODE(path.lstat().st_mode)) != (0o700 if path.is_dir() else 0o600)
    }


@pytest.mark.parametrize("umask", [0, 0o777])
def test_every_file_of_a_life_is_private(tmp_path: Path, umask: int) -> None:
    """Also those of bad days: a damaged database that was set aside, a second log, a refused spool file."""
    data_dir = tmp_path / "data"
    with start(data_dir, umask=umask) as daemon:
        used(daemon)
        daemon.kill()
    assert modes(data_dir) == set()
    with (data_dir / "feedback.db").open("r+b") as file:
        file.write(b"no database any more")
    (data_dir / "spool").mkdir(mode=0o700, exist_ok=True)
    waiting = data_dir / "spool" / f"{'0' * 32}.json"
    waiting.write_text('{"spool": 1, "record": {"prompt": "x", "idempotency_key": "k"}}')
    waiting.chmod(0o600)
    program = [str(Path(__file__).parents[1] / "support" / "serve_watched.py"), str(data_dir)]
    with start(data_dir, umask=umask, program=program) as daemon:
        daemon.says("job spool")
        used(daemon)
        assert modes(data_dir) == set()
        assert list(data_dir.glob("feedback.db.corrupt-*"))
        assert waiting.with_suffix(".refused").exists()
        assert daemon.stop() == 0
    assert modes(data_dir) == set()


def test_files_that_lay_open_are_closed_at_the_start(tmp_path: Path) -> None:
    """A backup tool brought them back with its own modes."""
    data_dir = tmp_path / "data"
    with start(data_dir) as daemon:
        used(daemon)
        daemon.kill()
    for path in everything(data_dir):
        path.chmod(0o777 if path.is_dir() else 0o666)
    with start(data_dir) as daemon:
        used(daemon)
        assert modes(data_dir) == set()


@pytest.mark.parametrize("name", ["feedback.db", "feedback.db-wal", "log", "log/sidecar.log", "spool", "run"])
def test_a_link_leads_nothing_out_of_the_directory(tmp_path: Path, name: str) -> None:
    """Whatever was planted while the directory was open: nothing of ours is written to where it points."""
    data_dir, target = tmp_path / "data", tmp_path / "target"
    (data_dir / name).parent.mkdir(mode=0o700, parents=True)
    data_dir.chmod(0o700)
    if name in {"log", "spool", "run"}:
        target.mkdir()
    else:
        target.touch()
    (data_dir / name).symlink_to(target)
    daemon = Daemon(data_dir)
    with daemon, contextlib.suppress(Exception):
        daemon.wait()
        used(daemon)
        daemon.stop()
    left = list(target.iterdir()) if target.is_dir() else target.read_bytes()
    assert left in ([], b"")


def test_a_file_of_another_user_in_our_place_is_refused(open_place: Path) -> None:
    """What others own they can read again: a directory that is not ours is not used."""
    needs.need_root()
    data_dir = open_place / "data"
    data_dir.mkdir()
    shutil.chown(data_dir, NOBODY, NOBODY)
    ended = refusal(data_dir)
    assert ended.code == 1
    assert "belongs to another user" in ended.words
    assert list(data_dir.iterdir()) == []


def test_what_was_private_stays_so_while_it_is_written(tmp_path: Path) -> None:
    """A database of another program, opened by the same user, does not widen ours."""
    data_dir = tmp_path / "data"
    with start(data_dir, umask=0) as daemon:
        path = f"{(data_dir / 'feedback.db').as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(path, uri=True)) as other:
            other.execute("SELECT count(*) FROM record").fetchone()
            used(daemon)
            assert modes(data_dir) == set()
