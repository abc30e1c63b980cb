"""`sidecar service install|uninstall|status|print`, for whichever service manager the platform has.

Job: send each command to the platform's manager; the command line prints the words that come back.
Must not: print, or know how a manager is spoken to.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sidecar.errors import UsageError
from sidecar.service import under_launchd, under_systemd
from sidecar.service.host import Host, Report, Runner, ServiceStatus, run_command


class Manager(Protocol):
    """What each manager's module can do."""

    def rendered(self, host: Host, command: Sequence[str], data_dir: Path) -> dict[Path, bytes]:
        """The files of an install."""
        ...

    def install(self, host: Host, command: Sequence[str], data_dir: Path, run: Runner) -> Report:
        """Write, enable, start."""
        ...

    def uninstall(self, host: Host, run: Runner) -> Report:
        """Stop, disable, remove."""
        ...

    def status(self, host: Host, run: Runner) -> ServiceStatus:
        """Look, and change nothing."""
        ...


MANAGERS: Mapping[str, Manager] = {"linux": under_systemd, "darwin": under_launchd}
"""`sys.platform` -> who starts services there."""


def install(host: Host, command: Sequence[str], data_dir: Path, run: Runner = run_command) -> Report:
    """Write the service files, enable the service and start it; the same again changes nothing.

    Args:
        host: whose service.
        command: starts `sidecar`, without arguments, its first part absolute; the process that it starts has
            to be the daemon itself: the `sidecar` script or `python -m sidecar`, no wrapper that stays.
        data_dir: absolute; made when it is missing, because the service may write nowhere else.
        run: runs `systemctl`, `loginctl` or `launchctl`.

    Raises:
        UsageError: a platform without a manager, a path that cannot be written into a unit, or a file of
            another hand in the place of ours.
    """
    return _manager(host).install(host, command, data_dir, run)


def uninstall(host: Host, run: Runner = run_command) -> Report:
    """Stop the service, and remove the files that an install wrote; the data stays."""
    return _manager(host).uninstall(host, run)


def status(host: Host, run: Runner = run_command) -> ServiceStatus:
    """What is installed, and what the manager says of it."""
    return _manager(host).status(host, run)


def rendered(host: Host, command: Sequence[str], data_dir: Path) -> dict[str, str]:
    """What an install would write, path -> text (`service print`)."""
    files = _manager(host).rendered(host, command, data_dir)
    return {str(path): content.decode() for path, content in files.items()}


def _manager(host: Host) -> Manager:
    manager = MANAGERS.get(host.platform)
    if manager is None:
        raise UsageError("sidecar installs no service on this platform; let it start `sidecar run` at login")
    return manager
