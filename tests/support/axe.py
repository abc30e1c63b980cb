"""axe-core in a page: what a screen reader, a keyboard or weak eyes would miss.

Job: run its rules and say which element breaks which.
Must not: load anything: the rules come from the package, by the browser's own tools, past any policy.
"""

from functools import cache
from importlib import resources
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from tests.support.needs import need

if TYPE_CHECKING:
    from playwright.sync_api import Page

RUN: Final = "axe.run(document, {preload: false}).then(found => found.violations)"
"""`preload` would fetch style sheets, which a strict policy refuses."""


@cache
def _rules() -> str:
    need(find_spec("axe_core_python"), "axe-core-python is not installed")
    return resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")


def violations(page: "Page") -> list[str]:
    """`rule: element`, one for each violation."""
    page.evaluate(_rules())
    found = page.evaluate(RUN)
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]
