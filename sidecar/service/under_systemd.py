"""The service under a user's systemd.

Job: put the units in their place, and have `systemctl --user` take them up, show them, and let them go.
Must not: need root, or ask for a password.

    files written -> no manager answers: said in words, with what to type later
                  -> enabled and started -> active
                                         -> 217 or 226: namespaces refused -> drop-in written, started again
                                         -> anything else: the journal's command is named
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sidecar.service.files import is_ours, make_private_directory, refuse_foreign, remove, write
from sidecar.service.host import Host, Outcome, Report, Runner, ServiceStatus
from sidecar.service.units import NO_NAMESPACES, SERVICE, SOCKET, render_systemd, template

UNITS = (SOCKET, SERVICE)

REFUSED = ("217", "226")
"""EXIT_USER and EXIT_NAMESPACE, systemd.exec(5): the system lets no user make namespaces."""

NO_MANAGER = (
    "No user service manager answers here, as in a container or after su and sudo. As the user itself, run: "
    f"systemctl --user daemon-reload && systemctl --user enable --now {SOCKET} {SERVICE}. "
    "Without systemd, `sidecar run` does the same work in the foreground."
)
LINGER = "The service ends when you log out. To keep it from boot to shutdown, run: loginctl enable-linger"
PORT_TAKEN = (
    "The socket could not be opened, most likely because its port is taken: stop a `sidecar run` that runs "
    "by hand and install again. If another user holds the port, the daemon takes a free one and says so."
)
NOT_ACTIVE = (
    f"The service is not active. Its own words: journalctl --user -u {SERVICE} -n 30. "
    "A `sidecar run` that runs by hand on the same data directory has to be stopped first."
)
WITHOUT_NAMESPACES = (
    "This system refuses user namespaces, so the file system is not shut off from the service; system call "
    "filter and limits are in force. If the system is changed to allow them, uninstall and install again."
)


def rendered(host: Host, command: Sequence[str], data_dir: Path) -> dict[Path, bytes]:
    """The two units, each under its path."""
    directory = _unit_directory(host)
    return {directory / name: text.encode() for name, text in render_systemd(command, data_dir).items()}


def install(host: Host, command: Sequence[str], data_dir: Path, run: Runner) -> Report:
    """Write the units, enable them and start them; the same again changes nothing."""
    files = rendered(host, command, data_dir)
    refuse_foreign(_paths(host))
    written = [path for path, content in files.items() if write(path, content)]
    actions = [f"wrote {path}" for path in written] or ["the unit files were already there"]
    if make_private_directory(data_dir):
        actions.append(f"made {data_dir}")
    if not _answers(run):
        return Report(tuple(map(str, written)), tuple(actions), (NO_MANAGER,), done=False)
    if written:
        _systemctl(run, "stop", *UNITS)
        _systemctl(run, "daemon-reload")
    _systemctl(run, "enable", "--now", *UNITS)
    if _properties(run, SERVICE).get("ExecMainStatus") in REFUSED and _do_without_namespaces(host, run):
        written.append(_drop_in(host))
        actions.append(f"wrote {_drop_in(host)}")
    active = _active(run)
    if active[SERVICE]:
        actions.append(f"enabled and started {SERVICE}")
    return Report(tuple(map(str, written)), tuple(actions), _hints(host, run, active), done=active[SERVICE])


def uninstall(host: Host, run: Runner) -> Report:
    """Stop and disable the units, and remove what an install wrote."""
    ours = [path for path in _paths(host) if is_ours(path)]
    actions: list[str] = []
    answers = bool(ours) and _answers(run)
    if answers and _systemctl(run, "disable", "--now", *UNITS).code == 0:
        actions.append(f"stopped and disabled {SERVICE}")
    for path in ours:
        remove(path)
        actions.append(f"removed {path}")
    _remove_links(host)
    if answers:
        _systemctl(run, "daemon-reload")
        _systemctl(run, "reset-failed", *UNITS)
    left = [path for path in _paths(host) if path.exists() or path.is_symlink()]
    hints = tuple(f"{path} was not written by sidecar and is left as it is" for path in left)
    return Report(
        tuple(map(str, ours)), tuple(actions) or ("there was nothing to remove",), hints, done=not left
    )


def status(host: Host, run: Runner) -> ServiceStatus:
    """What is there, and what the manager says of it."""
    ours = tuple(str(path) for path in _paths(host) if is_ours(path))
    reachable = _answers(run)
    told = _properties(run, SERVICE) if reachable else {}
    hints = _hints(host, run, _active(run)) if reachable else (NO_MANAGER,)
    return ServiceStatus(
        manager="systemd",
        installed=all(is_ours(_unit_directory(host) / unit) for unit in UNITS),
        reachable=reachable,
        enabled=told.get("UnitFileState") == "enabled",
        state=told.get("ActiveState", "unknown"),
        pid=int(told.get("MainPID", "0")) or None,
        files=ours,
        hints=hints if ours else (),
    )


def _unit_directory(host: Host) -> Path:
    return host.config_home / "systemd" / "user"


def _drop_in(host: Host) -> Path:
    return _unit_directory(host) / f"{SERVICE}.d" / NO_NAMESPACES


def _paths(host: Host) -> tuple[Path, ...]:
    """Every file that an install may write."""
    return (*(_unit_directory(host) / unit for unit in UNITS), _drop_in(host))


def _do_without_namespaces(host: Host, run: Runner) -> bool:
    """Start once more with the drop-in; False when it was there before, and is not the remedy."""
    if not write(_drop_in(host), template("systemd", NO_NAMESPACES).encode()):
        return False
    _systemctl(run, "daemon-reload")
    _systemctl(run, "start", *UNITS)
    return True


def _systemctl(run: Runner, *words: str) -> Outcome:
    return run(["systemctl", "--user", *words])


def _answers(run: Runner) -> bool:
    """A user manager is there; `is-system-running` would also fail for a manager with one failed unit."""
    return _systemctl(run, "show-environment").code == 0


def _properties(run: Runner, unit: str) -> dict[str, str]:
    told = _systemctl(run, "show", "--property=ActiveState,UnitFileState,MainPID,ExecMainStatus", unit)
    return dict(line.split("=", 1) for line in told.output.splitlines() if "=" in line)


def _active(run: Runner) -> dict[str, bool]:
    return {unit: _properties(run, unit).get("ActiveState") == "active" for unit in UNITS}


def _hints(host: Host, run: Runner, active: Mapping[str, bool]) -> tuple[str, ...]:
    """What the user may want to do, worst first."""
    lingers = run(["loginctl", "show-user", str(host.uid), "--property=Linger", "--value"]).output == "yes"
    wanted = (
        (not active[SERVICE], NOT_ACTIVE),
        (not active[SOCKET], PORT_TAKEN),
        (is_ours(_drop_in(host)), WITHOUT_NAMESPACES),
        (not lingers, LINGER),
    )
    return tuple(words for applies, words in wanted if applies)


def _remove_links(host: Host) -> None:
    """`disable` does this where a manager answers; the drop-in directory goes when nothing else is in it."""
    directory = _unit_directory(host)
    for wants, unit in (("default.target.wants", SERVICE), ("sockets.target.wants", SOCKET)):
        link = directory / wants / unit
        if link.is_symlink() and not link.exists():
            link.unlink()
    drop_ins = _drop_in(host).parent
    if drop_ins.is_dir() and not any(drop_ins.iterdir()):
        drop_ins.rmdir()
