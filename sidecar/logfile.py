"""The daemon's own log: where it is, and what it never says.

Job: write to a file of the data directory, with tracebacks that name our lines and leave their values out.
Must not: let an exception's message through: it may quote what a caller sent.
"""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Final

from sidecar.home import prepare

FILE_NAME: Final = "sidecar.log"
KEPT: Final = 1  # one old file beside the present one
QUIET: Final = ("apscheduler", "aiosqlite", "asyncio")
"""Libraries that tell of every tick, every statement or every slow callback, with its arguments."""

LOST: Final = "a callback or a task failed that nobody waits for"

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PlacesOnly(logging.Formatter):
    """A formatter whose tracebacks are places and types: `ValueError` at file, line, function."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the standard library's name
        """One line. What asyncio tells of a lost task or callback shows their arguments and their error."""
        record.message = LOST if record.name == "asyncio" else record.message.partition("\n")[0]
        return super().formatMessage(record)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802  # the standard library's name
        """The places that an exception passed, without source lines and without its message."""
        if ei[0] is None:
            return ""
        places = [
            f"  {place.filename}:{place.lineno} in {place.name}" for place in traceback.extract_tb(ei[2])
        ]
        return "\n".join([*places, f"  {ei[0].__module__}.{ei[0].__qualname__}"])


@contextmanager
def log_to(folder: Path, level: str) -> Iterator[RotatingFileHandler]:
    """Send the log to a file while the context lasts; rotation is a job's."""
    prepare(folder)
    handler = RotatingFileHandler(folder / FILE_NAME, backupCount=KEPT, encoding="utf-8")
    handler.setFormatter(PlacesOnly("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        handler.close()
