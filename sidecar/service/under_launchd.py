"""The service under macOS's launchd, as an agent of the logged-in user.

Job: put the property list in its place, and have `launchctl` take it up, show it, and let it go.
Must not: need root; launchd's own socket activation is not used, the daemon opens its port itself.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from sidecar.service.files import is_ours, make_private_directory, refuse_foreign, remove, write
from sidecar.service.host import Host, Outcome, Report, Runner, ServiceStatus
from sidecar.service.units import LABEL, PLIST, render_launchd

NO_SESSION = (
    "No login session answers here, as over ssh. After the next login at the screen it starts by itself."
)
NOT_TAKEN = (
    "launchd did not take the agent up; run `sidecar service install` once more, or log out and in again."
)


def rendered(host: Host, command: Sequence[str], data_dir: Path) -> dict[Path, bytes]:
    """The agent under its path."""
    return {_plist_path(host): render_launchd(command, data_dir)}


def install(host: Host, command: Sequence[str], data_dir: Path, run: Runner) -> Report:
    """Write the agent and start it; the same again changes nothing."""
    path = _plist_path(host)
    refuse_foreign([path])
    changed = write(path, render_launchd(command, data_dir))
    files = (str(path),) if changed else ()
    actions = [f"wrote {path}" if changed else "the agent's file was already there"]
    if make_private_directory(data_dir):
        actions.append(f"made {data_dir}")
    if not _answers(host, run):
        return Report(files, tuple(actions), (NO_SESSION,), done=False)
    if changed and _state(host, run) is not None:
        _launchctl(run, "bootout", _target(host))
    if _state(host, run) is None:
        _launchctl(run, "enable", _target(host))
        _launchctl(run, "bootstrap", _domain(host), str(path))
    taken = _state(host, run) is not None
    if taken:
        actions.append(f"loaded {LABEL}")
    return Report(files, tuple(actions), () if taken else (NOT_TAKEN,), done=taken)


def uninstall(host: Host, run: Runner) -> Report:
    """Stop the agent and remove its file."""
    path = _plist_path(host)
    if not is_ours(path):
        hints = (f"{path} was not written by sidecar and is left as it is",) if path.exists() else ()
        return Report((), ("there was nothing to remove",), hints, done=not hints)
    actions = []
    if _launchctl(run, "bootout", _target(host)).code == 0:
        actions.append(f"stopped {LABEL}")
    remove(path)
    return Report((str(path),), (*actions, f"removed {path}"), (), done=True)


def status(host: Host, run: Runner) -> ServiceStatus:
    """What is there, and what launchd says of it."""
    path = _plist_path(host)
    told = _state(host, run)
    pid = re.search(r"^\s*pid = (\d+)$", told or "", re.MULTILINE)
    state = re.search(r"^\s*state = (.+)$", told or "", re.MULTILINE)
    reachable = _answers(host, run)
    return ServiceStatus(
        manager="launchd",
        installed=is_ours(path),
        reachable=reachable,
        enabled=told is not None,
        state=state[1] if state else "unknown",
        pid=int(pid[1]) if pid else None,
        files=(str(path),) if is_ours(path) else (),
        hints=() if reachable else (NO_SESSION,),
    )


def _plist_path(host: Host) -> Path:
    """The one file that an install writes."""
    return host.home / "Library" / "LaunchAgents" / PLIST


def _domain(host: Host) -> str:
    return f"gui/{host.uid}"


def _target(host: Host) -> str:
    return f"gui/{host.uid}/{LABEL}"


def _launchctl(run: Runner, *words: str) -> Outcome:
    return run(["launchctl", *words])


def _answers(host: Host, run: Runner) -> bool:
    return _launchctl(run, "print", _domain(host)).code == 0


def _state(host: Host, run: Runner) -> str | None:
    """What launchd prints of the agent; None while it is not loaded."""
    told = _launchctl(run, "print", _target(host))
    return told.output if told.code == 0 else None
