"""The shelf: what this process put into the spool, until the daemon has it.

Job: spool letters all or none, and remember which files are ours to deliver.
Must not: spool what was not scrubbed, or judge what the daemon refuses: it sets such a file aside.
"""

from pathlib import Path
from typing import Any, Final

from sidecar import home, spool
from sidecar.client.letters import Letter
from sidecar.errors import DaemonUnreachable, SidecarError, StartupError

MOST_WAITING: Final = 10_000  # 40 MiB in the blocks of a usual disk; a daemon that never comes fills no disk

FULL: Final = (
    f"no daemon answers, and {MOST_WAITING} records wait for it already; start it with `sidecar run`"
)


class Shelf:
    """The spool of one data directory, as one client sees it."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._folder = data_dir / home.SPOOL
        self._ours: dict[Path, None] = {}

    def keep(self, letters: list[Letter]) -> None:
        """Write the letters so that they survive power loss; all or none.

        Raises:
            DaemonUnreachable: the disk refuses, or too many wait already.
        """
        written: list[Path] = []
        try:
            home.prepare(self._data_dir)
            if self._count() + len(letters) > MOST_WAITING:
                raise DaemonUnreachable(FULL)
            for letter in letters:
                written.append(spool.write(self._folder, letter))  # noqa: PERF401  # what was written is needed when one fails
        except (OSError, StartupError) as fault:
            for path in written:
                path.unlink(missing_ok=True)
            why = fault.detail if isinstance(fault, StartupError) else fault.strerror
            raise DaemonUnreachable(f"no daemon answers, and the record cannot be spooled: {why}") from fault
        self._ours |= dict.fromkeys(written)

    def _count(self) -> int:
        """Files of any kind in the spool, those that were set aside too: each takes a block of the disk."""
        try:
            return sum(1 for _ in self._folder.iterdir())
        except FileNotFoundError:
            return 0

    def held(self) -> list[Path]:
        """The files of this process that nobody is known to have taken."""
        return list(self._ours)

    def read(self, path: Path) -> dict[str, Any] | None:
        """The record of a file; None when the daemon has taken it meanwhile."""
        try:
            return spool.read(path)
        except (OSError, SidecarError):
            return None

    def taken(self, path: Path) -> bool:
        """Whether the daemon has stored a file that is gone, rather than set it aside."""
        return not path.exists() and not path.with_suffix(spool.REFUSED).exists()

    def remove(self, path: Path) -> None:
        """Take away a file whose record the daemon has acknowledged."""
        spool.remove(path)
        self.forget(path)

    def forget(self, path: Path) -> None:
        """Leave a file to the daemon."""
        self._ours.pop(path, None)
