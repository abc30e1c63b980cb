"""Disks that fail: a small one, one that turns read-only, and system calls that answer with an error.

Job: make a file system of a few MiB, and take it away again; name the errors that strace can inject.
Must not: leave a mount behind, whatever happened on it.
"""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support import needs


class SmallDisk:
    """A mounted tmpfs.

    Attributes:
        path: its root.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self, leave_bytes: int = 0) -> None:
        """Leave so many bytes free."""
        with self._ballast.open("ab", buffering=0) as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(bytes(4096))
        if leave_bytes:
            with self._ballast.open("r+b") as ballast:
                ballast.truncate(max(0, self._ballast.stat().st_size - leave_bytes))

    def free(self) -> None:
        """Somebody deleted a large file."""
        self._ballast.unlink()

    def turn_read_only(self) -> None:
        """As a file system does after errors. Nothing on it may be open for writing."""
        _mount("-o", "remount,ro", str(self.path))


@contextlib.contextmanager
def small_disk(path: Path, mib: int = 4) -> Iterator[SmallDisk]:
    """A disk of a few MiB at `path`, gone at the end."""
    needs.need_linux()
    needs.need_root()
    path.mkdir()
    try:
        _mount("-t", "tmpfs", "-o", f"size={mib}m,mode=0700", "tmpfs", str(path))
    except subprocess.CalledProcessError:
        needs.skip("this machine lets nobody mount a tmpfs")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True)


@contextlib.contextmanager
def fast_folder() -> Iterator[Path]:
    """A folder in memory where there is such a place: for files whose way to the disk is not the point."""
    memory = Path("/dev/shm")  # noqa: S108  # a folder of our own in it, made by mkdtemp
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def failing(call: str, error: str, first: int, last: int) -> tuple[str, ...]:
    """The command to put in front of a program whose calls `first` to `last`, of each thread, fail."""
    needs.need_program("strace")
    inject = f"inject={call}:error={error}:when={first}..{last}"
    return ("strace", "-f", "-qq", "-e", f"trace={call}", "-e", inject, "-o", "/dev/null")
