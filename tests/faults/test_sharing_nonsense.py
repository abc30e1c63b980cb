"""Nonsense of every kind over real sockets: none is believed, retries are paced, all is shared once."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from tests.support.caller import Caller
from tests.support.collector.script import Act, any_act
from tests.support.collector.server import Server, serving
from tests.support.daemon import Daemon
from tests.support.sharing import granted, settled, sharing_daemon, uploaded

RATING: Final = {"feedback_type": "rating", "model": "llama3.1:8b", "rating": 4, "product_id": "chat"}
SAMPLE: Final = 30
GROWTH: Final = 24 << 20
"""Bytes of memory that a daemon may gain over all of it; one huge answer alone has a MiB."""
TRUE: Final = frozenset({"stored", "duplicate", "partial"})


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def daemon(tmp_path: Path, server: Server) -> Iterator[Daemon]:
    with sharing_daemon(tmp_path, server.url) as daemon:
        yield daemon


@pytest.fixture
def owner(daemon: Daemon) -> Iterator[Caller]:
    with daemon.caller(manages=True) as caller:
        assert granted(caller, "ratings").json["mode"] == "share"
        assert caller.post("/v1/feedback", RATING).status == 201
        yield caller


def spoilt(rng: random.Random) -> Iterator[Act]:
    """Acts of which no answer may be believed: what is told stays untold, what stalls is cut instead."""
    while True:
        act = any_act(rng, 0)
        if act.content != "honest" or act.stop in {"accept", "request", "answer", "headers", "body"}:
            bent = {name: getattr(act, name) for name in act.__struct_fields__}
            if act.stop is None or act.stop == "after":
                bent["content"] = act.content if act.content != "honest" else "empty"
            bent["how"] = "reset" if act.how == "stall" else act.how  # thirty seconds each: one below waits
            bent["headers"] = ()  # a Retry-After would hold the next round: tested below
            yield Act(**bent)


NAMED: Final = {
    "a redirect elsewhere": Act(status=307, content="portal", headers=(("Location", "/v1/batches/0"),)),
    "a redirect to another host": Act(
        status=302, content="empty", headers=(("Location", "http://127.0.0.2:9/"),)
    ),
    "a bare 200": Act(content="empty"),
    "a portal": Act(content="portal"),
    "a huge body": Act(content="huge"),
    "a huge body of a refusal": Act(status=500, content="huge"),
    "truncated JSON": Act(content="truncated"),
    "a wrong id": Act(content="wrong_id"),
    "a wrong digest": Act(content="wrong_digest"),
    "a reset": Act(stop="answer"),
    "half an answer, then closed": Act(stop="body", how="close"),
    "half a head, then reset": Act(stop="headers"),
    "closed at once": Act(stop="accept", how="close"),
    "reset in the request": Act(stop="request"),
    "a right echo under 404": Act(status=404),
    "a right echo under 500": Act(status=500),
}


def only(owner: Caller) -> dict[str, Any]:
    """The batch that waits."""
    (row,) = owner.get("/v1/outbox").json["rows"]
    return dict(row)


def attempts(owner: Caller) -> list[dict[str, Any]]:
    """The egress log."""
    return owner.rows("/v1/egress")


def shared_at_last(owner: Caller, server: Server) -> None:
    """An honest answer ends it, and the record counts once."""
    server.desk.script.queue.clear()
    server.desk.script.standing.clear()
    uploaded(owner)
    (receipt,) = owner.get("/v1/receipts").json["rows"]
    assert receipt["state"] == "shared"
    assert sum(server.desk.book.counted().values()) == 1
    assert attempts(owner)[-1]["outcome"] == "shared"


def test_no_nonsense_is_believed_and_nothing_else_is_sent(
    daemon: Daemon, owner: Caller, server: Server
) -> None:
    """Named kinds, then any others: after each the batch still waits, with the same bytes."""
    process = psutil.Process(daemon.pid)
    rng = random.Random("nonsense")
    others = spoilt(rng)
    acts = [*NAMED.items(), *((f"act {n}", next(others)) for n in range(SAMPLE))]
    bytes_before = None
    for n, (name, act) in enumerate(acts):
        server.desk.script.queue[:] = [act]
        uploaded(owner)
        assert server.desk.script.queue == [], name
        row = only(owner)
        assert (row["state"], row["tries"]) == ("armed", n + 1), name
        assert attempts(owner)[-1]["outcome"] not in {"", "shared"}, name
        bytes_before = bytes_before or process.memory_info().rss
        assert process.memory_info().rss - bytes_before < GROWTH, name
    assert server.desk.connections == len(acts)  # no act was answered by a second try
    sent = {(request.method, request.target, request.body) for request in server.desk.log}
    assert len(sent) == 1
    assert len(attempts(owner)) == len(acts)
    shared_at_last(owner, server)


def test_an_answer_that_drips_is_cut_off_in_time(owner: Caller, server: Server) -> None:
    """Thirty seconds, and not one byte more; what it might have said later does not count."""
    server.desk.script.queue[:] = [Act(content="huge", drip_seconds=0.05)]
    assert owner.post("/v1/upload", {}).status == 202
    while owner.get("/v1/outbox").json["busy"]:
        pass  # asking is what is waited with: the daemon answers while its letter hangs
    assert attempts(owner)[-1]["outcome"] == "timeout"
    assert only(owner)["state"] == "armed"
    shared_at_last(owner, server)


@pytest.mark.parametrize(("status", "outcome"), [(429, "busy"), (503, "busy")])
def test_a_time_that_the_collector_named_binds_even_a_forced_round(
    owner: Caller, server: Server, status: int, outcome: str
) -> None:
    server.desk.script.standing = [Act(status=status, content="empty", headers=(("Retry-After", "1000"),))]
    for _ in range(3):
        uploaded(owner)
    (attempt,) = attempts(owner)
    assert (attempt["outcome"], attempt["status"]) == (outcome, status)
    answer = owner.get("/v1/outbox").json
    wait = datetime.fromisoformat(answer["rows"][0]["next_at"]) - datetime.fromisoformat(attempt["at"])
    assert 999 <= wait.total_seconds() <= 1002
    assert server.desk.connections == 1


def test_waits_grow_from_failure_to_failure(owner: Caller, server: Server) -> None:
    """Each wait is drawn from a span that doubles: no round of the daemon's own comes before its end."""
    server.desk.script.standing = [Act(status=500, content="empty")]
    spans = []
    for _ in range(12):
        uploaded(owner)
        answer = owner.get("/v1/outbox").json["rows"][0]
        at = datetime.fromisoformat(attempts(owner)[-1]["at"])
        spans.append((datetime.fromisoformat(answer["next_at"]) - at).total_seconds())
    for n, wait in enumerate(spans):
        assert 1 <= wait <= min(30 * 2**n, 6 * 3600) + 2, spans
    assert max(spans) > 300, "twelve failures in a row, and no wait of five minutes"
    assert Counter(row["outcome"] for row in attempts(owner)) == {"status 500": 12}
    assert all(a["number"] + 1 == b["number"] for a, b in pairwise(attempts(owner)))
    settled(owner)
