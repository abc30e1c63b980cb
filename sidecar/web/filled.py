"""Documents that are filled in before they are sent.

Job: put values into the places of a document.
Must not: let a value become markup.
"""

from collections.abc import Iterable, Mapping
from html import escape
from string import Template
from typing import TYPE_CHECKING

from sidecar.web import asset

if TYPE_CHECKING:
    from sidecar.web.panels import Panel


def document(name: str, **values: str | int) -> bytes:
    """A document, each `$place` filled with a value as text or with `Markup`.

    Raises:
        KeyError: a place without a value.
    """
    return fragment(name, **values).encode()


def fragment(name: str, **values: str | int) -> "Markup":
    """A piece of a document, filled in the same way."""
    filled = {
        place: str(value) if isinstance(value, Markup) else escape(str(value))
        for place, value in values.items()
    }
    return Markup(Template(asset(name).decode()).substitute(filled))


class Markup(str):
    """What a function of this module made; all else is text."""

    __slots__ = ()


def items(lines: Iterable[str]) -> Markup:
    """Entries of a list."""
    return Markup("".join(f"<li>{escape(line)}</li>" for line in lines))


def links(panels: Iterable["Panel"], here: "Panel", counted: Mapping[str, int]) -> Markup:
    """The way to each view, with its number where it has one."""
    return Markup(
        "".join(
            f'<a href="{each.path}" data-key="{each.key}"{_current(each is here)}>{escape(each.title)}'
            f"{_number(each.counts, counted)}</a>"
            for each in panels
        )
    )


def choices(name: str, described: Mapping[str, str]) -> Markup:
    """Boxes to tick, none of them ticked; a browser that comes back to the page ticks none either."""
    return Markup(
        "".join(
            f'<div class="scope"><input type="checkbox" name="{escape(name)}" id="{escape(value)}" '
            f'value="{escape(value)}" autocomplete="off"><label for="{escape(value)}">'
            f"{escape(value.capitalize())}</label><p>{escape(words)}</p></div>"
            for value, words in described.items()
        )
    )


def questions(asking: Iterable[tuple[str, str, Iterable[str]]]) -> Markup:
    """Who asks (name, controller, products), each with the way to the page where the owner answers."""
    rows = "".join(
        f'<tr><th scope="row">{escape(controller)}</th><td>{escape(", ".join(products))}</td>'
        f'<td class="r"><a href="/consent/{escape(name)}">Read and decide'
        f'<span class="vh"> about {escape(controller)}</span></a></td></tr>'
        for name, controller, products in asking
    )
    return Markup(f"<table><tbody>{rows}</tbody></table>" if rows else "")


def hidden(holds: bool) -> Markup:  # noqa: FBT001  # the attribute's one value
    """The attribute that hides an element, or nothing."""
    return Markup(" hidden" if holds else "")


def preloads(paths: Iterable[str]) -> Markup:
    """Modules that the page will ask for: the browser need not find out one after another."""
    return Markup("".join(f'<link rel="modulepreload" href="/{path}">\n' for path in paths))


def _current(here: bool) -> str:  # noqa: FBT001  # one flag of a private function
    return ' aria-current="page"' if here else ""


def _number(kind: str, counted: Mapping[str, int]) -> str:
    if not kind:
        return ""
    n = counted.get(kind, 0)
    return f'<span data-count="{kind}">{f"{n:,}" if n else ""}</span>'
