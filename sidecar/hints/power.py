"""What sending would cost: the battery, and a connection that is paid by volume.

Job: ask psutil for the one and NetworkManager for the other.
Must not: be called on the event loop; a battery can take a while to answer, and so can a program.

NetworkManager is asked by systemd's `busctl`, where both are installed: its answer costs a process every few
minutes, in mode `share` alone, and no dependency.
"""

import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Final

from msgspec import Struct

NETWORK_MANAGER: Final = Path("/run/NetworkManager")  # there as long as it runs
NAME: Final = "org.freedesktop.NetworkManager"
COMMAND: Final = (
    "busctl",
    "--system",
    "--auto-start=no",
    "--timeout=1",
    "get-property",
    NAME,
    "/org/freedesktop/NetworkManager",
    NAME,
    "Metered",
)
SECONDS: Final = 1.5  # a bus answers in milliseconds, or something is wrong
METERED: Final = {1: True, 2: False, 3: True, 4: False}
"""NMMetered: yes, no, guessed yes, guessed no; 0 is unknown."""


class Power(Struct, frozen=True):
    """What sending would cost; see `Hints`."""

    metered: bool | None = None
    battery: float | None = None


def power(folder: Path = NETWORK_MANAGER) -> Power:
    """Ask for both."""
    return Power(metered=_metered() if folder.is_dir() else None, battery=_battery())


def metered(printed: str) -> bool | None:
    """What `busctl` printed of an unsigned number, as `u 4`."""
    found = re.fullmatch(r"u (\d{1,3})\n?", printed, re.ASCII)
    return None if found is None else METERED.get(int(found[1]))


def _metered() -> bool | None:
    program = shutil.which(COMMAND[0])
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603  # our own fixed command, no shell
            [program, *COMMAND[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return metered(done.stdout)


def _battery() -> float | None:
    psutil = import_module("psutil")
    if not hasattr(psutil, "sensors_battery"):  # as on some systems
        return None
    try:
        found = psutil.sensors_battery()
    except (OSError, ValueError, psutil.Error):  # a file of the system that says something odd
        return None
    if found is None or found.power_plugged is not False:  # None: it does not say
        return None
    return float(min(max(found.percent, 0), 100)) / 100
