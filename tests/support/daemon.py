"""A real daemon in a process of its own, on port 0 with a data directory of its own.

Job: start it and wait for its own word that it serves; end it in every way a process can end.
Must not: sleep, or guess a port.
"""

import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from sidecar.home import Endpoint, read_endpoint
from tests.support.caller import Caller

SERVE = Path(__file__).with_name("serve.py")
START_SECONDS = 60.0  # a start takes under one; this bounds a hang, also under strace on a busy machine
STOP_SECONDS = 30.0  # as above; the five promised seconds are asserted where they are promised


class DidNotStart(Exception):  # noqa: N818  # said as a sentence: the daemon did not start
    """The daemon ended before it served; `words` is what it wrote for its user."""

    def __init__(self, words: str, code: int | None) -> None:
        super().__init__(words)
        self.words = words
        self.code = code


class Daemon:
    """One run of the daemon. As a context manager it is killed at the end, if it still lives.

    Attributes:
        process: the process itself, or the program in front of it (`prefix`).
        endpoint: where it serves; set by `wait`.
    """

    def __init__(  # noqa: PLR0913  # each way to start it is a keyword of its own
        self,
        data_dir: Path,
        *,
        settings: Mapping[str, str] | None = None,
        environment: Mapping[str, str | None] | None = None,
        shift_days: float = 0,
        prefix: Sequence[str] = (),
        umask: int = -1,
        program: Sequence[str] = (),
    ) -> None:
        """Start it and return at once.

        Args:
            data_dir: its data directory.
            settings: `SIDECAR_*` variables, written without their prefix: `{"QUOTA_MIB": "8"}`.
            environment: other variables to set, or with None to take away.
            shift_days: how wrong its wall clock is.
            prefix: a program to run it under, as `("strace", "-f")`.
            umask: of the process that starts it; -1 leaves this one's.
            program: what Python runs instead of `-m sidecar run`; it says a line once it serves.
        """
        self.data_dir = data_dir
        self.endpoint: Endpoint | None = None
        self._words = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as this object; see __exit__
        names = {name: value for name, value in os.environ.items() if not name.startswith("SIDECAR_")}
        told = {**names, **(environment or {})}
        self.process = subprocess.Popen(
            [*prefix, sys.executable, *(program or _program(data_dir, shift_days))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._words,
            umask=umask,
            env={name: value for name, value in told.items() if value is not None}
            | {f"SIDECAR_{name}": value for name, value in (settings or {}).items()},
        )

    def wait(self, seconds: float = START_SECONDS) -> Self:
        """Return once it serves.

        Raises:
            DidNotStart: it ended instead.
        """
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            assert ready.select(seconds), f"the daemon said nothing for {seconds} s: {self.words}"
        line = self.process.stdout.readline()
        if not line:
            raise DidNotStart(self.words, self.process.wait(STOP_SECONDS))
        self.endpoint = read_endpoint(self.data_dir / "run")
        assert self.endpoint is not None, "it serves, and has not said where"
        return self

    def ready(self, seconds: float = START_SECONDS) -> Self:
        """Return once `/readyz` says so: the hardware bucket is known, and reading does not wait for it."""
        until = time.monotonic() + seconds
        try:
            with self.caller() as caller:
                while caller.get("/readyz").status != HTTPStatus.OK:
                    assert time.monotonic() < until, f"not ready after {seconds} s"
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def says(self, *lines: str, seconds: float = START_SECONDS) -> None:
        """Return once it has said each of these lines on stdout, in whatever order.

        Raises:
            AssertionError: it ended, or said nothing more, before.
        """
        assert self.process.stdout is not None
        missing = set(lines)
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            while missing:
                assert ready.select(seconds), f"still unsaid after {seconds} s: {missing}"
                line = os.read(self.process.stdout.fileno(), 65536)
                assert line, f"it ended, and had not said: {missing}"
                missing -= set(line.decode().splitlines())

    @property
    def words(self) -> str:
        """What it wrote to standard error so far."""
        self._words.seek(0)
        return self._words.read().decode("utf-8", "replace")

    @property
    def pid(self) -> int:
        """Of the daemon itself, also under a prefix."""
        assert self.endpoint is not None, "wait for the daemon first"
        return self.endpoint.pid

    @property
    def token(self) -> str:
        """The manage token."""
        return (self.data_dir / "manage-token").read_text().strip()

    @property
    def log(self) -> str:
        """The daemon's own log."""
        return (self.data_dir / "log" / "sidecar.log").read_text("utf-8")

    def caller(self, *, manages: bool = False) -> Caller:
        """Somebody who speaks to it over a connection of their own."""
        assert self.endpoint is not None, "wait for the daemon first"
        return Caller(self.endpoint.url, self.token if manages else None)

    def kill(self) -> None:
        """SIGKILL, as the out-of-memory killer would."""
        self._itself.kill()
        self.process.wait(STOP_SECONDS)

    def stop(self, seconds: float = STOP_SECONDS) -> int:
        """SIGTERM; returns its exit code."""
        self._itself.terminate()
        return self.process.wait(seconds)

    @property
    def _itself(self) -> "psutil.Process | subprocess.Popen[bytes]":
        """The daemon, not the program that it runs under."""
        return self.process if self.endpoint is None else psutil.Process(self.endpoint.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._words.close()


def _program(data_dir: Path, shift_days: float) -> list[str]:
    """The command a user gives; only a wrong clock needs a way of its own."""
    if shift_days:
        return [str(SERVE), str(data_dir), str(shift_days)]
    return ["-m", "sidecar", "run", "--data-dir", str(data_dir), "--port", "0"]


def start(data_dir: Path, **how: object) -> Daemon:
    """A daemon that serves; `how` is what `Daemon` takes."""
    daemon = Daemon(data_dir, **how)  # type: ignore[arg-type]  # passed on as it came
    try:
        return daemon.wait()
    except BaseException:
        daemon.__exit__(None, None, None)
        raise


def refusal(data_dir: Path) -> DidNotStart:
    """Why a daemon does not start on a directory; fails when it does."""
    try:
        with start(data_dir):
            raise AssertionError("it started")
    except DidNotStart as ended:
        return ended
