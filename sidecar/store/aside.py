"""Files set aside: what stood in the database's place and could not be used there.

Job: move such a file out of the way under a name that says why and when, list them, destroy them.
Must not: open one (`damaged` reads them), or touch the live file.

    feedback.db.corrupt-20261123T120000.000000Z     damaged; what can be read of it is salvaged
    feedback.db.replaced-20261123T120000.000000Z    put in our place by somebody; kept, never read
"""

import contextlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, TypeAlias

from sidecar.home import PRIVATE_FILE, sync_folder
from sidecar.store.connection import FILE_NAME, SIDE_FILES

Reason: TypeAlias = Literal["corrupt", "replaced"]
PREFIXES: Final[dict[Reason, str]] = {
    "corrupt": f"{FILE_NAME}.corrupt-",
    "replaced": f"{FILE_NAME}.replaced-",
}
HALF_DONE: Final = f"{Path(FILE_NAME).stem}.restoring*"
"""What a restore that was killed leaves behind: records, too."""

COPY: Final = f"{FILE_NAME}.salvaging"
"""The copy of a damaged file that gets a schema (`graft`); gone when its records are brought over."""

REMOVE: Final = (
    "remove the file yourself when you no longer need it (`sidecar purge` would delete every record as well)"
)

PIECE_BYTES: Final = 1 << 20  # of zeros written at once: memory stays flat whatever the file's size


def move(path: Path, reason: Reason, now: datetime) -> str:
    """Rename a file with its side files so that its name says why and when; returns the name.

    Whoever made them, they are its owner's alone from here on.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    target = path.with_name(f"{PREFIXES[reason]}{stamp}")
    for suffix in SIDE_FILES:
        source = Path(f"{path}{suffix}")
        with contextlib.suppress(FileNotFoundError):
            with contextlib.suppress(PermissionError):  # another account's file can be moved, not changed
                _make_private(source)
            source.replace(f"{target}{suffix}")
    return target.name


def _make_private(path: Path) -> None:
    if not path.is_symlink():  # what it leads to is not ours to change
        path.chmod(PRIVATE_FILE)


def listed(folder: Path) -> list[str]:
    """Names of the files that were set aside, the oldest of each reason first, side files not counted."""
    found = {path.name for prefix in PREFIXES.values() for path in folder.glob(f"{prefix}*")}
    return sorted(name for name in found if not name.endswith(SIDE_FILES[1:]))


def words(name: str) -> str:
    """What its owner is told of such a file."""
    if name.startswith(PREFIXES["replaced"]):
        return f"another file stood in the database's place and was set aside as {name}"
    return f"a damaged database was set aside as {name}"


def remedy(name: str) -> str:
    """What its owner can do about it."""
    if name.startswith(PREFIXES["replaced"]):
        return f"the daemon never reads it; {REMOVE}"
    return f"the daemon brings over what can be read of it; then {REMOVE}"


def destroy(folder: Path, names: Sequence[str]) -> None:
    """Overwrite and unlink files that were set aside, with what a killed restore or salvage left."""
    remove(folder, [*names, COPY, *(path.name for path in folder.glob(HALF_DONE))])


def remove(folder: Path, names: Sequence[str]) -> None:
    """Overwrite and unlink files and their side files, those that are there."""
    for path in [folder / f"{name}{suffix}" for name in names for suffix in SIDE_FILES]:
        with contextlib.suppress(FileNotFoundError):
            _overwrite(path)
            path.unlink()
    sync_folder(folder)


def _overwrite(path: Path) -> None:
    """Zeros over every byte, as `secure_delete` does to a live file; no promise on a disk that copies."""
    flags = os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)
    with contextlib.suppress(PermissionError), os.fdopen(os.open(path, flags), "wb") as file:
        left = os.fstat(file.fileno()).st_size
        while left > 0:
            left -= file.write(bytes(min(left, PIECE_BYTES)))
        file.flush()
        os.fsync(file.fileno())
