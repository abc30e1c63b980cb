"""Documents that are filled in before they are sent.

Job: put values into the places of a document.
Must not: let a value become markup.
"""

from collections.abc import Mapping
from html import escape
from string import Template

from sidecar.web import asset


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


def choices(name: str, described: Mapping[str, str]) -> Rows:
    """Boxes to tick, none of them ticked; a browser that comes back to the page ticks none either."""
    return Rows(
        "".join(
            f'<div class="scope"><input type="checkbox" name="{escape(name)}" id="{escape(value)}" '
            f'value="{escape(value)}" autocomplete="off"><label for="{escape(value)}">'
            f"{escape(value.capitalize())}</label><p>{escape(words)}</p></div>"
            for value, words in described.items()
        )
    )


def hidden(holds: bool) -> Rows:  # noqa: FBT001  # the attribute's one value
    """The attribute that hides an element, or nothing."""
    return Rows(" hidden" if holds else "")
