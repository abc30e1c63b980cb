"""Our files in directories that belong to the user.

Job: write and remove the files that carry our mark, and only those.
Must not: touch a file of another hand, or start anything.
"""

from collections.abc import Iterable
from pathlib import Path

from sidecar.errors import UsageError
from sidecar.service.units import MARK


def is_ours(path: Path) -> bool:
    """A file that an install wrote; a masked unit (a link to /dev/null) and a user's own are not."""
    return path.is_file() and MARK.encode() in path.read_bytes()


def refuse_foreign(paths: Iterable[Path]) -> None:
    """Before the first of several files is written.

    Raises:
        UsageError: one of them is there, and it is not ours.
    """
    for path in paths:
        if (path.exists() or path.is_symlink()) and not is_ours(path):
            raise UsageError(f"{path} was not written by sidecar; move it away first")


def write(path: Path, content: bytes) -> bool:
    """Put a file of ours there in one step; False when it was already there, word for word."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.write_bytes(content)
    unfinished.replace(path)
    return True


def remove(path: Path) -> bool:
    """Take the file away if it is ours; True when it is gone by this call."""
    if not is_ours(path):
        return False
    path.unlink()
    return True


def make_private_directory(path: Path) -> bool:
    """Make a directory for its owner alone; False when there was one, which keeps its mode."""
    if path.is_dir():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=0o700)
    return True
