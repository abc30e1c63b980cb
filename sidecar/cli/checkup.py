"""The checks of `sidecar doctor`, but for the database itself (`countcheck`).

Job: look at permissions, lock, disk, clock, product files, log and spool; say what was found and what helps.
Must not: change anything, or stop at the first fault.
"""

import shlex
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from sidecar import home, listen, spool
from sidecar.cli import countcheck, presence, status
from sidecar.clock import Clock
from sidecar.config import MIB
from sidecar.errors import SidecarError
from sidecar.products import FOLDER as PRODUCTS
from sidecar.products import Products
from sidecar.store import aside

if TYPE_CHECKING:
    from sidecar.config import Settings

FREE_MIB: Final = 100  # a WAL of a busy day and one backup of a small store
OLDEST_YEAR: Final = 2026  # this program was written then: a clock before it stands wrong
OPEN_TO_OTHERS: Final = 0o077
LOGGED_FAULTS: Final = (" ERROR ", " CRITICAL ")

Level = Literal["ok", "note", "wrong"]


class Finding(Struct, frozen=True):
    """What one check found: `wrong` needs doing, `note` needs knowing."""

    check: str
    level: Level
    words: str
    remedy: str = ""


def examine(settings: "Settings", clock: Clock) -> list[Finding]:
    """Every check in its order; one that cannot be made is a finding itself."""
    return [finding for name, check in CHECKS for finding in _guarded(name, check, settings, clock)]


Check = Callable[["Settings", Clock], Iterator[tuple[Level, str, str]]]


def _guarded(name: str, check: Check, settings: "Settings", clock: Clock) -> list[Finding]:
    try:
        return [Finding(name, *found) for found in check(settings, clock)]
    except SidecarError as fault:
        return [Finding(name, "wrong", f"cannot be checked: {fault.detail}", "see to that first")]
    except OSError as fault:
        return [
            Finding(name, "wrong", f"cannot be checked: {fault.strerror}", "make the data directory readable")
        ]


def permissions(settings: "Settings", _: Clock) -> Iterator[tuple[Level, str, str]]:
    """Nobody else may look in."""
    folder = settings.data_dir
    if not folder.is_dir():
        yield "note", f"{folder} does not exist yet", "`sidecar run` makes it"
        return
    if sys.platform == "win32":
        yield "ok", "the profile's own access list holds", ""
        return
    inside = (path for path in folder.glob("*") if path.name != PRODUCTS)  # those are no secret
    paths = {
        folder,
        settings.runtime_dir,
        *inside,
        settings.runtime_dir / home.ENDPOINT_FILE,
        settings.runtime_dir / home.LOGIN_FILE,
    }
    open_ones = sorted(
        path for path in paths if path.exists() and stat.S_IMODE(path.lstat().st_mode) & OPEN_TO_OTHERS
    )
    for path in open_ones:
        yield "wrong", f"{path} is open to others", f"run: chmod go-rwx {shlex.quote(str(path))}"
    if not open_ones:
        yield "ok", "only you can look in", ""


def secrets(settings: "Settings", _: Clock) -> Iterator[tuple[Level, str, str]]:
    """The salt is what makes idempotency keys work; the token is what managing needs."""
    folder = settings.data_dir
    missing = [name for name in (home.TOKEN_FILE, home.SALT_FILE) if home.read_secret(folder, name) is None]
    if not missing or not (folder / home.LOCK_FILE).exists():
        yield "ok", "in their place" if not missing else "made at the first start", ""
    if home.TOKEN_FILE in missing and (folder / home.LOCK_FILE).exists():
        yield "wrong", "the manage token is gone", "run: sidecar token"
    if home.SALT_FILE in missing and (folder / home.LOCK_FILE).exists():
        yield (
            "wrong",
            "the privacy salt is gone: keys sent before would count anew",
            "stop the daemon and restore the last backup, which holds it",
        )


def daemon(settings: "Settings", _: Clock) -> Iterator[tuple[Level, str, str]]:
    """Lock, discovery file and answer have to agree."""
    found = presence.look(settings)
    if found.answers and found.endpoint is not None and found.holder not in {None, 0, found.endpoint.pid}:
        yield (
            "wrong",
            f"the discovery file names process {found.endpoint.pid}, the lock is held by {found.holder}",
            "restart the daemon: it writes the file anew",
        )
    elif found.answers:
        yield "ok", f"runs {found.words}", ""
    elif found.holder is not None:
        yield (
            "wrong",
            f"process {found.holder or '(unknown)'} holds the data directory but does not answer",
            "wait ten seconds and look again; if it stays so, end that process and start `sidecar run`",
        )
    elif found.endpoint is not None:
        yield (
            "note",
            "does not run; it was killed the last time",
            "nothing is lost; start it with `sidecar run`",
        )
    else:
        yield (
            "note",
            "does not run",
            "start it with `sidecar run`, or at login with `sidecar service install`",
        )


def disk(settings: "Settings", _: Clock) -> Iterator[tuple[Level, str, str]]:
    """Room to write."""
    folder = next(path for path in (settings.data_dir, *settings.data_dir.parents) if path.exists())
    free = shutil.disk_usage(folder).free // MIB
    if free < FREE_MIB:
        yield "wrong", f"{free} MiB free", f"free some space; below {FREE_MIB} MiB writing may fail any time"
    else:
        yield "ok", f"{free:,} MiB free", ""


def wall_clock(settings: "Settings", clock: Clock) -> Iterator[tuple[Level, str, str]]:
    """Records carry their week: it has to be the right one."""
    now = clock.now()
    newest = countcheck.newest_week(settings.data_dir)
    if now.year < OLDEST_YEAR:
        yield "wrong", f"the clock says {now:%Y-%m-%d}", "set the system's date"
    elif newest is not None and newest > countcheck.week_of(now):
        yield (
            "wrong",
            "records lie in a week that has not begun by the present clock",
            "set the system's date; if it is right now, it was wrong when they came",
        )
    else:
        yield "ok", f"{now:%Y-%m-%d %H:%M} UTC", ""


def listeners(settings: "Settings", _: Clock) -> Iterator[tuple[Level, str, str]]:
    """Each is a door to other machines: the owner has to know how wide it is."""
    for each in settings.listeners:
        if each.is_open_to_all:
            yield (
                "note",
                f"{each.name} is open on every address of this machine ({each.place})",
                "name one address, unless every network of this machine may try its token",
            )
        elif not listen.is_here(each.address):
            yield (
                "note",
                f"{each.name}: this machine has no address {each.address} now",
                "start what brings it (a container engine, a network), or correct it in config.toml",
            )
        else:
            yield "ok", f"{each.name} on {each.place} takes feedback for its submit token alone", ""
    if not settings.listeners:
        yield "ok", "none: only this machine can submit", ""


def product_files(settings: "Settings", _: Clock) -> Iterator[tuple[Level, str, str]]:
    """A file that cannot be used is left out, and its words are refused."""
    faults = Products(settings.product_folders).faults
    for fault in faults:
        yield "wrong", fault, "mend the file, or remove it"
    if not faults:
        yield "ok", "each can be used", ""


def log(settings: "Settings", _: Clock) -> Iterator[tuple[Level, str, str]]:
    """Errors that the daemon wrote down."""
    folder = settings.data_dir / home.LOG
    count = sum(_faults_in(path) for path in sorted(folder.glob("sidecar.log*")))
    if count:
        yield "note", f"{count} errors", f"read them in {folder}; they hold nothing of what was sent"
    else:
        yield "ok", "no errors", ""


def leftovers(settings: "Settings", _: Clock) -> Iterator[tuple[Level, str, str]]:
    """What lies about and waits for somebody."""
    folder = settings.data_dir
    for name in status.damaged(folder):
        yield "note", aside.words(name), aside.remedy(name)
    waiting, refused = len(spool.waiting(folder / home.SPOOL)), status.refused(folder)
    if refused:
        yield (
            "note",
            f"{len(refused)} spooled records were refused",
            f"look at {refused[0]}, then remove them",
        )
    if waiting:
        yield "note", f"{waiting} records wait in the spool", "a running daemon takes them in within a minute"
    if not waiting and not refused:
        yield "ok", "nothing waits in the spool", ""


def _faults_in(path: Path) -> int:
    with path.open(encoding="utf-8", errors="replace") as lines:
        return sum(any(word in line for word in LOGGED_FAULTS) for line in lines)


CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("permissions", permissions),
    ("secrets", secrets),
    ("daemon", daemon),
    ("database", countcheck.integrity),
    ("counters", countcheck.counters),
    ("disk", disk),
    ("clock", wall_clock),
    ("listeners", listeners),
    ("product files", product_files),
    ("log", log),
    ("left over", leftovers),
)
