"""Slow clients: heads, bodies and readers that take for ever hold no place that somebody else needs."""

import asyncio
import itertools
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, cast

import pytest
from aiohttp import web

from sidecar.api import app as api
from sidecar.api import patience
from sidecar.api.connections import Connections
from sidecar.api.limits import RateLimit
from sidecar.api.metrics import Counters
from sidecar.api.runner import Runner
from sidecar.api.services import Services
from sidecar.products import Products
from tests.support.attack import connect, head, is_hung_up, post, receive, send
from tests.support.daemon import Daemon, start
from tests.support.siege import siege

RECORD: Final = json.dumps({"feedback_type": "rating", "model": "slow", "rating": 3}).encode()
PLACES: Final = 256
LATE_SECONDS: Final = 30.0  # generous: a limit of ten, a look each second, a busy machine
JSON: Final = "Content-Type: application/json"


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with start(tmp_path / "data", settings={"HARDWARE_BUCKET": "unknown"}) as running:
        yield running.ready()


def dribble(lines: list[socket.socket], byte: bytes) -> list[socket.socket]:
    """One byte on each line; returns those that still stand."""
    return [line for line in lines if send(line, byte)]


def test_heads_that_dribble_make_place_for_an_honest_client(daemon: Daemon) -> None:
    with ExitStack() as stack, siege(daemon):
        lines = [stack.enter_context(connect(daemon)) for _ in range(PLACES)]
        beginning = head(daemon, "GET", "/healthz")[:-4]
        for line in lines:
            send(line, beginning)
        for turn in range(50):
            dribble(lines, b"x")
            with daemon.caller() as caller:
                assert caller.post("/v1/feedback", RECORD).status == 201, turn


def test_an_honest_connection_is_not_driven_out_by_silent_ones(daemon: Daemon) -> None:
    with ExitStack() as stack, connect(daemon) as honest:
        assert send(honest, post(daemon, RECORD))
        assert receive(honest, 1)[0] == {201: 1}
        for _ in range(2 * PLACES):
            stack.enter_context(connect(daemon))
        with daemon.caller() as caller:
            assert caller.get("/healthz").status == 200  # by now every connection before was taken
        assert send(honest, post(daemon, RECORD))
        assert receive(honest, 1)[0] == {201: 1}


def test_what_is_not_whole_in_time_is_ended(daemon: Daemon) -> None:
    beginnings = {
        "silent": b"",
        "head": head(daemon, "GET", "/healthz")[:-4],
        "body": head(daemon, "POST", "/v1/feedback", JSON, "Content-Length: 9000") + b'{"',
        "chunks": head(daemon, "POST", "/v1/feedback", JSON, "Transfer-Encoding: chunked") + b"5\r\n",
        "expected": head(daemon, "POST", "/v1/feedback", JSON, "Content-Length: 90", "Expect: 100-continue"),
    }
    begun = time.monotonic()
    with ExitStack() as stack, siege(daemon):
        lines = {}
        for (name, beginning), number in itertools.product(beginnings.items(), range(20)):
            lines[name, number] = line = stack.enter_context(connect(daemon))
            send(line, beginning)
        dribbling = [line for (name, _), line in lines.items() if name in {"head", "body"}]
        while dribbling and time.monotonic() < begun + LATE_SECONDS:
            dribbling = dribble(dribbling, b"x")
            time.sleep(0.2)  # the attacker's own pace; nothing is decided by it
        for named, line in lines.items():
            assert is_hung_up(line, begun + LATE_SECONDS - time.monotonic()), named
        assert time.monotonic() - begun >= patience.HEAD_SECONDS


def test_a_reader_that_takes_nothing_gets_no_second_answer(daemon: Daemon) -> None:
    """The daemon writes no further than one answer ahead of its reader, however many were asked for."""
    wanted = head(daemon, "GET", "/v1/openapi.json") * 2_000
    with ExitStack() as stack, siege(daemon):
        for _ in range(20):
            line = stack.enter_context(connect(daemon))
            line.settimeout(0.1)
            send(line, wanted)


@pytest.mark.long
def test_a_reader_that_stands_still_is_dropped_in_the_end(daemon: Daemon) -> None:
    with siege(daemon), connect(daemon) as line, connect(daemon) as idle:
        send(line, head(daemon, "GET", "/v1/openapi.json") * 2_000)
        send(idle, head(daemon, "GET", "/healthz"))
        receive(idle, 1)
        time.sleep(patience.IDLE_SECONDS + 10)
        assert is_hung_up(line, 1)
        assert is_hung_up(idle, 1)


class Stuck:
    """A registry whose clock a test sets, and a handler that never ends."""

    def __init__(self) -> None:
        self.now = 0.0
        self.connections = Connections(seconds=lambda: self.now)
        nothing = cast("Any", None)
        self.services = Services(
            settings=nothing,
            clock=nothing,
            database=nothing,
            intake=nothing,
            reader=nothing,
            products=nothing,
            desk=nothing,
            hearing=nothing,
            open_page=nothing,
            token=lambda: "",
            counters=Counters(),
            connections=self.connections,
            rate=RateLimit(lambda: self.now),
            sessions=nothing,
            guesses=nothing,
        )

    async def serve(self, handler: Callable[[web.Request], Any]) -> tuple[Runner, int]:
        """Serve one handler behind the real gate, at `/work`."""
        served = api.build(self.services)
        served.router.add_get("/work", handler)
        runner = Runner(served, access_log=None, handle_signals=False)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        self.services.hosts = frozenset({f"127.0.0.1:{port}"})
        return runner, port


async def test_a_document_is_written_once_until_a_product_file_changes(tmp_path: Path) -> None:
    services = Stuck().services
    services.products = Products((tmp_path,))
    written: list[int] = []

    def write(_: Products) -> list[int]:
        written.append(len(written))
        return written

    assert [services.document("page", write) for _ in range(3)] == [b"[0]"] * 3
    (tmp_path / "app.toml").write_text('tasks = ["x_new"]')
    assert [services.document("page", write) for _ in range(3)] == [b"[0,1]"] * 3


async def test_work_that_never_ends_is_answered_with_a_503_and_its_connection_ends() -> None:
    stuck = Stuck()
    at_work = asyncio.Event()

    async def work(_: web.Request) -> web.Response:
        at_work.set()
        return await asyncio.Future()

    runner, port = await stuck.serve(work)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /work HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    await at_work.wait()
    stuck.connections.look()
    stuck.now = patience.WORK_SECONDS - 1
    stuck.connections.look()
    assert len(stuck.connections) == 1
    stuck.now = patience.WORK_SECONDS + 1
    stuck.connections.look()
    answer = await asyncio.wait_for(reader.read(), LATE_SECONDS)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"/problems/took-too-long" in answer
    writer.close()
    await runner.cleanup()
    assert len(stuck.connections) == 0


async def test_an_export_may_take_for_ever_while_its_reader_takes_something() -> None:
    stuck = Stuck()

    async def export(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"x" * 100_000)

    runner, port = await stuck.serve(export)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /work HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    for _ in range(10):
        await reader.readexactly(8_000_000)  # more than all the buffers in between hold
        stuck.now += patience.STILL_SECONDS - 1
        stuck.connections.look()
        assert len(stuck.connections) == 1
    for _ in range(100):
        await asyncio.sleep(0.01)  # until everything between them is full
        stuck.connections.look()
    stuck.now += patience.STILL_SECONDS + 1
    stuck.connections.look()
    assert len(stuck.connections) == 0
    writer.close()
    await runner.cleanup()
