"""Whether a daemon of this data directory is there, and the way to it.

Job: put together what the lock, the discovery file and `/healthz` say; open a client for a command.
Must not: start, stop or wait for a daemon.

    lock free                       -> none runs; a discovery file was left by one that was killed
    lock held, /healthz answers     -> it runs
    lock held, no answer            -> it starts, stops, or hangs
"""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from sidecar import home
from sidecar.errors import DaemonUnreachable, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.client import FeedbackClient
    from sidecar.config import Settings

PATIENCE_SECONDS: Final = 60.0  # to delete a million records, or to count them
LOOK_SECONDS: Final = 2.0  # `status` has to be quick when a daemon hangs


class Presence(Struct, frozen=True, kw_only=True):
    """What is known of the daemon.

    Attributes:
        endpoint: what the discovery file says; None without one.
        holder: pid of the process that holds the lock, 0 when it does not say; None when the lock is free.
        health: the answer of `/healthz`; None when nobody answers.
    """

    endpoint: home.Endpoint | None
    holder: int | None
    health: dict[str, Any] | None

    @property
    def answers(self) -> bool:
        """Whether requests are served."""
        return self.health is not None

    @property
    def words(self) -> str:
        """Where it runs, as a clause: `on http://127.0.0.1:8917 (pid 4711)`."""
        place = f"on {self.endpoint.url}" if self.endpoint is not None else "at an address not yet announced"
        return f"{place} (pid {self.holder})" if self.holder else place


def look(settings: "Settings") -> Presence:
    """Look once. With `--url`, whoever answers there counts, whatever the data directory says."""
    holder = lock_holder(settings.data_dir)
    endpoint = home.read_endpoint(settings.runtime_dir)
    asked = settings.url is not None or (endpoint is not None and holder is not None)
    return Presence(endpoint=endpoint, holder=holder, health=_health(settings) if asked else None)


def lock_holder(data_dir: Path) -> int | None:
    """Pid of the process that holds the data directory, 0 when it left no number; None when it is free.

    Raises:
        StartupError: the lock file cannot be opened.
    """
    path = data_dir / home.LOCK_FILE
    if not path.exists():
        return None
    lock = home.Lock(data_dir)
    if lock.acquire():
        lock.release()
        return None
    text = path.read_text("ascii", errors="replace").strip()
    return int(text) if text.isascii() and text.isdigit() else 0


@contextlib.contextmanager
def connected(settings: "Settings", seconds: float = PATIENCE_SECONDS) -> "Iterator[FeedbackClient]":
    """A client for a command that needs the daemon: what cannot be asked is an error, never spooled.

    Raises:
        DaemonUnreachable: none runs.
    """
    from sidecar.client import FeedbackClient  # noqa: PLC0415  # `run` needs none

    with FeedbackClient(settings=settings, spool=False, timeout_seconds=seconds) as client:
        try:
            yield client
        except Unauthorized as fault:
            # A daemon that was killed leaves its address behind; whoever is there now is not shown the token.
            if settings.url is None and lock_holder(settings.data_dir) is None:
                raise DaemonUnreachable("no daemon answers; start it with `sidecar run`") from fault
            raise


def _health(settings: "Settings") -> dict[str, Any] | None:
    try:
        with connected(settings, LOOK_SECONDS) as client:
            return client.health()
    except DaemonUnreachable:
        return None
