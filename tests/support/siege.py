"""A daemon under attack: what its memory did, what became of a bystander, whether it lives afterwards.

Job: watch the daemon's process and a bystander while a test attacks, and judge both when the attack is over.
Must not: attack, or let a timing decide: figures are printed, and only a hang fails.
"""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psutil
from msgspec import Struct

from tests.support.daemon import Daemon
from tests.support.plain_http import url_of

BYSTANDER: Final = Path(__file__).with_name("bystander.py")
MIB: Final = 1024 * 1024
LOOK_SECONDS: Final = 0.02
GROWTH: Final = 1.5
SPARE_BYTES: Final = 64 * MIB
HANG_MILLISECONDS: Final = 10_000  # generous: two processors, shared with the attack itself
SERVED_SHARE: Final = 0.8  # of a bystander's records that are stored
LAST_SECONDS: Final = 30.0


class Seen(Struct, frozen=True):
    """What became of the bystander."""

    answers: dict[str, int]
    broken: int
    milliseconds: list[float]

    def percentile(self, share: float) -> float:
        """Milliseconds that this share of its requests did not exceed."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Siege:
    """A watch, from before the attack until after it.

    Attributes:
        idle, peak: resident bytes before, and the most seen since.
        seen: what became of the bystander; set at the end.
    """

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._process = psutil.Process(daemon.pid)
        self.idle = self.peak = self._process.memory_info().rss
        self.seen = Seen({}, 0, [])
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._bystander = subprocess.Popen(
            [sys.executable, str(BYSTANDER), url_of(daemon)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        assert self._bystander.stdout is not None
        assert self._bystander.stdout.readline() == b"ready\n"
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        said, _ = self._bystander.communicate(timeout=LAST_SECONDS)
        self._over.set()
        self._watch.join()
        self.seen = Seen(**json.loads(said))
        if kind is None:
            self._judge()

    @property
    def figures(self) -> str:
        """What was measured, in one line."""
        return (
            f"memory {self.idle / MIB:.0f} -> {self.peak / MIB:.0f} MiB; bystander {self.seen.answers}, "
            f"broken {self.seen.broken}, p50 {self.seen.percentile(0.5):.0f}, "
            f"p99 {self.seen.percentile(0.99):.0f}, max {self.seen.percentile(1):.0f} ms"
        )

    def descriptors(self) -> int:
        """Files and sockets that the daemon has open now."""
        return self._process.num_fds()

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self.peak = max(self.peak, self._process.memory_info().rss)

    def _judge(self) -> None:
        assert self.peak <= GROWTH * self.idle + SPARE_BYTES, self.figures
        sent = len(self.seen.milliseconds)
        assert sent > 0, "nobody stood by"
        assert self.seen.answers.get("201", 0) >= SERVED_SHARE * sent, self.figures
        assert self.seen.percentile(1) < HANG_MILLISECONDS, self.figures
        with self._daemon.caller() as caller:
            assert caller.get("/healthz").status == 200, "it does not answer any more"


@contextlib.contextmanager
def siege(daemon: Daemon) -> Iterator[Siege]:
    """Attack inside; the figures are printed at the end."""
    watch = Siege(daemon)
    with watch:
        yield watch
    print(watch.figures)  # noqa: T201  # read in the long form
