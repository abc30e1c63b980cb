"""The data directory: its permissions, its lock, its secrets, and the discovery file.

Job: make sure that only this user can look in, that one daemon owns it, and that others can find that daemon.
Must not: follow a symbolic link, or print a secret.

    DATA_DIR/            0700
      feedback.db        records, cells, ledger (0600, as its -wal and -shm)
      lock               held by the daemon (flock), with its pid
      manage-token       who reads it may read and steer
      submit-token-NAME  who reads it may submit at the listener of that name
      privacy-salt       keys the hashes of idempotency keys; with a backup it moves along
      spool/             records that clients wrote while no daemon ran
      products.d/        product files
      log/               the daemon's own log, rotated
    RUNTIME_DIR/endpoint.json   where the daemon listens (0600)
    RUNTIME_DIR/login.html      leads a browser to the last link of `sidecar open` (0600)
"""

import contextlib
import os
import re
import secrets
import stat
import sys
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from sidecar.errors import StartupError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PRIVATE_DIR: Final = 0o700
PRIVATE_FILE: Final = 0o600
TOKEN_FILE: Final = "manage-token"  # noqa: S105  # a file name
SUBMIT_TOKEN_FILE: Final = "submit-token-"  # noqa: S105  # a file name, with the listener's behind it
SALT_FILE: Final = "privacy-salt"
LOCK_FILE: Final = "lock"
ENDPOINT_FILE: Final = "endpoint.json"
LOGIN_FILE: Final = "login.html"
SPOOL: Final = "spool"
LOG: Final = "log"
PRODUCTS: Final = "products.d"
SECRET_BYTES: Final = 32
SECRET: Final = re.compile(rf"[0-9a-f]{{{2 * SECRET_BYTES}}}", re.ASCII)


class Endpoint(Struct, frozen=True):
    """Where a daemon listens."""

    url: str
    socket: str | None
    pid: int
    version: str


def prepare(folder: Path) -> None:
    """Make a directory that only this user can look into.

    Raises:
        StartupError: it is a link, belongs to another user, or cannot be made private.
    """
    if folder.is_symlink():
        raise StartupError(f"{folder} is a symbolic link; name the directory itself with --data-dir")
    try:
        folder.mkdir(mode=PRIVATE_DIR, parents=True, exist_ok=True)
        found = folder.stat()
        if sys.platform != "win32":
            if found.st_uid != os.geteuid():
                raise StartupError(f"{folder} belongs to another user; choose another --data-dir")
            if stat.S_IMODE(found.st_mode) != PRIVATE_DIR:
                folder.chmod(PRIVATE_DIR)
    except OSError as fault:
        raise StartupError(f"{folder} cannot be used as data directory: {fault.strerror}") from fault


def close_to_others(folder: Path) -> None:
    """Take from others what a careless copy gave them, and find links that would lead our writing elsewhere.

    Raises:
        StartupError: something in the directory is a symbolic link.
    """
    for entry in (
        entry for name in ("", LOG) if (folder / name).is_dir() for entry in os.scandir(folder / name)
    ):
        if entry.name == PRODUCTS:
            continue  # no secret, and not ours to write
        if entry.is_symlink():
            raise StartupError(f"{entry.path} is a symbolic link; put the file or directory itself there")
        wanted = PRIVATE_DIR if entry.is_dir() else PRIVATE_FILE
        if sys.platform != "win32" and stat.S_IMODE(entry.stat().st_mode) != wanted:
            with contextlib.suppress(OSError):  # the directory itself is closed already
                Path(entry.path).chmod(wanted)


def read_secret(folder: Path, name: str) -> str | None:
    """A secret of the data directory, or None where there is none yet."""
    try:
        with os.fdopen(os.open(folder / name, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))) as file:
            return file.read().strip() or None
    except OSError:
        return None


def write_secret(folder: Path, name: str, secret: str) -> None:
    """Replace a secret at once and for good: written aside, synced, renamed."""
    aside = folder / f".{name}.new"
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(folder / name)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make a rename in a directory survive power loss (Windows does so by itself)."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def secret(folder: Path, name: str) -> str:
    """A secret of the data directory, made on first use and never replaced here.

    A new salt in place of a damaged one would forget what every idempotency key stood for.

    Raises:
        StartupError: it can be neither read nor made.
    """
    found = read_secret(folder, name)
    if found is None and not os.path.lexists(folder / name):
        found = secrets.token_hex(SECRET_BYTES)
        try:
            write_secret(folder, name, found)
        except OSError as fault:
            raise StartupError(f"{folder} cannot be written: {fault.strerror}") from fault
    if found is None or not SECRET.fullmatch(found):
        raise StartupError(
            f"{folder / name} is damaged or cannot be read; put it back, or remove it to begin with a new one"
        )
    return found


class Lock:
    """The exclusive lock on a data directory; the system drops it when the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK_FILE
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock; False when another process holds it.

        Raises:
            StartupError: the lock file cannot be made.
        """
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            descriptor = os.open(self._path, flags, PRIVATE_FILE)
        except OSError as fault:
            raise StartupError(f"{self._path} cannot be written: {fault.strerror}") from fault
        try:
            _lock(descriptor)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        with contextlib.suppress(
            OSError
        ):  # on a full disk: the lock holds all the same, it only tells no pid
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        return True

    def release(self) -> None:
        """Drop the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_held(folder: Path) -> bool:
    """Whether a daemon lives on this directory: a number in a file may be another program's by now.

    Where the lock cannot be looked at (Windows, a directory of somebody else), nothing speaks against it.
    """
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        return _is_taken(descriptor)
    finally:
        os.close(descriptor)


def _is_taken(descriptor: int) -> bool:
    if sys.platform == "win32":
        return True
    else:  # noqa: RET505  # mypy skips what another platform lacks only so
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        return False


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def publish_endpoint(runtime_dir: Path, endpoint: Endpoint) -> None:
    """Say where the daemon listens, to this user only.

    Raises:
        StartupError: the file cannot be written.
    """
    prepare(runtime_dir)
    try:
        write_secret(runtime_dir, ENDPOINT_FILE, msgspec.json.encode(endpoint).decode())
    except OSError as fault:
        raise StartupError(f"{runtime_dir} cannot be written: {fault.strerror}") from fault


def read_endpoint(runtime_dir: Path) -> Endpoint | None:
    """Where a daemon said it listens; None when none did. It may have died since: ask it."""
    text = read_secret(runtime_dir, ENDPOINT_FILE)
    try:
        return msgspec.json.decode(text, type=Endpoint) if text else None
    except msgspec.DecodeError:
        return None


def withdraw_endpoint(runtime_dir: Path) -> None:
    """Take the discovery file away."""
    (runtime_dir / ENDPOINT_FILE).unlink(missing_ok=True)
