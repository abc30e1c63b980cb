"""How a probe may look at the machine: files under a root, commands that end in time, and psutil.

Job: read small files, list names, run a command and give what it printed, ask for the total of memory.
Must not: raise for what a machine lacks, wait past the deadline, leave a process behind, or know any vendor.

A command that does not end is killed with its whole process group (SIGKILL: a hung driver tool may ignore
anything milder). Each command gets a share of the time that is left, so a chain of hanging commands still
ends before the deadline and the step after them still has its turn.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Final

SHARE: Final = 0.6  # two hanging commands in a row use 84 % of the time; the rest is for files
GRACE_SECONDS: Final = 0.05  # a killed process is gone at once, unless the kernel holds it: then it is left
LIMIT_BYTES: Final = 65536  # the longest honest answer is a few KiB; more is not an answer

EXTRA_PLACES: Final = ("/usr/sbin", "/sbin", "/usr/lib/wsl/lib")
"""Where commands lie that a service's PATH may not name; the last is WSL2's driver folder."""

if sys.platform == "win32":
    FLAGS: Final = subprocess.CREATE_NO_WINDOW  # else a console flashes up on the desktop
else:
    FLAGS: Final = 0

Run = Callable[[Sequence[str]], str | None]
"""Runs a command and gives what it printed, whatever its exit code.

Nothing (`""`) when it hung, said nothing or said too much; None when there is no such command.
"""


def psutil_total() -> int:
    """Bytes of memory as psutil tells. It is imported here and now: it costs some 10 ms and 0.6 MiB."""
    return int(import_module("psutil").virtual_memory().total)


class Machine:
    """The machine as a probe sees it; a test passes a folder and recorded answers."""

    def __init__(self, root: Path, platform: str, run: Run, total: Callable[[], int] = psutil_total) -> None:
        self._root = root
        self.platform = platform
        self.run = run
        self.total_bytes = total

    def read(self, path: str) -> str | None:
        """The text of a small file, its path relative to the root; None when it cannot be read."""
        try:
            with (self._root / path).open("rb") as file:
                return file.read(LIMIT_BYTES).decode(errors="replace")
        except (OSError, ValueError):
            return None

    def exists(self, path: str) -> bool:
        """Whether there is such a file or folder."""
        try:
            return (self._root / path).exists()
        except OSError:
            return False

    def names(self, folder: str, pattern: str) -> tuple[str, ...]:
        """The names in a folder that match a shell pattern, in order."""
        try:
            return tuple(sorted(path.name for path in (self._root / folder).glob(pattern)))
        except OSError:
            return ()


class Commands:
    """Runs commands until a moment of the monotonic clock."""

    def __init__(self, ends_at: float) -> None:
        self._ends_at = ends_at

    def __call__(self, arguments: Sequence[str]) -> str | None:
        """What a command printed; see `Run`."""
        seconds = (self._ends_at - time.monotonic()) * SHARE
        program = _find(arguments[0])
        if program is None:
            return None
        if seconds <= 0:
            return ""
        try:
            process = _start([program, *arguments[1:]])
        except OSError:
            return ""
        return _listen(process, time.monotonic() + seconds)


def _find(name: str) -> str | None:
    if sys.platform == "win32":  # never the current folder, which the search of Windows begins with
        system = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32")
        places = (str(system), str(system / "WindowsPowerShell" / "v1.0"))
        return next((str(Path(place, name)) for place in places if Path(place, name).is_file()), None)
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", os.defpath), *EXTRA_PLACES)))


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  our own fixed commands, no shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "LC_ALL": "C"},  # numbers without a language's thousands marks
        start_new_session=sys.platform != "win32",
        creationflags=FLAGS,
    )


def _listen(process: subprocess.Popen[bytes], ends_at: float) -> str:
    """Read on a thread: no platform but Unix can wait for a pipe with a limit.

    Should something that left the process group keep the pipe open, the thread stays until that ends.
    """
    printed: list[bytes] = []
    reader = threading.Thread(target=_drain, args=(process.stdout, printed), daemon=True)
    reader.start()
    reader.join(ends_at - time.monotonic())
    ended = bool(printed) and len(printed[0]) <= LIMIT_BYTES and _exits(process, ends_at)
    if not ended:
        _kill(process)
        reader.join(GRACE_SECONDS)
        return ""
    return printed[0].decode(errors="replace")


def _drain(pipe: IO[bytes], printed: list[bytes]) -> None:
    with pipe, suppress(OSError):
        printed.append(pipe.read(LIMIT_BYTES + 1))


def _exits(process: subprocess.Popen[bytes], ends_at: float) -> bool:
    try:
        process.wait(max(0.0, ends_at - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started. It is not yet reaped, so its number cannot mean another."""
    with suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    _exits(process, time.monotonic() + GRACE_SECONDS)
