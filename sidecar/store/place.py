"""The place of the open file: is it still the one under its name?

Job: notice, at the price of one `stat` a group, that somebody removed or replaced the database or its WAL.
Must not: keep a descriptor: closing one would drop SQLite's own locks (https://sqlite.org/howtocorrupt.html).

A removed file goes on working for the process that has it open, and is gone with it: what is acknowledged
then is on no disk. File and WAL are looked at in turn, so that each is seen at every second commit.
"""

import os
from pathlib import Path

Identity = tuple[int, int] | None


class Displaced(Exception):  # noqa: N818  # said as a clause: the file was displaced
    """The open file is no longer the one under its name."""


class Place:
    """The file and its WAL as they were when they were opened."""

    def __init__(self, path: Path) -> None:
        self._paths = (str(path), f"{path}-wal")
        self._opened = tuple(self._identity(which) for which in (0, 1))
        self._turn = 0

    def glance(self) -> None:
        """Look at one of the two, in turn.

        Raises:
            Displaced: it was removed or replaced.
        """
        self._turn ^= 1
        if self._identity(self._turn) != self._opened[self._turn]:
            raise Displaced

    def look(self) -> bool:
        """Whether both are."""
        return all(self._identity(which) == self._opened[which] for which in (0, 1))

    def is_foreign(self) -> bool:
        """Whether another file stands where the database was."""
        return self._identity(0) not in {None, self._opened[0]}

    def _identity(self, which: int) -> Identity:
        try:
            found = os.stat(self._paths[which])  # noqa: PTH116  # on the hot path: a `Path` would cost as much again
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino
