"""Nonsense by script: what becomes of one request and its answer, in memory as on a socket.

Job: `Act` says it, `Script` hands out the next one, `play` carries it out as far as no socket is needed.
Must not: open a socket or wait; lie about what was stored with a right echo.

    client ── connect ─ accept ─ request ─┬─ book ─┬─ answer ─ headers ─ body ─ after ──
                                          └ not told when `delivered` is false

`stop` names a step, `how` what happens there: silence, a reset, or a connection that is closed in order.
"""

import hashlib
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final, Literal

import msgspec
from msgspec import Struct

from tests.support.collector import front
from tests.support.collector.front import Answer, Request
from tests.support.collector.ledgerbook import Book

Content = Literal["honest", "empty", "portal", "truncated", "wrong_digest", "wrong_id", "huge"]
Step = Literal["accept", "request", "answer", "headers", "body", "after"]
How = Literal["stall", "reset", "close"]

CONTENTS: Final[tuple[Content, ...]] = (
    "honest",
    "empty",
    "portal",
    "truncated",
    "wrong_digest",
    "wrong_id",
    "huge",
)
STEPS: Final[tuple[Step, ...]] = ("accept", "request", "answer", "headers", "body", "after")
UNSEEN: Final = frozenset({"accept", "request"})
"""Steps before the collector could have understood anything."""
STATUSES: Final = range(200, 600)
BODILESS: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
"""By RFC 9110 nothing follows their head, whatever was meant to."""

PORTAL: Final = b"<!doctype html><title>Welcome</title><p>Please accept the terms of this network.</p>"
HUGE: Final = b" " * (1 << 20)

Moment = Callable[[datetime], str]
RETRY_AFTER: Final[dict[str, Moment]] = {
    "seconds": lambda _: "120",
    "zero": lambda _: "0",
    "date": lambda now: format_datetime(now + timedelta(seconds=120), usegmt=True),
    "date of RFC 850": lambda now: (now + timedelta(seconds=120)).strftime("%A, %d-%b-%y %H:%M:%S GMT"),
    "date of asctime": lambda now: (now + timedelta(seconds=120)).strftime("%a %b %e %H:%M:%S %Y"),
    "past date": lambda now: format_datetime(now - timedelta(days=1), usegmt=True),
    "far date": lambda now: format_datetime(now + timedelta(days=400), usegmt=True),
    "many seconds": lambda _: "99999999",
}
"""Forms that RFC 9110 allows."""
BROKEN_RETRY_AFTER: Final = (
    "",
    "-1",
    "1.5",
    "1e3",
    "soon",
    "120 s",
    "١٢٠",
    "9" * 400,
    "Mon, 99 Nov 2026 99:99:99 GMT",
    "2026-11-24T02:00:00Z",
    "60, 60",
)


class Act(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of one request. The default is an honest collector on a good network.

    Attributes:
        only: part of "METHOD target" that a request must have for this act to be meant.
        delivered: whether the book is told; a request that stops before it was read never is.
        times: how often the book is told; the last answer is the one that is sent.
        replay: places in the log of requests that are delivered again before this one.
        status, content: what is answered instead; None and `honest` leave the book's.
        headers: more headers.
        stop, how: where the exchange ends early, and how.
        drip_seconds: on a socket, the pause before each further byte of the answer.
    """

    only: str = ""
    delivered: bool = True
    times: int = 1
    replay: tuple[int, ...] = ()
    status: int | None = None
    content: Content = "honest"
    headers: tuple[tuple[str, str], ...] = ()
    stop: Step | None = None
    how: How = "reset"
    drip_seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.content == "honest" and not self.is_told and self.stop not in UNSEEN | {"answer"}:
            raise ValueError("who was told nothing has no honest answer: name a content")

    @property
    def is_told(self) -> bool:
        """Whether the book hears of the request."""
        return self.delivered and self.stop not in UNSEEN

    def means(self, request: Request) -> bool:
        """Whether it is meant for a request."""
        return self.only in f"{request.method} {request.target}"


HONEST: Final = Act()
LOST_AFTER: Final = Act(stop="answer")
LOST_BEFORE: Final = Act(delivered=False, stop="answer")


class Outcome(Struct, frozen=True):
    """What was planned for the client, and what of it arrives.

    Attributes:
        planned: the whole answer; None when there is none.
        act: as which it came about.
    """

    planned: Answer | None
    act: Act

    @property
    def seen(self) -> Answer | None:
        """The answer, if all of it arrives."""
        return self.planned if self.act.stop in {None, "after"} else None


class Script:
    """Which act is next: the first queued one that is meant, else the first standing one, else honesty."""

    def __init__(self) -> None:
        self.queue: list[Act] = []
        self.standing: list[Act] = []

    def next(self, request: Request) -> Act:
        """Take the act for a request."""
        for place, act in enumerate(self.queue):
            if act.means(request):
                return self.queue.pop(place)
        return next((act for act in self.standing if act.means(request)), HONEST)

    def next_refuses_connection(self) -> Act | None:
        """Take the act for a connection that nobody will read from, if that is next."""
        if self.queue and self.queue[0].stop == "accept":
            return self.queue.pop(0)
        return next((act for act in self.standing[:1] if act.stop == "accept"), None)


def play(book: Book, act: Act, request: Request, log: list[Request], now: datetime) -> Outcome:
    """Tell the book what the act lets through, and plan the answer."""
    for place in act.replay:
        front.answer(book, log[place], now)
    honest = None
    if act.is_told:
        for _ in range(act.times):
            honest = front.answer(book, request, now)
    if act.stop in UNSEEN or (honest is None and act.content == "honest"):
        return Outcome(None, act)
    return Outcome(_spoilt(act, honest or _as_if(request)), act)


def _as_if(request: Request) -> Answer:
    """What nobody said: a good verdict on what the book was not told, never sent unbent."""
    said = {
        "batch_id": request.target.rpartition("/")[2],
        "sha256": hashlib.sha256(request.plain() or b"").hexdigest(),
        "verdict": "stored" if request.method == "PUT" else "gone",
    }
    return Answer(HTTPStatus.OK, (("Content-Type", "application/json"),), msgspec.json.encode(said))


def _spoilt(act: Act, honest: Answer) -> Answer:
    status = act.status or honest.status
    headers = honest.headers
    match act.content:
        case "empty":
            body = b""
        case "portal":
            body, headers = PORTAL, (("Content-Type", "text/html"),)
        case "huge":
            body = HUGE
        case "truncated":
            body = honest.body[: len(honest.body) // 2]
        case "wrong_digest" | "wrong_id":
            body = _bent(honest.body, "sha256" if act.content == "wrong_digest" else "batch_id")
        case "honest":
            body = honest.body
    return Answer(status, (*headers, *act.headers), b"" if status in BODILESS else body)


def _bent(body: bytes, name: str) -> bytes:
    """An honest body that echoes something else; without a digest, another id."""
    document = msgspec.json.decode(body)
    name = name if name in document else "batch_id"
    first, rest = (document.get(name) or "0")[0], document.get(name, "0")[1:]
    return msgspec.json.encode(document | {name: ("1" if first == "0" else "0") + rest})


def any_act(rng: random.Random, log: int) -> Act:
    """Any act at all, for a request that comes after `log` others."""
    stop = rng.choice((None, None, *STEPS))
    delivered = rng.random() < 0.7  # mostly the network works
    told = delivered and stop not in UNSEEN
    return Act(
        delivered=delivered,
        times=rng.choice((1, 1, 1, 2, 3)),
        replay=tuple(rng.randrange(log) for _ in range(rng.choice((0, 0, 0, 1, 3)))) if log else (),
        status=rng.choice((None, None, rng.choice(STATUSES))),
        content=rng.choice(CONTENTS if told else CONTENTS[1:]),
        headers=(("Retry-After", str(rng.randrange(1000))),) if rng.random() < 0.1 else (),
        stop=stop,
        how=rng.choice(("stall", "reset", "close")),
    )
