"""A machine on which sharing is possible, and a collector that takes what it is sent.

Job: start a daemon with one destination, without the switches of a build machine; keep what arrives.
Must not: judge the sender beyond what the contract says; nonsense is the business of other tests.
"""

import gzip
import hashlib
import json
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from msgspec import Struct

from tests.support.caller import Answer, Caller
from tests.support.daemon import Daemon, start

FREE: Final[dict[str, str | None]] = {
    "CI": None,
    "DO_NOT_TRACK": None,
    "DISPLAY": None,
    "WAYLAND_DISPLAY": None,
}
"""What a daemon that may share must not be told."""
SETTLE_SECONDS: Final = 30.0
LAST_WEEK: Final = 7


class Letter(Struct, frozen=True):
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> bytes:
        """The body before compression."""
        return gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body


class Collector:
    """Says `stored` to what it is sent and `gone` to what is withdrawn; `letters` is all that came.

    Attributes:
        status: where it is not 200, every answer has this status and nothing else.
        verdict: on what it is sent.
    """

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.status = 200
        self.verdict = "stored"
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _take(self) -> None:
                outer.take(self)

            do_PUT = do_DELETE = _take  # noqa: N815  # the library's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        """One request."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        letter = Letter(handler.command, handler.path, headers, body)
        self.letters.append(letter)
        verdict: dict[str, str] = {"batch_id": handler.path.rpartition("/")[2]}
        if handler.command == "DELETE":
            verdict["verdict"] = "gone"
        else:
            verdict |= {"sha256": hashlib.sha256(letter.text).hexdigest(), "verdict": self.verdict}
        content = json.dumps(verdict).encode() if self.status == 200 else b""
        handler.send_response(self.status)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def configure(
    folder: Path,
    url: str,
    *,
    name: str = "acme",
    purpose: str = "to see which models suit",
    products: Sequence[str] = ("chat",),
) -> Path:
    """A configuration file with one destination."""
    path = folder / "config.toml"
    path.write_text(
        f'[[destinations]]\nname = "{name}"\nurl = "{url}"\nproducts = {json.dumps([*products])}\n'
        f'controller = "Acme GmbH, Berlin"\ncontact = "privacy@acme.example"\npurpose = "{purpose}"\n'
        'privacy_url = "https://acme.example/privacy"\nretention = "24 months"\n'
    )
    return path


def settings(config: Path) -> dict[str, str]:
    """What a daemon is told that may share, beside `FREE`."""
    return {"CONFIG": str(config), "HARDWARE_BUCKET": "ram16-19_gpuTrue"}


def sharing_daemon(folder: Path, url: str, *, shift_days: float = 0, **environment: str | None) -> Daemon:
    """A daemon that may share with a collector at `url`."""
    told = settings(configure(folder, url))
    return start(folder / "data", settings=told, environment=FREE | environment, shift_days=shift_days)


def granted(owner: Caller, *scopes: str, earlier: bool = False, name: str = "acme") -> Answer:
    """Grant these scopes under the text that holds now."""
    shown = owner.get("/v1/consent").json["destinations"]
    (digest,) = [row["digest"] for row in shown if row["name"] == name]
    body = {"destination": name, "scopes": list(scopes), "digest": digest, "include_earlier": earlier}
    return owner.ask("PUT", "/v1/consent", body)


def uploaded(owner: Caller) -> None:
    """Seal and send now, to the end."""
    answer = owner.post("/v1/upload", {})
    assert answer.status == 202, answer.body
    settled(owner)


def settled(owner: Caller) -> None:
    """Return once no round goes on."""
    until = time.monotonic() + SETTLE_SECONDS
    while owner.get("/v1/outbox").json["busy"]:
        assert time.monotonic() < until, "a round does not end"


def held_daemon(folder: Path, url: str, records: Sequence[Mapping[str, object]], *scopes: str) -> Daemon:
    """A daemon with a batch of last week, held since its start just now."""
    with sharing_daemon(folder, url, shift_days=-LAST_WEEK) as daemon, daemon.caller(manages=True) as owner:
        assert granted(owner, *scopes).status == 200
        for record in records:
            assert owner.post("/v1/feedback", record).status == 201
        settled(owner)
        assert daemon.stop() == 0
    daemon = sharing_daemon(folder, url).ready()
    with daemon.caller(manages=True) as owner:
        until = time.monotonic() + SETTLE_SECONDS
        while not owner.get("/v1/outbox").json["rows"]:
            assert time.monotonic() < until, "last week is not sealed"
        settled(owner)
    return daemon
