"""`sidecar uninstall`: leave nothing behind.

Job: list every path with its size, ask, stop the service, and remove what is ours.
Must not: remove a name that is not ours, whatever `--data-dir` says, or the data of a running daemon.

    list -> confirm -> service stopped and removed -> lock taken -> data removed -> configuration removed
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

import platformdirs
from msgspec import Struct

from sidecar import config, home
from sidecar.cli import arguments, person, presence, screen, service, withdrawing
from sidecar.errors import StartupError, UsageError
from sidecar.products import FOLDER as PRODUCTS
from sidecar.service import manage
from sidecar.service.units import quote
from sidecar.spool import REFUSED
from sidecar.store.connection import FILE_NAME

if TYPE_CHECKING:
    from sidecar.config import Settings

LOG_NAME: Final = "sidecar.log"
OURS: Final = (
    f"{FILE_NAME}*",  # with its side files, and what was set aside
    f"{Path(FILE_NAME).stem}.restoring*",
    home.TOKEN_FILE,
    home.SALT_FILE,
    f"{home.SUBMIT_TOKEN_FILE}*",
    f".{home.SUBMIT_TOKEN_FILE}*.new",
    f".{home.TOKEN_FILE}.new",
    f".{home.SALT_FILE}.new",
    f"{home.SPOOL}/*.json",
    f"{home.SPOOL}/*.part",
    f"{home.SPOOL}/*{REFUSED}",
    f"{PRODUCTS}/*.toml",
    f"{home.LOG}/{LOG_NAME}*",
    home.LOCK_FILE,
)
"""What stands in a data directory; anything else there belongs to somebody else."""
FOLDERS: Final = (home.SPOOL, PRODUCTS, home.LOG)


class Plan(Struct, frozen=True):
    """What will be removed.

    Attributes:
        service: files of the service, if it serves this data directory.
        data: what is ours in the data directory.
        rest: discovery file, socket and configuration.
        folders: directories that go too, once they are empty.
    """

    service: tuple[Path, ...]
    data: tuple[Path, ...]
    rest: tuple[Path, ...]
    folders: tuple[Path, ...]


def declare(_: str, parser: ArgumentParser) -> None:
    """What `uninstall` takes."""
    parser.epilog = "example: sidecar uninstall --keep-data"
    parser.add_argument("--keep-data", action="store_true", help="leave the data directory as it is")
    parser.add_argument(
        "--withdraw", action="store_true", help="first take back everything that was ever shared"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(_: str, options: Namespace) -> int:
    """Remove it all.

    Raises:
        UsageError: nobody is there to be asked, and `--yes` is missing.
        StartupError: a daemon that no service manager started still runs.
    """
    settings = arguments.settings(options)
    plan = _plan(settings, keep_data=options.keep_data)
    for path in (*plan.service, *plan.data, *plan.rest):
        screen.say(f"{path.lstat().st_size:>14,} bytes  {path}")
    if not person.confirm("Remove all of this for good?", yes=options.yes):
        screen.say("nothing was removed")
        return arguments.FAILED
    if options.withdraw and not withdrawing.everywhere(settings):
        screen.say("nothing was removed: without its secrets no batch can be taken back; try again later")
        return arguments.FAILED
    for hint in manage.uninstall(service.host()).hints if plan.service else ():
        screen.say(f"note: {hint}")
    if settings.data_dir.is_dir():
        _under_lock(settings, plan)
    _drop_empty(plan.folders)
    screen.say("removed; the program itself goes with the tool that installed it, such as `pip uninstall`")
    return arguments.DONE


def _plan(settings: "Settings", *, keep_data: bool) -> Plan:
    folder, runtime = settings.data_dir, settings.runtime_dir
    own_config = platformdirs.user_config_path(config.APP, appauthor=False)
    rest = [
        runtime / home.ENDPOINT_FILE,
        runtime / home.LOGIN_FILE,
        *([settings.socket] if settings.socket else []),
    ]
    rest += [own_config / "config.toml", *sorted((own_config / PRODUCTS).glob("*.toml"))]
    inside = () if keep_data else (*(folder / name for name in FOLDERS), folder)
    return Plan(
        service=_service_files(folder),
        data=() if keep_data else tuple(sorted({path for name in OURS for path in folder.glob(name)})),
        rest=tuple(path for path in rest if path.exists()),
        folders=(own_config / PRODUCTS, own_config, runtime, *inside),
    )


def _service_files(data_dir: Path) -> tuple[Path, ...]:
    """The files of the service, when it is for this data directory; another one's service is left alone."""
    try:
        found = tuple(Path(name) for name in manage.status(service.host()).files)
    except UsageError:  # no service manager on this platform
        return ()
    named = (quote(str(data_dir)), f"<string>{escape(str(data_dir))}</string>")
    texts = [path.read_text("utf-8") for path in found]
    return found if any(name in text for name in named for text in texts) else ()


def _under_lock(settings: "Settings", plan: Plan) -> None:
    """Remove while no daemon can start; the lock itself goes last."""
    lock, lock_file = home.Lock(settings.data_dir), settings.data_dir / home.LOCK_FILE
    if not lock.acquire():
        raise StartupError(
            f"stop the daemon first: it runs {presence.look(settings).words}; nothing of the data was removed"
        )
    try:
        for path in (*plan.data, *plan.rest):
            if path != lock_file:
                path.unlink(missing_ok=True)
    finally:
        lock.release()
    if plan.data:
        lock_file.unlink(missing_ok=True)


def _drop_empty(folders: Sequence[Path]) -> None:
    """Directories of ours that are empty by now; one with somebody else's files in it stays, and is named."""
    for folder in folders:
        if not folder.is_dir() or folder.is_symlink():
            continue
        left = sorted(path.name for path in folder.iterdir())
        if left:
            screen.say(f"{folder} stays, because of what else is in it: {', '.join(left)}")
        else:
            folder.rmdir()
