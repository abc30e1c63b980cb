"""A program that sits on the daemon's address: `squat.py RECORD HOST PORT [TARGET]`.

Job: listen, print the port, append every byte that comes to RECORD; answer as if all were well, or pass the
request on to the real daemon under its own name, and its answer back.
Must not: know the token.
"""

import http.client
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ALL_IS_WELL = b'{"proof":"%s","status":"ok","version":"0.1.0","notes":[],"rows":[],"next":null}' % (b"0" * 64)


class Squatter(BaseHTTPRequestHandler):
    """Takes whatever comes."""

    protocol_version = "HTTP/1.1"
    record: Path
    target: str

    def handle_any(self) -> None:
        """Write it down, and answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.record.open("ab") as file:
            file.write(f"{self.requestline}\r\n{self.headers}".encode() + body)
        status, said = self.relayed(body) if self.target else (200, ALL_IS_WELL)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = handle_any  # noqa: N815  # the library's names

    def relayed(self, body: bytes) -> tuple[int, bytes]:
        """What the daemon says, asked under the given name; where it refuses that, under its own."""
        for host in (self.headers["Host"], self.target):
            connection = http.client.HTTPConnection(self.target, timeout=20)
            headers = {name: value for name, value in self.headers.items() if name != "Host"}
            connection.request(self.command, self.path, body or None, headers | {"Host": host})
            answer = connection.getresponse()
            status, said = answer.status, answer.read()
            connection.close()
            if status == http.HTTPStatus.OK:
                break
        return status, said

    def version_string(self) -> str:
        """What the daemon calls itself."""
        return "feedback-sidecar"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main(record: str, host: str, port: str, target: str = "") -> None:
    """Serve until killed."""
    Squatter.record, Squatter.target = Path(record), target
    ThreadingHTTPServer.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with ThreadingHTTPServer((host, int(port)), Squatter) as server:
        print(server.server_address[1], flush=True)  # noqa: T201  # for who started it
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
