"""The pages of the daemon: documents, modules and style sheets, and how a document is filled in.

Job: hand out each asset as bytes, and a document with values in its places.
Must not: let a value become markup, or know a route.
"""

from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Final

MEDIA: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@cache
def asset(name: str) -> bytes:
    """A file of this room by its path: `dashboard/home.js`."""
    return files(__name__).joinpath(name).read_bytes()


def media(name: str) -> str:
    """What a browser is told that an asset is."""
    return MEDIA[name[name.rindex(".") :]]


def document(name: str, **values: str | int) -> bytes:
    """A document, each `$place` filled with a value as text or with `Rows`.

    Raises:
        KeyError: a place without a value.
    """
    filled = {
        place: str(value) if isinstance(value, Rows) else escape(str(value))
        for place, value in values.items()
    }
    return Template(asset(name).decode()).substitute(filled).encode()


class Rows(str):
    """Markup that `rows` or `items` made; all else is text."""

    __slots__ = ()


def rows(pairs: list[tuple[str, int]]) -> Rows:
    """Rows of a table: what, and how many."""
    return Rows(
        "".join(
            f'<tr><th scope="row">{escape(name)}</th><td class="r">{number:,}</td></tr>'
            for name, number in pairs
        )
    )


def items(lines: list[str]) -> Rows:
    """Entries of a list."""
    return Rows("".join(f"<li>{escape(line)}</li>" for line in lines))
