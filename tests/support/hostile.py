"""A web server of somebody else, and beside it a server that defends nothing.

Job: serve hostile pages under any name, answer below `/naive` to whatever asks, and count what arrived
there.
Must not: know the daemon: what its pages try stands in `tests/attacks/attempts.js`.
"""

import base64
import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

ATTEMPTS: Final = Path(__file__).resolve().parents[1] / "attacks" / "attempts.js"
NAIVE: Final = "/naive"
PAGE: Final = b"<!doctype html><title>a page</title><script src=/attempts.js></script><body></body>"
PIXEL: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
SERVICE_WORKER: Final = b"""
addEventListener("install", () => skipWaiting());
addEventListener("activate", event => event.waitUntil(clients.claim()));
addEventListener("fetch", event => event.respondWith(fetch(event.request)));
"""
BY_DESTINATION: Final = {
    "image": ("image/gif", PIXEL),
    "style": ("text/css", b"body { color: red }"),
    "script": ("text/javascript", b"self.planted = 1"),
}
"""What a server that hides nothing sends to each kind of asking element."""


class Hostile:
    """Where it serves, and what came to `/naive`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.arrived: list[tuple[str, str]] = []

    @property
    def address(self) -> str:
        """For a name to lead to."""
        return f"127.0.0.1:{self.port}"


class _Server(ThreadingHTTPServer):
    """One that takes no notice of a browser that hangs up."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


class _Handler(BaseHTTPRequestHandler):
    hostile: Hostile
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith(NAIVE):
            self.hostile.arrived.append((self.command, self.path))
            kind, body = BY_DESTINATION.get(
                self.headers.get("Sec-Fetch-Dest", ""), ("text/html", b"<p>secret</p>")
            )
            if self.headers.get("Accept") == "text/event-stream":
                kind, body = "text/event-stream", b"data: secret\n\n"
            self._send(kind, body, open_to_all=True)
        elif self.path == "/attempts.js":
            self._send("text/javascript", ATTEMPTS.read_bytes())
        elif self.path == "/worker.js":
            self._send("text/javascript", SERVICE_WORKER)
        else:
            self._send("text/html", PAGE)

    def _send(self, kind: str, body: bytes, *, open_to_all: bool = False) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if open_to_all:
            origin = self.headers.get("Origin") or "*"
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
            self.send_header("Access-Control-Allow-Headers", "content-type, authorization")
            self.send_header("Access-Control-Allow-Credentials", "true")
        if self.path.startswith("/reporting"):
            target = self.path.partition("?")[2]
            self.send_header("Content-Security-Policy", f"img-src 'none'; report-uri {target}")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815  # the library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        """Say nothing."""


@contextlib.contextmanager
def hostile() -> Iterator[Hostile]:
    """Serve until the block ends."""
    handler = type("_OneHandler", (_Handler,), {})
    with _Server(("127.0.0.1", 0), handler) as server:
        found = Hostile(server.server_address[1])
        handler.hostile = found  # type: ignore[attr-defined]  # set on the class made above
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
