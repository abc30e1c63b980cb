"""`sidecar service install|uninstall|status|print`: the daemon at login.

Job: hand the command and the data directory to the service's own room, and print what it says.
Must not: know systemd or launchd.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from sidecar.cli import arguments, screen
from sidecar.service import manage
from sidecar.service.host import Host, Report, ServiceStatus, this_host

if TYPE_CHECKING:
    from sidecar.config import Settings


def declare(_: str, parser: ArgumentParser) -> None:
    """What `service` takes."""
    parser.epilog = "example: sidecar service install"
    parser.add_argument("action", choices=["install", "uninstall", "status", "print"])
    arguments.add_json(parser)


def run(_: str, options: Namespace) -> int:
    """Do it, or show it.

    Raises:
        UsageError: a platform without a service manager, or a file of another hand in the place of ours.
    """
    settings = arguments.settings(options)
    command = launch_command(settings if options.config else None)
    match options.action:
        case "install":
            return _tell(manage.install(host(), command, settings.data_dir), as_json=options.json)
        case "uninstall":
            return _tell(manage.uninstall(host()), as_json=options.json)
        case "status":
            return _show(manage.status(host()), as_json=options.json)
        case _:
            return _print(manage.rendered(host(), command, settings.data_dir), as_json=options.json)


def host() -> Host:
    """This user on this machine."""
    return this_host(Path.home(), platformdirs.user_config_path())


def launch_command(settings: "Settings | None" = None) -> list[str]:
    """What starts this very program; with the configuration file that was named, if one was."""
    script = Path(sys.executable).with_name("sidecar")
    program = [str(script)] if script.is_file() else [sys.executable, "-m", "sidecar"]
    named = settings.config_file if settings is not None else None
    return [*program, "--config", str(named.absolute())] if named is not None else program


def _tell(report: Report, *, as_json: bool) -> int:
    if as_json:
        screen.show_json(report)
    else:
        _lines(report.actions, report.hints)
    return arguments.DONE if report.done else arguments.FAILED


def _show(status: ServiceStatus, *, as_json: bool) -> int:
    if as_json:
        screen.show_json(status)
        return arguments.DONE
    installed = "installed" if status.installed else "not installed"
    enabled = "starts at login" if status.enabled else "does not start at login"
    pid = f", pid {status.pid}" if status.pid else ""
    screen.say(f"{status.manager}: {installed}, {enabled}, state {status.state}{pid}")
    _lines(status.files, status.hints)
    return arguments.DONE


def _lines(facts: Sequence[str], hints: Sequence[str]) -> None:
    for fact in facts:
        screen.say(fact)
    for hint in hints:
        screen.say(f"note: {hint}")


def _print(files: dict[str, str], *, as_json: bool) -> int:
    if as_json:
        screen.show_json(files)
        return arguments.DONE
    for path, text in files.items():
        screen.say(f"# {path}")
        print(text)
    return arguments.DONE
