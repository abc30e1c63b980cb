"""The machine as the service sees it, and the words about what was done.

Job: carry where a user's service files live, how commands are run, and what came of it.
Must not: decide anything.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

PATIENCE_SECONDS = 660
"""`systemctl start` waits for the daemon, and the unit gives it 600 s after an update."""


class Host(Struct, frozen=True):
    """Whose service, and where.

    Attributes:
        platform: as `sys.platform` spells it.
        home: the user's home directory.
        config_home: `$XDG_CONFIG_HOME`, or `~/.config`.
        uid: the user's number; 0 on Windows, where nothing asks for it.
    """

    platform: str
    home: Path
    config_home: Path
    uid: int


class Outcome(Struct, frozen=True):
    """What a command said: both streams together; 127 when there is no such command, as in a shell."""

    code: int
    output: str


Runner = Callable[[Sequence[str]], Outcome]


class Report(Struct, frozen=True):
    """What install or uninstall did, for the command line to print.

    Attributes:
        files: absolute paths written, or removed.
        actions: sentences on what was done, in order.
        hints: sentences on what is left for the user to do.
        done: the service runs after an install, or is gone after an uninstall.
    """

    files: tuple[str, ...]
    actions: tuple[str, ...]
    hints: tuple[str, ...]
    done: bool


class ServiceStatus(Struct, frozen=True):
    """The service at this moment.

    Attributes:
        manager: `systemd` or `launchd`.
        installed: our files are there.
        reachable: the manager of this user answers; otherwise the states below are unknown.
        enabled: starts by itself at login.
        state: the manager's own word: `active`, `failed`, `running`, …
        pid: of the daemon, when it runs as a service.
        files: absolute paths of ours that exist.
        hints: as in `Report`.
    """

    manager: str
    installed: bool
    reachable: bool
    enabled: bool
    state: str
    pid: int | None
    files: tuple[str, ...]
    hints: tuple[str, ...]


def this_host(home: Path, config_home: Path) -> Host:
    """The machine that this process runs on."""
    if sys.platform == "win32":
        return Host(platform=sys.platform, home=home, config_home=config_home, uid=0)
    return Host(platform=sys.platform, home=home, config_home=config_home, uid=os.getuid())


def run_command(command: Sequence[str]) -> Outcome:
    """Run a command of the service manager and wait for it."""
    try:
        ended = subprocess.run(  # noqa: S603 - the callers' fixed commands, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return Outcome(127, f"{command[0]}: not found")
    except subprocess.TimeoutExpired:
        return Outcome(124, f"{command[0]}: no answer")
    return Outcome(ended.returncode, ended.stdout.decode(errors="replace").strip())
