"""The pages of the daemon: documents, modules and style sheets.

Job: hand out each file as bytes, and say what it is.
Must not: know a route, or load what fills documents in before somebody looks at one.
"""

from functools import cache
from pathlib import Path
from typing import Final

MEDIA: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_HERE: Final = Path(__file__).parent


@cache
def asset(name: str) -> bytes:
    """A file of this room by its path: `dashboard/home.js`."""
    return (_HERE / name).read_bytes()


def media(name: str) -> str:
    """What a browser is told that a file is."""
    return MEDIA[name[name.rindex(".") :]]
