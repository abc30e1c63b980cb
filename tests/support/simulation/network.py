"""The network between machines and two collectors: loss, delay, repetition, nonsense.

Job: carry one letter to the book it is meant for, or do to it what the weather says.
Must not: fake a true verdict: a lie is told without a right echo, or under a status that forbids belief.
"""

import base64
import hashlib
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from sidecar.share.verdict import Heard
from sidecar.store.dispatching import Dispatch
from tests.support.collector.ledgerbook import Book, Refusal

Weather = Literal["fair", "rough", "storm", "deaf", "offline"]
LOSS: Final[dict[Weather, float]] = {"fair": 0.0, "rough": 0.25, "storm": 0.7, "deaf": 1.0, "offline": 1.0}
"""How much of what is sent does not come to a true answer."""

NONSENSE: Final = (200, 200, 201, 204, 302, 307, 400, 401, 403, 404, 405, 408, 409, 410, 411, 415, 418, 422, 425,
                   429, 429, 431, 451, 500, 500, 502, 503, 503, 504, 507, 511, 599)  # fmt: skip
TAME: Final = tuple(status for status in NONSENSE if status < 500 or status in {503, 511})
AFTER: Final = (
    None,
    None,
    "120",
    "0",
    "86400",
    "99999999",
    "-1",
    "soon",
    "Wed, 21 Oct 2026 07:28:00 GMT",
    "1.5",
)
PORTAL: Final = b"<!doctype html><title>Welcome</title>"
FAILURES: Final = ("dns", "timeout", "reset", "refused", "tls")


class Letter(Struct, frozen=True):
    """One request as it could be delivered again."""

    to: str
    dispatch: Dispatch


class Collector:
    """A book with its whims.

    Attributes:
        poison: it refuses cells that carry such a version.
        hard: instead of a verdict it answers such cells with a bare 500.
        is_old: it does not read this schema yet.
        most_bytes: it answers larger batches with 413.
        refused: how many answers were a refusal.
    """

    def __init__(self) -> None:
        self.book = Book()
        self.book.poison = lambda cell: self.poison and is_poison(cell)
        self.poison = self.hard = self.is_old = False
        self.most_bytes = 1 << 20
        self.refused = 0

    def refuse(self, how: Refusal) -> None:
        """Refuse poison like this."""
        self.poison, self.book.refusal = True, how

    def heal(self) -> None:
        """Nothing keeps it from taking what it takes; poison stays poison."""
        self.hard = self.is_old = False
        self.most_bytes = 1 << 20

    def hear(self, dispatch: Dispatch, now: datetime) -> Heard:
        """One letter that arrived."""
        id_ = dispatch.sent.id
        kind: Any = "requests" if dispatch.kind == "request" else "batches"
        if dispatch.secret is not None:
            reply = self.book.delete(id_, dispatch.secret, kind=kind)
            return Heard(status=reply.status, body=msgspec.json.encode(reply.json))
        if len(dispatch.body) > self.most_bytes:
            self.refused += 1
            return Heard(status=413)
        if self.hard and any(is_poison(cell) for cell in msgspec.json.decode(dispatch.body).get("cells", ())):
            self.refused += 1
            return Heard(status=500)
        if self.is_old:
            said = {"batch_id": id_, "sha256": dispatch.sent.sha256, "verdict": "unsupported"}
            return Heard(status=200, body=msgspec.json.encode(said))
        digest = base64.b64encode(hashlib.sha256(dispatch.body).digest()).decode()
        reply = self.book.put(id_, dispatch.body, f"sha-256=:{digest}:", now, kind=kind)
        self.refused += reply.verdict == "rejected"
        return Heard(status=reply.status, body=msgspec.json.encode(reply.json))


def is_poison(cell: Mapping[str, Any]) -> bool:
    """One record in ten, by the version that it was planted with; of the others one in about ten."""
    version = cell.get("product_version")
    return version.endswith("7") if version else cell.get("task_category") == "math"


class Network:
    """Between every machine and every collector.

    Attributes:
        is_tame: no status that lets a batch be cut in halves.
        sent: every letter that left, in order.
    """

    def __init__(self, names: tuple[str, ...], rng: random.Random) -> None:
        self.collectors = {name: Collector() for name in names}
        self.weather: Weather = "fair"
        self.is_tame = False
        self.sent: list[Letter] = []
        self._rng = rng
        self._late: list[Letter] = []

    def carry(self, dispatch: Dispatch, now: float) -> Heard:  # noqa: PLR0911  # one return for each fate
        """One letter leaves; what comes back."""
        moment = datetime.fromtimestamp(now, UTC)
        letter = Letter(dispatch.destination, dispatch)
        self.sent.append(letter)
        rng = self._rng
        if self.weather == "offline":
            return Heard(failure=rng.choice(FAILURES))
        self._deliver_late(moment)
        if self.weather == "deaf":  # whatever arrives, no answer comes back
            self._deliver(letter, moment)
            return Heard(failure="timeout")
        if rng.random() >= LOSS[self.weather]:
            return self._deliver(letter, moment)
        match rng.randrange(8):
            case 0:
                return Heard(failure=rng.choice(FAILURES))
            case 1:
                self._deliver(letter, moment)
                return Heard(failure="reset")
            case 2:
                self._late.append(letter)
                return Heard(failure="timeout")
            case 3:
                self._deliver(letter, moment)
                return self._deliver(letter, moment)
            case 4:
                return self._nonsense(self._deliver(letter, moment))
            case 5:
                return self._nonsense(Heard())
            case 6:
                return Heard(status=rng.choice((429, 503)), retry_after=rng.choice(("30", "7200", "90000")))
            case _:
                return self._lie(dispatch)

    def repeat(self, now: float) -> None:
        """Some old request arrives again."""
        if self.sent:
            self._deliver(self._rng.choice(self.sent), datetime.fromtimestamp(now, UTC))

    def _deliver_late(self, moment: datetime) -> None:
        while self._late and self._rng.random() < 0.5:
            self._deliver(self._late.pop(self._rng.randrange(len(self._late))), moment)

    def _deliver(self, letter: Letter, moment: datetime) -> Heard:
        return self.collectors[letter.to].hear(letter.dispatch, moment)

    def _nonsense(self, true: Heard) -> Heard:
        """Some status with some body, but never a true echo under a status that is believed."""
        rng = self._rng
        body = rng.choice(
            (b"", PORTAL, true.body[: len(true.body) // 2], b"null", b"{}", b"[" * 1000, b"\xff")
        )
        status = rng.choice(TAME if self.is_tame else NONSENSE)
        return Heard(status=status, body=body, retry_after=rng.choice(AFTER))

    def _lie(self, dispatch: Dispatch) -> Heard:
        """A verdict that nobody may believe."""
        rng = self._rng
        said = {"batch_id": dispatch.sent.id, "sha256": dispatch.sent.sha256}
        verdict = rng.choice(("stored", "duplicate", "gone", "partial", "rejected", "conflict"))
        lie = said | {"verdict": verdict, "cells": [0]}
        match rng.randrange(5):
            case 0:
                return _json(200, lie | {"batch_id": "0" * 32})
            case 1 if dispatch.secret is None:
                return _json(200, lie | {"sha256": "0" * 64})
            case 2:
                return _json(rng.choice((302, 403, 404, 410, 503)), lie)
            case 3:
                return _json(200, said | {"verdict": "conflict"})  # only under 409
            case _:
                return _json(200, said | {"verdict": "rejected", "cells": [dispatch.sent.cells]})


def _json(status: int, said: Mapping[str, object]) -> Heard:
    return Heard(status=status, body=msgspec.json.encode(said))
