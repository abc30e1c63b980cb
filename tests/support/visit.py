"""A visit to a page with the widget: a daemon that comes back to its port, and a page that is watched.

Job: open a page, and say whether it wrote an error, broke its policy or asked a stranger.
Must not: look away from a failed request, unless a test says that the daemon is away.
"""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from tests.support.caller import Caller
from tests.support.daemon import Daemon
from tests.support.host_page import Host

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Locator, Page, Request

UNPAIRED: Final = "app.example.org"
"""Leads to the host's pages, and is no name of this machine."""

NETWORK_WORDS: Final = ("Failed to load resource", "has been blocked by CORS policy")
MODEL: Final = "llama3.1:8b-instruct-q4_K_M"
ARRIVES_SECONDS: Final = 20.0  # bounds a hang
OTHER: Final = "qwen2.5:7b-instruct-q4_K_M"


class Home:
    """A data directory with a port of its own: its daemon goes away and comes back to the same place."""

    def __init__(self, data_dir: Path) -> None:
        with socket.socket() as asked:
            asked.bind(("127.0.0.1", 0))
            self.port: int = asked.getsockname()[1]
        self.data_dir = data_dir
        self.daemon: Daemon | None = None

    @property
    def url(self) -> str:
        """Where the daemon is, or will be."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Bring the daemon back."""
        program = ["-m", "sidecar", "run", "--data-dir", str(self.data_dir), "--port", str(self.port)]
        self.daemon = Daemon(self.data_dir, program=program).wait().ready()
        return self

    def kill(self) -> None:
        """Take the daemon away."""
        if self.daemon is not None:
            self.daemon.__exit__(None, None, None)
            self.daemon = None

    def owner(self) -> Caller:
        """Somebody who may read what is stored."""
        assert self.daemon is not None
        return self.daemon.caller(manages=True)

    def rows(self, kind: str = "rating") -> list[dict[str, Any]]:
        """What is stored of a kind."""
        with self.owner() as owner:
            return [row for row in owner.rows("/v1/feedback") if row["feedback_type"] == kind]


class Visit:
    """One page and what it did.

    Attributes:
        away: the daemon is away or refuses on purpose, so that the browser writes of failed requests.
    """

    def __init__(self, page: "Page", host: Host, home: Home) -> None:
        self.page, self.host, self.home = page, host, home
        self.away = False
        self.errors: list[str] = []
        self.asked: list[tuple[str, str, Any]] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda fault: self.errors.append(str(fault)))
        page.on("request", self._seen)

    def open(self, *widgets: str, origin: str | None = None, **how: Any) -> "Locator":  # noqa: ANN401  # as `show`
        """Show a page with these widgets; the first of them."""
        self.host.show(self.home.url, *widgets, **how)
        self.page.goto(f"{origin or self.host.url}/")
        return self.page.locator("feedback-sidecar").first

    def sent(self, method: str = "POST") -> list[Any]:
        """The bodies that went to the daemon."""
        return [body for verb, url, body in self.asked if verb == method and url.startswith(self.home.url)]

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what the browser does by itself; each look takes as long as a request."""
        end = time.monotonic() + ARRIVES_SECONDS
        while not holds():
            assert time.monotonic() < end

    def _heard(self, message: "ConsoleMessage") -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def _seen(self, request: "Request") -> None:
        self.asked.append(
            (request.method, request.url, request.post_data_json if request.post_data else None)
        )

    def judge(self) -> None:
        """No error, no violation, no stranger."""
        left = [
            each for each in self.errors if not (self.away and any(word in each for word in NETWORK_WORDS))
        ]
        assert left == []
        hosts = {urlsplit(url).netloc for _, url, _ in self.asked}
        ours = {
            urlsplit(self.host.url).netloc,
            urlsplit(self.home.url).netloc,
            f"{UNPAIRED}:{self.host.port}",
        }
        assert hosts <= ours


def says(found: "Locator", words: str) -> None:
    """Wait for what a widget announces."""
    from playwright.sync_api import expect  # noqa: PLC0415  # a machine without it skips before this

    expect(found.get_by_role("status")).to_have_text(words)
