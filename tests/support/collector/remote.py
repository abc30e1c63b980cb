"""The collector in a process of its own.

Job: start it, pass a test's commands on, show what it saw, end it in every way a process can end.
Must not: know what a command means.
"""

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from tests.support.collector.desk import Command, Look, Seen

ROOT: Final = Path(__file__).resolve().parents[3]


class Remote:
    """One such process; as a context manager it is killed at the end."""

    def __init__(self, *, port: int = 0, tls: Path | None = None) -> None:
        with_tls = [] if tls is None else ["--tls", str(tls)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.collector.server", "--port", str(port), *with_tls],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().decode().strip()

    def tell(self, command: Command) -> Seen | None:
        """One command."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(msgspec.json.encode(command) + b"\n")
        self.process.stdin.flush()
        return msgspec.json.decode(self.process.stdout.readline(), type=Seen | None)

    def look(self) -> Seen:
        """What it saw and counts so far."""
        seen = self.tell(Look())
        assert seen is not None
        return seen

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate()
