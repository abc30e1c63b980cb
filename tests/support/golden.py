"""Golden exchanges: requests and their whole answers, as files that a person reads.

Job: read `tests/golden/*.json`, ask a real daemon the same, and mask what differs from run to run.
Must not: mask anything else: an answer that changed has to be seen.

A file is a list of exchanges in their order, on one daemon that starts empty:

    {"ask": "POST /v1/feedback", "body": {...}, "status": 201, "answer": {...}}

`manages` sends the manage token, `headers` replaces all headers but Host and Content-Length, `raw` is a body
that is no JSON. In answers an id is `<id 1>`, `<id 2>` in the order of their first appearance, and a path or
a body may use them.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from tests.support.caller import Answer
from tests.support.daemon import Daemon
from tests.support.plain_http import JSON, ask, ours, url_of

FOLDER: Final = Path(__file__).resolve().parents[1] / "golden"
SHARED: Final = "shared"  # the manifest, which is no exchange
BUCKET: Final = "ram16-19_gpuTrue"
PRODUCT: Final = """
product_id = "example-chat"
models = ["example-7b-tuned"]
tasks = ["x_ticket_triage"]
error_codes = ["x_bad_ticket"]
variants = ["prompt-v2"]

[[destinations]]
name = "example"
url = "https://feedback.example.org"
products = ["example-chat"]
controller = "Example"
contact = "privacy@example.org"
purpose = "to see which models suit"
privacy_url = "https://example.org/privacy"
retention = "24 months"
"""
ASKING: Final = """
product_id = "sharing-chat"

[[destinations]]
name = "acme"
url = "https://feedback.acme.example"
products = ["sharing-chat"]
controller = "Acme GmbH, Berlin"
contact = "privacy@acme.example"
purpose = "to see which models suit which machines"
privacy_url = "https://acme.example/privacy"
retention = "24 months"
"""
SILENT: Final[dict[str, str | None]] = {"CI": None, "DO_NOT_TRACK": "1"}
"""What the daemon is told: the same switch everywhere, so that nothing leaves."""
_ID: Final = re.compile(r"\b[0-9a-f]{32}\b")
_MASKS: Final = (
    (re.compile(r'(?<=[",])20\d\d-W\d\d(?=[",])'), "<week>"),
    (re.compile(r'(?<="version":")[0-9.]+(?=")'), "<version>"),
    (re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "<moment>"),
    (re.compile(r'(?<="proof":")[0-9a-f]{64}(?=")'), "<proof>"),
)
_JSON_TYPES: Final = frozenset({"application/json", "application/problem+json"})
_DECIMALS: Final = 6  # of estimates: the last digits of a float differ from machine to machine


class Exchange(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One request and the answer it has to get; `answer` is text where the answer is no JSON."""

    ask: str
    status: int
    answer: Any = None
    body: Any = None
    raw: str | None = None
    headers: dict[str, str] | None = None
    manages: bool = False
    says: str = ""


def names() -> list[str]:
    """The files, without their ending."""
    return sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != SHARED)


def read(name: str) -> list[Exchange]:
    """The exchanges of one file."""
    return msgspec.json.decode((FOLDER / f"{name}.json").read_bytes(), type=list[Exchange])


def settings() -> dict[str, str]:
    """What the daemon is started with."""
    return {"HARDWARE_BUCKET": BUCKET}


def prepare(data_dir: Path) -> None:
    """The product file that the exchanges speak of."""
    folder = data_dir / "products.d"
    folder.mkdir(parents=True)
    (folder / "example-chat.toml").write_text(PRODUCT)
    (folder / "sharing-chat.toml").write_text(ASKING)


class Replay:
    """One daemon, and the ids that it gave so far."""

    def __init__(self, daemon: Daemon) -> None:
        self._url = url_of(daemon)
        self._token = daemon.token
        self._ids: dict[str, str] = {}

    def answer(self, exchange: Exchange) -> tuple[int, Any]:
        """The status and the masked answer that the daemon really gives."""
        method, _, path = exchange.ask.partition(" ")
        words = "" if exchange.body is None else json.dumps(exchange.body)
        for real, mask in self._ids.items():
            path, words = path.replace(mask, real), words.replace(mask, real)
        body = words.encode()
        if exchange.raw is not None:
            body = exchange.raw.encode()
        headers = [JSON] if body else []
        if exchange.headers is not None:
            headers = list(exchange.headers.items())
        if exchange.manages:
            headers.append(("Authorization", f"Bearer {self._token}"))
        found = ask(self._url, method, path, ours(self._url, *headers), body)
        return found.status, self._masked(found)

    def _masked(self, found: Answer) -> Any:  # noqa: ANN401  # JSON or text
        text = found.body.decode()
        for real in _ID.findall(text):
            self._ids.setdefault(real, f"<id {len(self._ids) + 1}>")
        for real, mask in self._ids.items():
            text = text.replace(real, mask)
        for pattern, mask in _MASKS:
            text = pattern.sub(mask, text)
        if found.headers.get("content-type") not in _JSON_TYPES:
            return text or None
        return json.loads(text, parse_float=lambda number: round(float(number), _DECIMALS))
