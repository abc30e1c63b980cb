"""Install, status and uninstall: what lands on the disk, and what is said.

The managers here are fakes; the real systemd is spoken to in `tests/system/test_service_user_manager.py`.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from sidecar.errors import UsageError
from sidecar.service import manage, under_launchd, under_systemd
from sidecar.service.host import Host, Outcome, Report, Runner, run_command, this_host
from sidecar.service.units import LABEL, NO_NAMESPACES, PLIST, SERVICE, SOCKET

COMMAND = (sys.executable, "-m", "sidecar")


class FakeSystemd:
    """A user manager: units that are enabled and active, and what makes a start fail."""

    def __init__(
        self, *, lingers: bool = False, port_taken: bool = False, fails_with: str | None = None
    ) -> None:
        self.said: list[tuple[str, ...]] = []
        self.active: set[str] = set()
        self._lingers = lingers
        self._broken = {SERVICE: fails_with is not None, SOCKET: port_taken}
        self._exit = fails_with or "0"

    def __call__(self, command: Sequence[str]) -> Outcome:
        """As `run_command`."""
        self.said.append(tuple(command))
        match list(command):
            case ["loginctl", *_]:
                return Outcome(0, "yes" if self._lingers else "no")
            case ["systemctl", "--user", "show", _, unit]:
                state = "active" if unit in self.active else "inactive"
                pid = "41" if unit == SERVICE and unit in self.active else "0"
                words = (
                    f"ActiveState={state}\nUnitFileState=enabled\nMainPID={pid}\nExecMainStatus={self._exit}"
                )
                return Outcome(0, words)
            case ["systemctl", "--user", "enable", "--now", *units] | [
                "systemctl",
                "--user",
                "start",
                *units,
            ]:
                self.active |= {unit for unit in units if not self._broken[unit]}
                return Outcome(int(any(self._broken[unit] for unit in units)), "")
            case ["systemctl", "--user", "stop", *units] | [
                "systemctl",
                "--user",
                "disable",
                "--now",
                *units,
            ]:
                self.active -= set(units)
        return Outcome(0, "")


class FakeLaunchd:
    """A login session: whether the agent is loaded."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.said: list[tuple[str, ...]] = []
        self.loaded = False
        self._refuses = refuses

    def __call__(self, command: Sequence[str]) -> Outcome:
        """As `run_command`."""
        self.said.append(tuple(command))
        match list(command):
            case ["launchctl", "print", place] if LABEL in place:
                return Outcome(0, "\tstate = running\n\tpid = 41\n") if self.loaded else Outcome(113, "")
            case ["launchctl", "bootstrap", *_]:
                self.loaded = not self._refuses
            case ["launchctl", "bootout", *_]:
                self.loaded, before = False, self.loaded
                return Outcome(0 if before else 3, "")
        return Outcome(0, "")


def nobody_answers(command: Sequence[str]) -> Outcome:
    """A shell without any manager."""
    return Outcome(127, f"{command[0]}: not found")


def host(tmp_path: Path, platform: str) -> Host:
    """A user with an empty home."""
    return Host(platform=platform, home=tmp_path, config_home=tmp_path / ".config", uid=501)


def install(tmp_path: Path, run: Runner, platform: str = "linux") -> Report:
    """The usual install."""
    return manage.install(host(tmp_path, platform), COMMAND, tmp_path / "data", run)


def units(tmp_path: Path) -> Path:
    """Where a user's units live."""
    return tmp_path / ".config" / "systemd" / "user"


@pytest.mark.parametrize(
    ("platform", "words"), [("linux", "systemctl --user enable"), ("darwin", "next login")]
)
def test_without_a_manager_the_files_are_written_and_the_rest_is_said(
    tmp_path: Path, platform: str, words: str
) -> None:
    report = install(tmp_path, nobody_answers, platform)
    assert not report.done
    assert [Path(name).is_file() for name in report.files] == [True] * len(report.files) != []
    assert words in report.hints[0]


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_print_shows_what_install_writes(tmp_path: Path, platform: str) -> None:
    shown = manage.rendered(host(tmp_path, platform), COMMAND, tmp_path / "data")
    assert not any(Path(name).exists() for name in shown)
    report = install(tmp_path, nobody_answers, platform)
    assert {name: Path(name).read_text(encoding="utf-8") for name in report.files} == shown


@pytest.mark.skipif(sys.platform == "win32", reason="modes of Unix")
def test_the_data_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    install(tmp_path, nobody_answers)
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_install_starts_the_units_and_offers_to_linger(tmp_path: Path) -> None:
    systemd = FakeSystemd()
    report = install(tmp_path, systemd)
    assert report.done
    assert systemd.active == {SERVICE, SOCKET}
    assert report.hints == (under_systemd.LINGER,)
    assert install(tmp_path / "other", FakeSystemd(lingers=True)).hints == ()


def test_the_same_install_again_touches_neither_files_nor_daemon(tmp_path: Path) -> None:
    install(tmp_path, FakeSystemd())
    before = {path: path.stat().st_mtime_ns for path in units(tmp_path).iterdir()}
    again = FakeSystemd()
    report = install(tmp_path, again)
    assert (report.files, report.done) == ((), True)
    assert {path: path.stat().st_mtime_ns for path in units(tmp_path).iterdir()} == before
    assert not {word for words in again.said for word in words} & {"stop", "restart", "daemon-reload"}


def test_a_changed_unit_is_taken_up_by_a_new_start(tmp_path: Path) -> None:
    install(tmp_path, FakeSystemd())
    systemd = FakeSystemd()
    report = manage.install(host(tmp_path, "linux"), COMMAND, tmp_path / "elsewhere", systemd)
    assert report.files == (str(units(tmp_path) / SERVICE),)
    doing = [words[2] for words in systemd.said if words[2] in {"stop", "daemon-reload", "enable"}]
    assert doing == ["stop", "daemon-reload", "enable"]


@pytest.mark.parametrize(
    ("systemd", "hints", "done"),
    [
        (FakeSystemd(lingers=True, port_taken=True), (under_systemd.PORT_TAKEN,), True),
        (FakeSystemd(lingers=True, fails_with="1"), (under_systemd.NOT_ACTIVE,), False),
    ],
)
def test_what_did_not_start_is_said(
    tmp_path: Path, systemd: FakeSystemd, hints: tuple[str, ...], *, done: bool
) -> None:
    report = install(tmp_path, systemd)
    assert (report.hints, report.done) == (hints, done)


def test_namespaces_are_given_up_only_where_they_are_refused(tmp_path: Path) -> None:
    drop_in = units(tmp_path) / f"{SERVICE}.d" / NO_NAMESPACES
    install(tmp_path, FakeSystemd(fails_with="1"))
    assert not drop_in.exists()
    report = install(tmp_path, FakeSystemd(fails_with="226"))
    assert report.files == (str(drop_in),)
    assert drop_in.exists()


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_a_file_of_another_hand_is_neither_replaced_nor_removed(tmp_path: Path, platform: str) -> None:
    places = [Path(name) for name in manage.rendered(host(tmp_path, platform), COMMAND, tmp_path / "data")]
    theirs = places[0]
    theirs.parent.mkdir(parents=True)
    theirs.write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")
    with pytest.raises(UsageError, match="was not written by sidecar"):
        install(tmp_path, nobody_answers, platform)
    assert [path for path in places if path.exists()] == [theirs]
    report = manage.uninstall(host(tmp_path, platform), nobody_answers)
    assert (report.files, report.done) == ((), False)
    assert theirs.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_masked_unit_stays_masked(tmp_path: Path) -> None:
    units(tmp_path).mkdir(parents=True)
    (units(tmp_path) / SERVICE).symlink_to("/dev/null")
    with pytest.raises(UsageError):
        install(tmp_path, nobody_answers)
    assert (units(tmp_path) / SERVICE).is_symlink()


def test_uninstall_takes_what_was_written_and_leaves_data_and_overrides(tmp_path: Path) -> None:
    systemd = FakeSystemd(fails_with="217")
    written = {*install(tmp_path, systemd).files}
    theirs = units(tmp_path) / f"{SERVICE}.d" / "override.conf"
    theirs.write_text("[Service]\nNice=5\n", encoding="utf-8")
    report = manage.uninstall(host(tmp_path, "linux"), systemd)
    assert ({*report.files}, report.done) == (written, True)
    assert [path for path in units(tmp_path).rglob("*") if path.is_file()] == [theirs]
    assert systemd.active == set()
    assert (tmp_path / "data").is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_uninstall_without_a_manager_removes_the_links_of_enable(tmp_path: Path) -> None:
    install(tmp_path, nobody_answers)
    link = units(tmp_path) / "default.target.wants" / SERVICE
    link.parent.mkdir()
    link.symlink_to(units(tmp_path) / SERVICE)
    manage.uninstall(host(tmp_path, "linux"), nobody_answers)
    assert not link.is_symlink()


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_uninstall_of_nothing_says_so(tmp_path: Path, platform: str) -> None:
    report = manage.uninstall(host(tmp_path, platform), nobody_answers)
    assert (report.actions, report.done) == (("there was nothing to remove",), True)


def test_status_tells_what_the_manager_knows(tmp_path: Path) -> None:
    systemd = FakeSystemd(lingers=True)
    before = manage.status(host(tmp_path, "linux"), systemd)
    assert (before.installed, before.state, before.pid, before.hints) == (False, "inactive", None, ())
    install(tmp_path, systemd)
    after = manage.status(host(tmp_path, "linux"), systemd)
    assert (after.installed, after.enabled, after.state, after.pid) == (True, True, "active", 41)
    alone = manage.status(host(tmp_path, "linux"), nobody_answers)
    assert (alone.reachable, alone.state, alone.hints) == (False, "unknown", (under_systemd.NO_MANAGER,))


def test_the_agent_is_loaded_once_shown_and_taken_out(tmp_path: Path) -> None:
    launchd = FakeLaunchd()
    path = tmp_path / "Library" / "LaunchAgents" / PLIST
    assert install(tmp_path, launchd, "darwin").done
    assert launchd.said[-2] == ("launchctl", "bootstrap", "gui/501", str(path))
    told = manage.status(host(tmp_path, "darwin"), launchd)
    assert (told.installed, told.enabled, told.state, told.pid) == (True, True, "running", 41)
    launchd.said.clear()
    assert install(tmp_path, launchd, "darwin").files == ()
    assert not [words for words in launchd.said if words[1] != "print"]
    assert manage.uninstall(host(tmp_path, "darwin"), launchd).done
    assert (launchd.loaded, path.exists()) == (False, False)


def test_a_changed_agent_is_loaded_anew(tmp_path: Path) -> None:
    launchd = FakeLaunchd()
    install(tmp_path, launchd, "darwin")
    launchd.said.clear()
    assert manage.install(host(tmp_path, "darwin"), COMMAND, tmp_path / "elsewhere", launchd).done
    assert [words[1] for words in launchd.said if words[1] != "print"] == ["bootout", "enable", "bootstrap"]


def test_an_agent_that_is_not_taken_up_is_said(tmp_path: Path) -> None:
    report = install(tmp_path, FakeLaunchd(refuses=True), "darwin")
    assert (report.done, report.hints) == (False, (under_launchd.NOT_TAKEN,))


@pytest.mark.parametrize("platform", ["win32", "freebsd14"])
def test_a_platform_without_a_manager_is_refused(tmp_path: Path, platform: str) -> None:
    with pytest.raises(UsageError, match="at login"):
        install(tmp_path, nobody_answers, platform)


def test_a_command_that_is_missing_is_an_outcome() -> None:
    assert run_command(["feedback-sidecar-no-such-command"]).code == 127


def test_a_command_is_told_with_both_streams() -> None:
    script = "import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)"
    assert run_command([sys.executable, "-c", script]) == Outcome(3, "out\nerr")


def test_this_host_is_this_platform(tmp_path: Path) -> None:
    assert this_host(tmp_path, tmp_path / ".config").platform == sys.platform
