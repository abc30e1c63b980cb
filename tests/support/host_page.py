"""Pages of an application that hosts the widget, from a server of their own.

Job: serve whatever page a test describes, under the policy that it names, and the widget's file beside it.
Must not: run a script of its own: what a page does, the widget does.
"""

import contextlib
import threading
from collections.abc import Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from sidecar.web import asset

BUNDLED: Final = "/feedback-sidecar.js"
"""Where an application serves its own copy of the widget."""

PAGE: Final = """<!doctype html><html lang="{lang}" dir="{dir}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>A chat</title>
<script type="module" src="{script}"></script></head>
<body><main><h1>A chat</h1>{widgets}</main></body></html>"""


class Host:
    """Where the pages are, and which one comes next.

    Attributes:
        page: what every path but the widget's own answers with.
        policy: its Content-Security-Policy.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.page = ""
        self.policy = ""

    @property
    def url(self) -> str:
        """A page of this machine."""
        return f"http://localhost:{self.port}"

    def show(
        self, daemon: str, *widgets: str, bundled: bool = False, lang: str = "en", direction: str = "ltr"
    ) -> None:
        """Serve a page with these widgets from now on.

        Args:
            daemon: its URL.
            widgets: the markup of each.
            bundled: the page brings its own copy of the widget, and names the daemon as endpoint.
            lang: of the page.
            direction: the way the page is written.
        """
        script = BUNDLED if bundled else f"{daemon}/widget.js"
        source = "'self'" if bundled else daemon
        self.policy = f"default-src 'none'; script-src {source}; connect-src {daemon}"
        self.page = PAGE.format(lang=lang, dir=direction, script=script, widgets="".join(widgets))


def widget(**attributes: str | bool) -> str:
    """The markup of one widget: `model_a="x"` is `model-a="x"`, True an attribute without a value."""
    given = (
        name.replace("_", "-") + ("" if value is True else f'="{escape(str(value))}"')
        for name, value in attributes.items()
    )
    return f"<feedback-sidecar {' '.join(given)}></feedback-sidecar>"


class _Handler(BaseHTTPRequestHandler):
    host: Host

    def do_GET(self) -> None:
        if self.path == BUNDLED:
            self._send("text/javascript", asset("widget.js"))
        elif self.path == "/favicon.ico":
            self._send("image/x-icon", b"")
        else:
            self._send("text/html", self.host.page.encode())

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if kind == "text/html":
            self.send_header("Content-Security-Policy", self.host.policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def host_page() -> Iterator[Host]:
    """Serve until the block ends."""
    handler = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        handler.host = host = Host(server.server_address[1])  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()
