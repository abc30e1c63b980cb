#!/usr/bin/env python3

"""A small chat page with the widget, in front of a llama.cpp server.

Job: serve the page, and pass two paths on to the runtime, so that the page asks nobody else:
`python examples/web/serve.py --llama http://127.0.0.1:8080`, then open the address that it prints.
Must not: keep or print a prompt or an answer.
"""

import argparse
import sys
from functools import partial
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
PASSED_ON = {"/v1/models", "/v1/chat/completions"}
SECONDS = 300.0  # a large model on a small machine takes its time
MOST_BYTES = 1024 * 1024


class Handler(SimpleHTTPRequestHandler):
    """The files beside this script, and the two paths of the runtime."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *given: object, llama: str, sidecar: str) -> None:
        self._llama, self._sidecar = llama, sidecar
        super().__init__(*given, directory=str(HERE))  # type: ignore[arg-type]  # as the server hands them on

    def do_GET(self) -> None:
        """A file, or the list of models."""
        if self.path in PASSED_ON:
            self._pass_on(None)
        elif self.path == "/":
            self._send(200, "text/html; charset=utf-8", self._page())
        else:
            super().do_GET()

    def do_POST(self) -> None:
        """A question for the runtime; JSON alone, so that no page of another origin can ask it."""
        length = int(self.headers.get("Content-Length") or 0)
        is_json = self.headers.get("Content-Type") == "application/json"
        if self.path not in PASSED_ON or not is_json or length > MOST_BYTES:
            self.close_connection = True
            self._send(400, "application/json", b"{}")
        else:
            self._pass_on(self.rfile.read(length))

    def _page(self) -> bytes:
        return (
            (HERE / "index.html").read_text("utf-8").replace("http://127.0.0.1:8917", self._sidecar).encode()
        )

    def _pass_on(self, body: bytes | None) -> None:
        place = urlsplit(self._llama)
        connection = HTTPConnection(place.hostname or "", place.port, timeout=SECONDS)
        try:
            connection.request(self.command, self.path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            self._send(answer.status, "application/json", answer.read())
        except OSError:
            self._send(502, "application/json", b'{"error": {"message": "the runtime does not answer"}}')
        finally:
            connection.close()

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        """The strictest policy that the page can live with."""
        allowed = f"script-src 'self' {self._sidecar}; style-src 'self'; connect-src 'self' {self._sidecar}"
        self.send_header("Content-Security-Policy", f"default-src 'none'; {allowed}")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: a line of a log would tell when somebody chats."""


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--llama", default="http://127.0.0.1:8080", help="the llama.cpp server")
    parser.add_argument("--sidecar", default="http://127.0.0.1:8917", help="the feedback-sidecar")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    handler = partial(Handler, llama=options.llama, sidecar=options.sidecar)
    with ThreadingHTTPServer(("127.0.0.1", options.port), handler) as server:
        sys.stdout.write(f"http://localhost:{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
