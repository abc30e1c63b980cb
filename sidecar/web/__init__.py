"""The pages of the daemon: documents, modules and style sheets.

Job: hand out each file as bytes, and say what it is.
Must not: know a route, or load what fills documents in before somebody looks at one.
"""

import posixpath
import re
from functools import cache
from pathlib import Path
from typing import Final

MEDIA: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_IMPORT: Final = re.compile(r'^import .* from "(\.[^"]+)";$', re.MULTILINE)
_HERE: Final = Path(__file__).parent


@cache
def asset(name: str) -> bytes:
    """A file of this room by its path: `dashboard/home.js`."""
    return (_HERE / name).read_bytes()


@cache
def needed(name: str) -> tuple[str, ...]:
    """A module and all that it imports, the deepest first."""
    found: dict[str, None] = {}
    for path in _IMPORT.findall((_HERE / name).read_text()):
        below = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
        found |= dict.fromkeys(needed(below))
    return (*found, name)


def media(name: str) -> str:
    """What a browser is told that a file is."""
    return MEDIA[name[name.rindex(".") :]]
