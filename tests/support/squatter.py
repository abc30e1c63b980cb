"""Another program on an address of the daemon, in a process of its own.

Job: start `squat.py`, and show what it was sent.
Must not: decide what it should have been sent.
"""

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

SQUAT = Path(__file__).with_name("squat.py")


class Squatter:
    """One such program; `target` is the real daemon's `host:port`, to which it passes everything on."""

    def __init__(self, record: Path, *, host: str = "127.0.0.1", port: int = 0, target: str = "") -> None:
        self._record = record
        self._host = host
        record.touch()
        self._process = subprocess.Popen(
            [sys.executable, str(SQUAT), str(record), host, str(port), target], stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    @property
    def url(self) -> str:
        """Where it sits."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.port}"

    @property
    def received(self) -> bytes:
        """Everything that it was sent."""
        return self._record.read_bytes()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()
