"""Well-formed letters to a collector, written from the published example.

Job: batches with fresh ids and secrets, their children, approved requests, and the headers they travel with.
Must not: send them, or take a word from the product's own packer: it is judged by the same collector.
"""

import base64
import gzip
import hashlib
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from msgspec import Struct

Json = dict[str, Any]

BATCH_MEDIA: Final = "application/vnd.feedback-sidecar.batch+json;version=1"
REQUEST_MEDIA: Final = "application/vnd.feedback-sidecar.request+json;version=1"
MODEL: Final = "llama-3.1-8b-instruct:q4_k_m"
OTHER_MODEL: Final = "qwen-2.5-7b-instruct:q4_k_m"
PRODUCT: Final = "example-app"


class Letter(Struct, frozen=True, kw_only=True):
    """One letter, and the secret that only its writer knows."""

    id: str
    secret: str
    document: Json
    shelf: str = "batches"

    @property
    def path(self) -> str:
        """Where it is put, and deleted."""
        return f"/v1/{self.shelf}/{self.id}"

    @property
    def body(self) -> bytes:
        """Its exact bytes, before compression."""
        return json.dumps(self.document, separators=(",", ":"), ensure_ascii=False).encode()

    @property
    def sha256(self) -> str:
        """Of these bytes, as an echo names it."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def media(self) -> str:
        """What its Content-Type says."""
        return BATCH_MEDIA if self.shelf == "batches" else REQUEST_MEDIA

    def changed(self, **fields: Any) -> "Letter":  # noqa: ANN401  # JSON
        """Other bytes under the same id."""
        return Letter(id=self.id, secret=self.secret, document=self.document | fields, shelf=self.shelf)


class Pen:
    """Writes letters; with a seeded `rng` the same ones again."""

    def __init__(self, rng: random.Random | None = None) -> None:
        self._rng = rng or random.SystemRandom()

    def batch(self, *cells: Json, **fields: Any) -> Letter:  # noqa: ANN401  # JSON
        """A batch of this week; without cells, one rating. `fields` replace parts of it."""
        id_, secret = self.id(), self.id() + self.id()
        document = {
            "schema": 1,
            "manifest": 1,
            "keys": 1,
            "period": week(),
            "hardware_bucket": "ram16-19_gpuTrue",
            "product": PRODUCT,
            "withdrawal": withdrawal_of(secret),
            "supersedes": None,
            "cells": list(cells) or [rating()],
            "lost": [],
        }
        return Letter(id=id_, secret=secret, document=document | fields)

    def child(self, root: Letter, *cells: Json, **fields: Any) -> Letter:  # noqa: ANN401  # JSON
        """A part, or a revision, of a root: an id of its own, the root's withdrawal."""
        bound = {"supersedes": root.id, "cells": list(cells), "lost": []}
        return Letter(id=self.id(), secret=root.secret, document=root.document | bound | fields)

    def request(self, text: str = "Please add dark mode", **fields: Any) -> Letter:  # noqa: ANN401  # JSON
        """An approved wish."""
        id_, secret = self.id(), self.id() + self.id()
        document = {
            "schema": 1,
            "manifest": 1,
            "period": week(),
            "product": PRODUCT,
            "withdrawal": withdrawal_of(secret),
            "category": "ui_ux",
            "text": text,
        }
        return Letter(id=id_, secret=secret, document=document | fields, shelf="requests")

    def id(self) -> str:
        """128 bits in hex."""
        return f"{self._rng.getrandbits(128):032x}"


def rating(model: str | None = MODEL, task: str = "chat", **fields: Any) -> Json:  # noqa: ANN401  # JSON
    """A cell of ratings."""
    cell = {
        "kind": "rating",
        "task_category": task,
        "model": model,
        "product_version": "1.4",
        "variant": None,
        "counts": [0, 0, 1, 3, 5],
        "thumbs": [2, 0],
    }
    return cell | fields


def comparison(first: str = MODEL, second: str = OTHER_MODEL, **fields: Any) -> Json:  # noqa: ANN401  # JSON
    """A cell of comparisons."""
    cell = {
        "kind": "comparison",
        "task_category": "chat",
        "models": [first, second],
        "wins": [3, 1],
        "ties": 1,
    }
    return cell | fields


def error_report(model: str | None = MODEL, **fields: Any) -> Json:  # noqa: ANN401  # JSON
    """A cell of errors."""
    cell = {
        "kind": "error_report",
        "error_type": "out_of_memory",
        "signature": "cuda-out-of-memory",
        "model": model,
        "runtime": "ollama",
        "runtime_version": "0.5",
        "product_version": "1.4",
        "count": 2,
    }
    return cell | fields


def usage(model: str | None = MODEL, **fields: Any) -> Json:  # noqa: ANN401  # JSON
    """A cell of usage."""
    cell = {
        "kind": "usage_pattern",
        "task_category": "chat",
        "model": model,
        "action": "generation",
        "count": 9,
        "speed": {"16-22": 4, "23-31": 5},
    }
    return cell | fields


def ratings(n: int) -> list[Json]:
    """So many cells, each of a model of its own."""
    return [rating(f"llama-3.1-8b-tune{number}:q4_k_m") for number in range(n)]


def week(ago: timedelta = timedelta()) -> str:
    """The label of the ISO week that was running so long ago, in UTC."""
    year, number, _ = (datetime.now(UTC) - ago).isocalendar()
    return f"{year:04d}-W{number:02d}"


def headers_of(letter: Letter) -> dict[str, str]:
    """What a letter travels with, beside what HTTP needs."""
    return {
        "Content-Type": letter.media,
        "Content-Encoding": "gzip",
        "Content-Digest": content_digest(letter.body),
    }


def content_digest(body: bytes) -> str:
    """RFC 9530's form, of the bytes before compression."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def compressed(body: bytes) -> bytes:
    """As it travels, the same bytes each time."""
    return gzip.compress(body, mtime=0)


def withdrawal_of(secret: str) -> str:
    """What a batch shows of its secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
