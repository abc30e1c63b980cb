"""The spool: one JSON file for each record that was written while no daemon ran.

Job: name the format, write a file so that it is whole or not there, and list what waits.
Must not: decide what a record means; the intake reads a spooled record as strictly as a posted one.

A file is `<32 hex>.json`, UTF-8, one object:

    {"spool": 1, "record": {"feedback_type": ..., "idempotency_key": ..., ...}}

`record` is what would be posted to `/v1/feedback`. Its `idempotency_key` is required: it makes the take-in
exactly-once, whenever the daemon is killed between storing the record and removing the file. To write one
from any language: write to a temporary name that ends in `.part`, fsync the file, rename it, fsync the
directory.
An `error_message` has to be scrubbed before it is spooled; write `""` where no scrubber is at hand.
"""

import contextlib
import os
import re
import secrets
import stat
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from sidecar.errors import InvalidRecord
from sidecar.home import PRIVATE_FILE, prepare, sync_folder
from sidecar.strict import loads

VERSION: Final = 1
MAX_FILE_BYTES: Final = 64 * 1024  # the body limit of `POST /v1/feedback`
REFUSED: Final = ".refused"
_NAME: Final = re.compile(r"[0-9a-f]{32}\.json", re.ASCII)


class Spooled(Struct, frozen=True):
    """The content of a spool file."""

    spool: int
    record: dict[str, Any]


def write(folder: Path, record: dict[str, Any]) -> Path:
    """Write one record so that it survives power loss; it must carry its idempotency key.

    Raises:
        StartupError: the directory cannot be made private.
        OSError: the disk refuses.
    """
    prepare(folder)
    name = secrets.token_hex(16)
    part = folder / f"{name}.part"
    whole = part.with_suffix(".json")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as file:
            file.write(msgspec.json.encode(Spooled(VERSION, record)))
            file.flush()
            os.fsync(file.fileno())
        part.rename(whole)
    except BaseException:
        part.unlink(missing_ok=True)  # on a full disk half a record would keep the space that all wait for
        raise
    sync_folder(folder)
    return whole


def waiting(folder: Path) -> list[Path]:
    """The files that wait, the oldest first; one that vanishes under the look hides no other."""
    found: list[tuple[int, str]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if _NAME.fullmatch(entry.name):
                    with contextlib.suppress(OSError):
                        found.append((entry.stat(follow_symlinks=False).st_mtime_ns, entry.name))
    except FileNotFoundError:
        return []
    return [folder / name for _, name in sorted(found)]


def read(path: Path) -> dict[str, Any]:
    """The record of a spool file, as it would have been posted.

    Raises:
        SidecarError: the file is no spool file of this version.
        OSError: it cannot be read.
    """
    if not stat.S_ISREG(path.lstat().st_mode):
        raise InvalidRecord("a spool file is a regular file")  # a pipe would be waited for, a link followed
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise InvalidRecord("a spool file holds at most 64 KiB")
    try:
        found = msgspec.convert(loads(content), Spooled)
    except msgspec.ValidationError:
        raise InvalidRecord("a spool file holds `spool` and `record`") from None
    if found.spool != VERSION:
        raise InvalidRecord(f"this daemon reads spool files of version {VERSION}")
    if not found.record.get("idempotency_key"):
        raise InvalidRecord("a spooled record needs an idempotency_key", field="idempotency_key")
    return found.record


def remove(path: Path) -> None:
    """Take a file away once its record is stored."""
    path.unlink(missing_ok=True)


def refuse(path: Path) -> None:
    """Set a file aside that no daemon will ever take, so that it is not tried again."""
    path.replace(path.with_suffix(REFUSED))


def clear(folder: Path) -> None:
    """Take every file away that may hold a record: waiting, refused, or left half-written."""
    for path in folder.glob("*"):
        if path.suffix in {".json", ".part", REFUSED}:
            path.unlink(missing_ok=True)
