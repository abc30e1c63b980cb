"""`sidecar uninstall` lists what it removes, removes what is ours, and nothing else."""

import re
import shutil
from pathlib import Path

import pytest

from sidecar import spool
from sidecar.service import manage
from sidecar.service.host import Host
from tests.support import daemon
from tests.support.needs import need_linux
from tests.support.shell import Shell

LISTED = re.compile(r"^ *([\d,]+) bytes  (.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a daemon leaves behind, and a record that waits for the next one."""
    folder = tmp_path_factory.mktemp("uninstall") / "data"
    with daemon.start(folder) as running:
        assert running.stop() == 0
    spool.write(
        folder / "spool", {"feedback_type": "rating", "model": "a", "rating": 4, "idempotency_key": "k"}
    )
    return folder


@pytest.fixture
def shell(tmp_path: Path, stopped: Path) -> Shell:
    """Somebody whose daemon has run, and who has a configuration."""
    shell = Shell(tmp_path)
    shutil.copytree(stopped, shell.data_dir)
    (shell.data_dir / "products.d").mkdir()
    (shell.data_dir / "products.d" / "app.toml").write_text('tasks = ["x_a"]\n')
    (shell.config_dir / "products.d").mkdir(parents=True)
    (shell.config_dir / "config.toml").write_text("retention_days = 30\n")
    return shell


def files(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_size for path in folder.rglob("*") if path.is_file()}


def test_every_path_is_listed_with_its_size_and_then_gone(shell: Shell) -> None:
    there = files(shell.data_dir) | files(shell.config_dir)
    said = shell("uninstall", "--yes")
    assert said.code == 0, said
    assert {path: int(size.replace(",", "")) for size, path in LISTED.findall(said.out)} == there
    assert not shell.data_dir.exists()
    assert not shell.config_dir.exists()


def test_without_a_yes_nothing_is_removed_but_everything_listed(shell: Shell) -> None:
    there = files(shell.data_dir) | files(shell.config_dir)
    said = shell("uninstall")
    assert said.code == 2
    assert {path for _, path in LISTED.findall(said.out)} == set(there)
    assert shell.at_terminal("uninstall", typed="n\n")[0] == 1
    assert files(shell.data_dir) | files(shell.config_dir) == there
    assert shell.at_terminal("uninstall", typed="y\n")[0] == 0
    assert not shell.data_dir.exists()


def test_keep_data_keeps_the_data_and_nothing_else(shell: Shell) -> None:
    there = files(shell.data_dir)
    assert shell("uninstall", "--keep-data", "--yes").code == 0
    assert files(shell.data_dir) == there
    assert not shell.config_dir.exists()


def test_what_is_not_ours_stays_and_is_named(shell: Shell) -> None:
    kept = [shell.data_dir / "thesis.odt", shell.data_dir / "log" / "other.log", shell.config_dir / "notes"]
    for path in kept:
        path.write_text("mine")
    said = shell("uninstall", "--yes")
    assert said.code == 0
    assert sorted(files(shell.data_dir) | files(shell.config_dir)) == sorted(map(str, kept))
    assert all(path.name in said.out for path in kept)


def test_the_data_of_a_running_daemon_is_not_removed(shell: Shell) -> None:
    with daemon.start(shell.data_dir) as running:
        said = shell("uninstall", "--yes")
        assert (said.code, "stop the daemon first" in said.err) == (1, True)
        with running.caller(manages=True) as caller:
            assert caller.get("/v1/ledger").status == 200
        assert running.stop() == 0


@pytest.mark.parametrize("whose", ["ours", "another"])  # whose directory's name begins with the name of ours
def test_the_service_goes_with_its_own_data_directory_only(shell: Shell, tmp_path: Path, whose: str) -> None:
    need_linux()
    host = Host(platform="linux", home=shell.home, config_home=shell.home / ".config", uid=0)
    data_dir = shell.data_dir if whose == "ours" else tmp_path / "data-of-another"
    units = [Path(path) for path in manage.rendered(host, ["/usr/bin/sidecar"], data_dir)]
    for path, text in manage.rendered(host, ["/usr/bin/sidecar"], data_dir).items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text)
    said = shell("uninstall", "--yes")
    assert said.code == 0
    assert [path.exists() for path in units] == [whose == "another"] * 2
    assert [str(path) in said.out for path in units] == [whose == "ours"] * 2
    assert not shell.data_dir.exists()


def test_a_second_uninstall_has_nothing_to_do(shell: Shell) -> None:
    assert shell("uninstall", "--yes").code == 0
    said = shell("uninstall", "--yes")
    assert (said.code, LISTED.findall(said.out)) == (0, [])
