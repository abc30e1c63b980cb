"""A disk that loses its power: what may lie on it after a recorded run was cut off.

Job: play events up to a cut, and lay out the files as they may be found afterwards.
Must not: be kinder than a disk. A file that was not synced may have lost any part of what was written since
its last sync, in units of 512 bytes; a name that its directory was not synced for may be missing, old or new.
"""

import random
from enum import Enum
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from tests.support.trace import Create, Event, Rename, Sync, Truncate, Unlink, Write

SECTOR: Final = 512
"""What a disk writes whole."""


class After(Enum):
    """What was lost."""

    NOTHING = "the process died, the machine did not"
    ALL_UNSYNCED = "everything since the last sync"
    SOME_UNSYNCED = "any part of what was written since the last sync"


class _File(Struct, eq=False):
    """One file, whatever its name."""

    now: bytearray = field(default_factory=bytearray)
    synced: bytes = b""
    since: list[Write | Truncate] = field(default_factory=list)


class Disk:
    """One folder, played from its beginning."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._names: dict[str, _File] = {}
        self._synced_names: dict[str, _File] = {}
        self._name_changes: list[dict[str, _File]] = []

    def play(self, event: Event) -> None:
        """Go one event on."""
        match event:
            case Create(path, emptied):
                if path not in self._names:
                    self._rename({**self._names, path: _File()})
                elif emptied:
                    self.play(Truncate(path, 0))
            case Write(path, None, data):
                self.play(Write(path, len(self._names[path].now), data))
            case Write(path) | Truncate(path):
                _apply(self._names[path].now, event)
                self._names[path].since.append(event)
            case Sync(path):
                self._sync(path)
            case Rename(old, new):
                names = {name: file for name, file in self._names.items() if name != old}
                self._rename({**names, new: self._names[old]})
            case Unlink(path):
                self._rename({name: file for name, file in self._names.items() if name != path})

    def lay_out(self, target: Path, after: After, rng: random.Random) -> None:
        """Write the files as they may be found."""
        names = self._names
        if after is After.ALL_UNSYNCED:
            names = self._synced_names
        elif after is After.SOME_UNSYNCED:  # a file system keeps the order of its names
            names = rng.choice([self._synced_names, *self._name_changes])
        for name, file in names.items():
            place = target / Path(name).relative_to(self._folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(_content(file, after, rng))

    def _rename(self, names: dict[str, _File]) -> None:
        self._names = names
        self._name_changes.append(names)

    def _sync(self, path: str) -> None:
        if path.rstrip("/") == self._folder:
            self._synced_names, self._name_changes = self._names, []
        elif path in self._names:
            file = self._names[path]
            file.synced, file.since = bytes(file.now), []


def _content(file: _File, after: After, rng: random.Random) -> bytes:
    match after:
        case After.NOTHING:
            return bytes(file.now)
        case After.ALL_UNSYNCED:
            return file.synced
        case After.SOME_UNSYNCED:
            found, odds = bytearray(file.synced), rng.random()
            for event in file.since:
                for part in _parts(event):
                    if rng.random() < odds:
                        _apply(found, part)
            return bytes(found)


def _parts(event: Write | Truncate) -> list[Write | Truncate]:
    """A write in the pieces that a disk writes whole."""
    if isinstance(event, Truncate):
        return [event]
    start = event.offset or 0
    edges = [start, *range(start - start % SECTOR + SECTOR, start + len(event.data), SECTOR)]
    ends = [*edges[1:], start + len(event.data)]
    return [
        Write(event.path, left, event.data[left - start : right - start])
        for left, right in zip(edges, ends, strict=True)
    ]


def _apply(content: bytearray, event: Write | Truncate) -> None:
    if isinstance(event, Truncate):
        del content[event.size :]
        content.extend(bytes(event.size - len(content)))
        return
    start = event.offset or 0
    content.extend(bytes(max(0, start - len(content))))
    content[start : start + len(event.data)] = event.data
