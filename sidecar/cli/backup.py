"""`sidecar backup FILE` and `sidecar restore FILE`.

Job: copy the database while it is in use; put a checked copy back while nobody uses it.
Must not: touch the present database before the copy was found whole.
"""

import sqlite3
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from sidecar import home
from sidecar.cli import arguments, person, presence, screen
from sidecar.errors import NotFound, StartupError
from sidecar.store import backup
from sidecar.store.connection import FILE_NAME, as_problem

if TYPE_CHECKING:
    from sidecar.config import Settings


def declare(name: str, parser: ArgumentParser) -> None:
    """What `backup` and `restore` take."""
    parser.epilog = f"example: sidecar {name} feedback-2026-11.backup"
    if name == "backup":
        parser.add_argument("file", metavar="FILE", type=Path, help="a new file, for you alone")
        return
    parser.add_argument("file", metavar="FILE", type=Path, help="a file that `sidecar backup` wrote")
    parser.add_argument("--yes", action="store_true", help="do not ask before records are replaced")


def run(name: str, options: Namespace) -> int:
    """Make a backup, or bring one back."""
    settings = arguments.settings(options)
    file = Path(options.file).absolute()
    try:
        return _back_up(settings, file) if name == "backup" else _restore(settings, file, yes=options.yes)
    except sqlite3.Error as fault:
        raise as_problem(fault) from fault


def _back_up(settings: "Settings", file: Path) -> int:
    salt = home.read_secret(settings.data_dir, home.SALT_FILE)
    if salt is None:
        raise NotFound(f"there is no database in {settings.data_dir}, so there is nothing to back up")
    there_before = file.exists()
    try:
        size = backup.back_up(settings.data_dir / FILE_NAME, file, bytes.fromhex(salt))
    except (sqlite3.Error, OSError):
        if not there_before:
            file.unlink(missing_ok=True)  # half a backup must not be mistaken for one
        raise
    screen.say(f"{file}: {size:,} bytes")
    return arguments.DONE


def _restore(settings: "Settings", file: Path, *, yes: bool) -> int:
    """Check, ask where somebody can be asked, take the lock, replace.

    Raises:
        UsageError: the file is no backup, damaged, or newer than this program.
        StartupError: a daemon holds the data directory.
    """
    if not file.is_file():
        raise NotFound(f"there is no file {file}")
    backup.check(file)
    folder = settings.data_dir
    home.prepare(folder)
    present = (folder / FILE_NAME).exists()
    if present and person.is_there() and not person.confirm(f"Replace the records in {folder}?", yes=yes):
        return arguments.FAILED
    lock = home.Lock(folder)
    if not lock.acquire():
        raise StartupError(f"stop the daemon first: it runs {presence.look(settings).words}")
    try:
        home.secret(folder, home.TOKEN_FILE)  # a directory that was empty has none yet
        backup.restore(file, folder)
    finally:
        lock.release()
    screen.say(f"restored from {file}; start the daemon with `sidecar run`")
    return arguments.DONE
