"""A person before the dashboard: a real browser that is signed in, and everything it complains of.

Job: open views as a person would; collect console errors, policy violations and requests to anybody else.
Must not: look into the daemon, or wait by the clock.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tests.support.daemon import Daemon
from tests.support.needs import need
from tests.support.plain_http import host_of, url_of
from tests.support.signin import code_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

DRAWN: Final = "#view:not([aria-busy])"
VIOLATIONS: Final = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
  (event) => violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
_TEXTS: Final = """() => {
  const parts = (colour) => (colour.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = parts(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const faults = [];
  for (const element of document.querySelectorAll("body *")) {
    const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!says || element.closest("svg, noscript, option") || !element.checkVisibility()) continue;
    const lights = [light(parts(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
    if (ratio < 4.5) faults.push(`${ratio.toFixed(2)} ${element.tagName} ${element.innerText}`);
  }
  return faults;
}"""


class Person:
    """One tab of a browser that is signed in.

    Attributes:
        page: the tab.
        faults: what the browser complained of, and whom it asked beside the daemon.
    """

    def __init__(self, page: "Page", daemon: Daemon) -> None:
        self.page = page
        self.url = url_of(daemon)
        self.faults: list[str] = []
        page.add_init_script(VIOLATIONS)
        page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: self._look(request.url))
        page.goto(f"{self.url}/login#{code_of(daemon)}")
        page.wait_for_url(f"{self.url}/")
        page.wait_for_selector(DRAWN)

    def _look(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"blob", "data"} and parts.netloc != host_of(self.url):
            self.faults.append(f"asked {parts.netloc}")

    def open(self, path: str) -> "Page":
        """Go to a view, and return once it is drawn."""
        self.page.goto(f"{self.url}/{path}")
        self.page.wait_for_selector(DRAWN)
        return self.page

    def skip_welcome(self) -> None:
        """Leave the welcome, where it is shown; return once that is remembered."""
        if self.page.locator("#welcome[open]").count():
            with self.page.expect_response("**/v1/welcome"):
                self.page.click("#welcome [data-go=skip]")

    def complaints(self) -> list[str]:
        """All that was wrong so far."""
        return [*self.faults, *self.page.evaluate("window.violations")]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))

    def faint(self) -> list[str]:
        """Text that stands out too little (WCAG 1.4.3); the marks of a plot are looked at by their tokens."""
        found: list[str] = self.page.evaluate(_TEXTS)
        return found

    def focused(self) -> "Locator":
        """What the keyboard speaks to."""
        return self.page.locator(":focus")


@contextlib.contextmanager
def person(
    browser: "Browser", daemon: Daemon, *, width: int = 1280, theme: str = "light", height: int = 900
) -> Iterator[Person]:
    """A tab of a profile of its own, past the welcome."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        accept_downloads=True,
    )
    try:
        found = Person(context.new_page(), daemon)
        found.skip_welcome()
        yield found
    finally:
        context.close()


def axe() -> str:
    """The source of axe-core."""
    try:
        import axe_core_python  # noqa: PLC0415  # a machine without it skips
    except ImportError:
        need(None, "axe-core-python is not installed")
    return (Path(axe_core_python.__file__).parent / "axe.min.js").read_text("utf-8")


def axe_violations(page: "Page", source: str) -> list[str]:
    """What axe-core finds wrong with a page; `preload` would have it ask for style sheets anew."""
    page.evaluate(source)
    found = page.evaluate("axe.run(document, { preload: false })")
    return [f"{each['id']}: {node['html'][:120]}" for each in found["violations"] for node in each["nodes"]]
