"""Floods: more records, connections, requests and headers than anybody honest sends."""

import itertools
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from tests.support.attack import ask_on_and_on, connect, head, is_hung_up, many_files, post, receive, send
from tests.support.caller import ANSWER_SECONDS, BROKEN
from tests.support.daemon import Daemon, start
from tests.support.needs import need, need_linux, need_program
from tests.support.problem import problem
from tests.support.siege import siege

RECORD: Final = json.dumps({"feedback_type": "rating", "model": "flood", "rating": 3}).encode()
BATCH: Final = {"records": [{"feedback_type": "usage_pattern", "action": "copy"}] * 500}
RATE, BURST, SPARE = 500, 2_000, 600  # the last for the seconds between two clocks
PLACES: Final = 256
TAKEN_AT_ONCE: Final = 16 * 3  # connections that wait for their first look, on three sockets
AT_ONCE: Final = 25  # requests in one segment

pytestmark = pytest.mark.skipif("sys.platform == 'win32'")


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with start(tmp_path / "data", settings={"HARDWARE_BUCKET": "unknown"}) as running:
        yield running.ready()


def stored(daemon: Daemon) -> int:
    """How many records the daemon says it holds."""
    with daemon.caller(manages=True) as caller:
        lines = caller.get("/metrics").body.decode().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("sidecar_records_total{"))


def flood(daemon: Daemon, posts: int, request: bytes = b"") -> tuple[Counter[int], float]:
    """So many requests over one connection, without a pause; of one record each, if nothing else is said."""
    request = request or post(daemon, RECORD)
    answers: Counter[int] = Counter()
    begun = time.monotonic()
    with connect(daemon) as connection:
        for _ in range(posts // AT_ONCE):
            assert send(connection, request * AT_ONCE)
            answers += receive(connection, AT_ONCE)[0]
    return answers, time.monotonic() - begun


def some(daemon: Daemon, records: int) -> bytes:
    """A batch of so many."""
    body = json.dumps({"records": BATCH["records"][:records]}).encode()
    return post(daemon, body, "/v1/feedback/batch")


@pytest.mark.parametrize("posts", [1_000, pytest.param(40_000, marks=pytest.mark.long)])
def test_a_flood_of_records_is_refused_beyond_the_rate_and_starves_nobody(daemon: Daemon, posts: int) -> None:
    """Of 25,000 records, or a million: in small batches, so that the rate is passed on any machine."""
    before = stored(daemon)
    with siege(daemon) as watch:
        answers, seconds = flood(daemon, posts, some(daemon, 25))
    assert set(answers) == {201, 429}
    assert answers.total() == posts
    assert BURST <= 25 * answers[201] <= BURST + RATE * seconds + SPARE, (answers, seconds)
    assert stored(daemon) - before == 25 * answers[201] + watch.seen.answers["201"]


@pytest.mark.long
def test_a_million_posts_from_one_client_hold_nobody_up(daemon: Daemon) -> None:
    before = stored(daemon)
    with siege(daemon) as watch:
        answers, seconds = flood(daemon, 1_000_000)
    assert answers.total() == 1_000_000
    assert answers[201] <= BURST + RATE * seconds + SPARE
    assert stored(daemon) - before == answers[201] + watch.seen.answers["201"]


def test_a_refusal_for_the_rate_says_when_to_come_back_and_stores_nothing(daemon: Daemon) -> None:
    with daemon.caller() as caller:
        answers = [caller.post("/v1/feedback/batch", BATCH) for _ in range(4)]
        assert {answer.status for answer in answers} == {201}
        for _ in range(20):  # on a slow machine a second passes before the burst is used up
            refused = caller.post("/v1/feedback/batch", BATCH)
            if refused.status != 201:
                break
        held = stored(daemon)
        problem(refused, 429, "rate-limited")
        assert refused.headers["retry-after"] in {"1", "2"}
        time.sleep(int(refused.headers["retry-after"]))
        assert caller.post("/v1/feedback/batch", BATCH).status == 201
    assert stored(daemon) == held + 500


def test_an_honest_burst_passes(daemon: Daemon) -> None:
    answers, _ = flood(daemon, BURST)
    assert answers == {201: BURST}


def test_others_are_served_while_a_batch_of_long_wishes_is_redacted(daemon: Daemon) -> None:
    """Redacting the whole takes seconds; between two wishes somebody else has a turn."""
    wish = {"feedback_type": "feature_request", "feature_description": "x@" * 1_000}
    with siege(daemon) as watch:
        body = json.dumps({"records": [wish] * 400}).encode()
        with connect(daemon) as connection:
            connection.settimeout(60)
            assert send(connection, post(daemon, body, "/v1/feedback/batch"))
            answers, _ = receive(connection, 1)
    assert answers == {201: 1}
    assert len(watch.seen.milliseconds) >= 20, watch.figures


def test_a_connection_for_each_record_evades_nothing(daemon: Daemon) -> None:
    answers: Counter[int] = Counter()
    begun = time.monotonic()
    with siege(daemon):
        for _ in range(1_000):
            with connect(daemon) as connection:
                send(connection, some(daemon, 25))
                answers += receive(connection, 1)[0]
    seconds = time.monotonic() - begun
    assert set(answers) == {201, 429}
    assert 25 * answers[201] <= BURST + RATE * seconds + SPARE


def test_the_limit_can_be_switched_off_for_benchmarks(tmp_path: Path) -> None:
    settings = {"HARDWARE_BUCKET": "unknown", "RATE_LIMIT": "off"}
    with start(tmp_path / "data", settings=settings) as daemon, daemon.ready().caller() as caller:
        assert {caller.post("/v1/feedback/batch", BATCH).status for _ in range(10)} == {201}


@pytest.mark.parametrize("wanted", [1_500, pytest.param(10_000, marks=pytest.mark.long)])
def test_connections_beyond_their_places_make_place_for_each_other(daemon: Daemon, wanted: int) -> None:
    with many_files(wanted + 500) as granted, ExitStack() as stack:
        need(granted >= wanted + 500, f"{wanted} connections need as many files")
        with siege(daemon) as watch:
            most = 0
            for number in range(wanted):
                stack.enter_context(connect(daemon))
                if number % 50 == 0:
                    most = max(most, watch.descriptors())
        assert most <= PLACES + TAKEN_AT_ONCE + 64
        with daemon.caller() as caller:
            assert caller.get("/healthz").status == 200


def test_idle_connections_make_place_for_new_ones(daemon: Daemon) -> None:
    with ExitStack() as stack, siege(daemon) as watch:
        for _ in range(3 * PLACES):
            connection = stack.enter_context(connect(daemon))
            assert send(connection, head(daemon, "GET", "/healthz"))
            assert receive(connection, 1)[0] == {200: 1}
        assert watch.descriptors() <= PLACES + TAKEN_AT_ONCE + 64


@pytest.mark.parametrize("files", [40, 96])
def test_a_daemon_with_few_descriptors_survives_more_connections(tmp_path: Path, files: int) -> None:
    need_linux()
    need_program("prlimit")
    prefix = ("prlimit", f"--nofile={files}:{files}", "--")
    with start(tmp_path / "data", prefix=prefix, settings={"HARDWARE_BUCKET": "unknown"}) as daemon:
        daemon.ready()
        with ExitStack() as stack:
            for _ in range(300):
                stack.enter_context(connect(daemon))
        until = time.monotonic() + 30
        while not answers_at_all(daemon):
            assert time.monotonic() < until, "it did not recover"
        assert daemon.stop() == 0


def answers_at_all(daemon: Daemon) -> bool:
    """Whether a new caller is answered."""
    try:
        with daemon.caller() as caller:
            return caller.post("/v1/feedback", RECORD).status == 201
    except BROKEN:
        return False


@pytest.mark.parametrize("seconds", [2, pytest.param(20, marks=pytest.mark.long)])
def test_questions_over_all_connections_hold_nobody_up(daemon: Daemon, seconds: float) -> None:
    """They store nothing, so no rate bounds them; but only a few begin before somebody else has a turn."""
    with ExitStack() as stack, siege(daemon) as watch:
        lines = [stack.enter_context(connect(daemon)) for _ in range(PLACES - 10)]
        answers = ask_on_and_on(lines, head(daemon, "GET", "/healthz"), seconds)
    assert set(answers) == {200}
    assert answers.total() > len(lines)
    assert watch.seen.broken == 0, watch.figures


def test_pipelined_requests_are_answered_in_turn_and_kept_in_bounds(daemon: Daemon) -> None:
    with siege(daemon), connect(daemon) as connection:
        assert send(connection, head(daemon, "GET", "/healthz") * 3_000)
        assert receive(connection, 3_000)[0] == {200: 3_000}


def test_pipelining_by_many_who_read_nothing_is_bounded(daemon: Daemon) -> None:
    wanted = head(daemon, "GET", "/v1/openapi.json") * 3_000
    with ExitStack() as stack, siege(daemon):
        for _ in range(PLACES - 10):
            connection = stack.enter_context(connect(daemon))
            connection.settimeout(0.05)
            send(connection, wanted)


def test_a_flood_of_header_fields_is_refused(daemon: Daemon) -> None:
    def answer(*fields: str) -> Counter[int]:
        with connect(daemon) as connection:
            send(connection, head(daemon, "GET", "/healthz", *fields, "Connection: close"))
            return receive(connection, 1)[0]

    with siege(daemon):
        assert answer(*(f"X-{n}: 1" for n in range(60))) == {200: 1}
        assert answer(*(f"X-{n}: 1" for n in range(100))) == {400: 1}
        assert answer("Cookie: " + "c" * 8_000) == {200: 1}
        assert answer("Cookie: " + "c" * 9_000) == {400: 1}
        for _ in range(50):
            assert answer(*(f"X-{n}: {'x' * 4_000}" for n in range(2_000)))[200] == 0


def test_heads_that_grow_and_never_end_are_bounded_together(daemon: Daemon) -> None:
    """250 heads of half a megabyte each are 125 MiB."""
    fields = [f"X-{n}: {'x' * 8_000}\r\n".encode() for n in range(60)]
    beginning = head(daemon, "GET", "/healthz")[:-2]
    with ExitStack() as stack, siege(daemon):
        lines = [stack.enter_context(connect(daemon)) for _ in range(PLACES - 10)]
        alive = [line for line in lines if send(line, beginning)]
        for field in fields:
            alive = [line for line in alive if send(line, field)]


def test_attempts_at_a_websocket_are_refused_and_hold_nothing(daemon: Daemon) -> None:
    fields = (
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    )
    with siege(daemon):
        for path, number in itertools.product(("/", "/v1/feedback", "/healthz"), range(60)):
            with connect(daemon) as connection:
                connection.settimeout(ANSWER_SECONDS)
                send(connection, head(daemon, "GET", path, *fields))
                answers, _ = receive(connection, 1)
                assert 101 not in answers
                assert answers.total() == 1, (path, number)
                send(connection, b"\x82\xfe" * 200_000)


def test_a_refused_upgrade_ends_its_connection(daemon: Daemon) -> None:
    """What follows is no HTTP: nobody would read it, nor see the caller go."""
    fields = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    with connect(daemon) as connection:
        assert send(connection, head(daemon, "GET", "/healthz", *fields))
        answers, answered = receive(connection, 1)
        assert answers == {200: 1}
        assert b"Connection: close" in answered
        send(connection, b"\x82\xfe" * 1_000)
        assert is_hung_up(connection, 10)


def test_the_daemon_reads_heads_with_the_compiled_parser_or_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.daemon import refusal  # noqa: PLC0415  # beside its only use

    monkeypatch.setenv("AIOHTTP_NO_EXTENSIONS", "1")
    assert "compiled parser" in refusal(tmp_path / "data").words
