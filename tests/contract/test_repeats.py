"""The short way of a repeated request: nobody can tell it from the long one, however the bytes are cut."""

import asyncio
import itertools
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp.web_protocol import RequestHandler
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.api import repeats
from sidecar.api.limits import BURST, RateLimit
from sidecar.api.services import Services
from sidecar.errors import RateLimited, StorageFull
from tests.support.caller import Answer
from tests.support.field_table import least
from tests.support.local_store import LocalStore, opened
from tests.support.segments import PORT, Daemon, Line, serving

RECORD: Final = json.dumps(least("rating")).encode()
KEYED: Final = json.dumps(least("rating", idempotency_key="one")).encode()


def post(body: bytes, *headers: str, path: str = "/v1/feedback", host: str = f"127.0.0.1:{PORT}") -> bytes:
    """A request as a program sends it."""
    lines = (f"POST {path} HTTP/1.1", f"Host: {host}", "Content-Type: application/json", *headers)
    return "\r\n".join((*lines, f"Content-Length: {len(body)}")).encode() + b"\r\n\r\n" + body


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[LocalStore]:
    async with opened(tmp_path / "data") as store:
        yield store


@pytest.fixture
async def daemon(store: LocalStore) -> AsyncIterator[Daemon]:
    async with serving(store) as daemon:
        yield daemon


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The bodies that went the short way."""
    gone: list[bytes] = []
    real = repeats.store

    def watched(services: Services, caller: object, body: bytes, write: Callable[[bytes], None]) -> bool:
        went = real(services, caller, body, write)
        if went:
            gone.append(body)
        return went

    monkeypatch.setattr("sidecar.api.wire.store", watched)
    return gone


def said(answer: Answer) -> tuple[int, dict[str, str], Any]:
    """An answer without what differs between any two."""
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    body = answer.json
    return answer.status, headers, {name: value for name, value in body.items() if name != "feedback_id"}


async def learned(daemon: Daemon, body: bytes = RECORD) -> Line:
    """A connection on which a record has passed."""
    line = daemon.line()
    assert (await line.ask(post(body))).status == 201
    return line


async def test_repetition_is_answered_as_the_first(
    daemon: Daemon, store: LocalStore, short: list[bytes]
) -> None:
    line = daemon.line()
    first, second = await line.ask(post(RECORD)), await line.ask(post(RECORD))
    assert short == [RECORD]
    assert said(first) == said(second)
    assert list(first.headers) == list(second.headers)
    assert first.json["feedback_id"] != second.json["feedback_id"]
    assert store.count("record") == 2


async def test_key_that_was_used_is_a_duplicate(
    daemon: Daemon, store: LocalStore, short: list[bytes]
) -> None:
    line = await learned(daemon, KEYED)
    answer = await line.ask(post(KEYED))
    assert short == [KEYED]
    assert (answer.status, answer.json["duplicate"]) == (200, True)
    assert store.count("record") == 1


async def test_conflict_gets_the_words_of_the_long_way(daemon: Daemon, short: list[bytes]) -> None:
    other = KEYED.replace(b'"rating": 4', b'"rating": 1').replace(b'"rating": 5', b'"rating": 1')
    assert other != KEYED
    line = await learned(daemon, KEYED)
    fresh = await daemon.line().ask(post(other))
    assert short == []
    again = await line.ask(post(other))
    assert short == [other]
    assert again.status == 409
    assert said(again) == said(fresh)


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"feedback_type": "rating"}', b'{"prompt": "x"}'])
async def test_refused_body_gets_the_words_of_the_long_way(
    daemon: Daemon, store: LocalStore, short: list[bytes], body: bytes
) -> None:
    padded = body.ljust(len(RECORD))
    line = await learned(daemon)
    assert said(await line.ask(post(padded))) == said(await daemon.line().ask(post(padded)))
    assert short == []
    assert store.count("record") == 1
    assert (await line.ask(post(RECORD))).status == 201


@pytest.mark.parametrize(
    "header",
    [
        f"Origin: http://localhost:{PORT}",
        "Authorization: Bearer x",
        "Cookie: a=b",
        "Connection: close",
        "Connection: TE",
        "X-Long: " + "a" * repeats.LONGEST_HEAD,
    ],
)
async def test_special_head_is_never_remembered(daemon: Daemon, short: list[bytes], header: str) -> None:
    line = daemon.line()
    for _ in range(3):
        if not line.transport.closed:
            assert (await line.ask(post(RECORD, header))).status == 201
    assert short == []


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (post(RECORD, host="evil.example.org"), 421),
        (post(RECORD, "Origin: null"), 403),
        (post(RECORD, path="/v1/feedback?x=1"), 201),
        (post(RECORD, path="/v1/feedback/batch"), 422),
        (post(RECORD, "Content-Encoding: gzip"), 415),
        (b"GET" + post(RECORD)[4:], 401),
    ],
)
async def test_what_did_not_pass_is_asked_again(
    daemon: Daemon, short: list[bytes], request_: bytes, status: int
) -> None:
    line = await learned(daemon)
    for _ in range(2):
        assert (await line.ask(request_)).status == status
    assert short == []


async def test_what_the_intake_refuses_draws_one_place_and_not_two(
    daemon: Daemon, short: list[bytes]
) -> None:
    line = await learned(daemon)
    undeclared = json.dumps(least("rating", task_category="x_nobody_declared_it")).encode()
    bucket = daemon.services.rate = RateLimit(lambda: 0.0)
    bucket.take("somebody", int(BURST) - 10)
    assert {(await line.ask(post(undeclared))).status for _ in range(10)} == {422}
    assert short == []
    with pytest.raises(RateLimited):
        bucket.take("anybody", 1)


async def test_what_follows_waits_for_its_turn(daemon: Daemon, store: LocalStore, short: list[bytes]) -> None:
    line = await learned(daemon)
    bad = post(b"{}".ljust(len(RECORD)))
    line.protocol.data_received(post(RECORD))
    line.protocol.data_received(bad)
    line.protocol.data_received(post(RECORD))
    answers = await line.transport.answers(4)
    assert [answer.status for answer in answers] == [201, 201, 422, 201]
    assert short == [RECORD]
    assert store.count("record") == 3


async def test_client_that_hangs_up_has_sent_its_record(daemon: Daemon, store: LocalStore) -> None:
    line, other = await learned(daemon), await learned(daemon)
    line.protocol.data_received(post(RECORD))
    line.protocol.connection_lost(None)
    assert (await other.ask(post(RECORD))).status == 201
    assert store.count("record") == 4


async def test_stop_waits_for_the_answer(daemon: Daemon) -> None:
    line = await learned(daemon)
    line.protocol.data_received(post(RECORD))
    assert isinstance(line.protocol, RequestHandler)
    await line.protocol.shutdown(5)
    assert [answer.status for answer in await line.transport.answers(2)] == [201, 201]
    assert line.transport.closed


async def test_disk_that_fails_is_told(
    daemon: Daemon, store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await learned(daemon)
    full = StorageFull("free some space", retry_after=60)
    monkeypatch.setattr(store.database, "run", lambda operations: [full for _ in operations])
    short, long = await line.ask(post(RECORD)), await daemon.line().ask(post(RECORD))
    assert (short.status, short.headers["retry-after"]) == (507, "60")
    assert said(short) == said(long)


async def test_bug_reaches_one_caller_alone(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = await learned(daemon), await learned(daemon)
    with monkeypatch.context() as broken:
        broken.setattr("sidecar.api.feedback.stored", lambda *_: 1 / 0)
        answer = await first.ask(post(RECORD))
    assert answer.status == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await second.ask(post(RECORD))).status == 201
    assert daemon.services.counters.answers[500] == 1


async def test_memory_of_heads_is_bounded(daemon: Daemon, short: list[bytes]) -> None:
    line = daemon.line()
    for number in range(repeats.KEPT_HEADS + 1):
        assert (await line.ask(post(RECORD, f"X-Number: {number}"))).status == 201
    assert short == []
    for number in (repeats.KEPT_HEADS, 1, 0):
        assert (await line.ask(post(RECORD, f"X-Number: {number}"))).status == 201
    assert short == [RECORD, RECORD]


@pytest.mark.parametrize("header", [(), ("X-After: 1",)])
async def test_length_of_the_body_may_differ(
    daemon: Daemon, short: list[bytes], header: tuple[str, ...]
) -> None:
    line = daemon.line()
    bodies = [RECORD, KEYED, RECORD + b" " * 100]
    for body in bodies:
        request = post(body) if not header else post(body).replace(b"\r\n\r\n", b"\r\nX-After: 1\r\n\r\n", 1)
        assert (await line.ask(request)).status == 201
    assert short == bodies[1:]


@pytest.mark.parametrize(
    "length", ["+63", "063", " 63", "63 ", "63,63", "63\r\nContent-Length: 63", "-63", "x"]
)
async def test_length_written_otherwise_is_read_by_the_parser(
    daemon: Daemon, short: list[bytes], length: str
) -> None:
    assert len(RECORD) == 63
    odd = post(RECORD).replace(b"Content-Length: 63", f"Content-Length: {length}".encode())
    line = await learned(daemon)
    there, here = await line.ask(odd), await daemon.line().ask(odd)
    assert short == []
    assert there.status == here.status


PALETTE: Final = (
    post(RECORD),
    post(RECORD),
    post(KEYED),
    post(b"{}".ljust(len(RECORD))),
    post(b"{}"),
    post(RECORD, "Origin: null"),
    post(RECORD, host="evil.example.org"),
    f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n\r\n".encode(),
)
STATUSES: Final = dict(zip(PALETTE, (201, 201, 200, 422, 422, 403, 421, 200), strict=True))


@settings(max_examples=60, deadline=None)
@given(
    requests=st.lists(st.sampled_from(PALETTE), min_size=1, max_size=12),
    cuts=st.lists(st.floats(0, 1), max_size=8),
    waits=st.booleans(),
)
def test_answers_do_not_depend_on_how_bytes_are_cut(
    requests: list[bytes], cuts: list[float], *, waits: bool
) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as name:
            async with opened(Path(name) / "data") as store, serving(store) as daemon:
                assert (await daemon.line().ask(post(KEYED))).status == 201
                line = daemon.line()
                if waits:
                    for request in requests:
                        await line.ask(request)
                else:
                    await line.feed(*_cut(b"".join(requests), cuts))
                answers = await line.transport.answers(len(requests))
                assert [answer.status for answer in answers] == [STATUSES[request] for request in requests]
                stored = 1 + sum(STATUSES[request] == 201 for request in requests)
                assert store.count("record") == stored

    asyncio.run(run())


def _cut(whole: bytes, cuts: list[float]) -> list[bytes]:
    places = sorted({round(cut * len(whole)) for cut in cuts} | {0, len(whole)})
    return [whole[start:end] for start, end in itertools.pairwise(places)]
