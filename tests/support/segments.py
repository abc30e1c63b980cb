"""One connection of the daemon whose segments a test cuts itself.

Job: feed bytes to the real protocol, gate, intake and store, and give back what they write.
Must not: stand in for more than the socket: how the kernel would cut the bytes is what the tests vary.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Final, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from sidecar import config
from sidecar.api import app as api
from sidecar.api import guard
from sidecar.api.connections import Connections
from sidecar.api.guesses import Guesses
from sidecar.api.limits import RateLimit
from sidecar.api.metrics import Counters
from sidecar.api.runner import Runner
from sidecar.api.services import Services
from sidecar.api.sessions import Sessions
from sidecar.products import Products
from sidecar.store.hearing import Hearing
from sidecar.store.reader import Reader
from tests.support.caller import ANSWER_SECONDS, Answer
from tests.support.local_store import LocalStore

PORT: Final = 8917


class Transport(asyncio.Transport):
    """Collects what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False
        self._changed = asyncio.Event()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep what the kernel would send."""
        self.written += bytes(data)
        self._changed.set()

    def is_closing(self) -> bool:
        """Whether the daemon hung up."""
        return self.closed

    def close(self) -> None:
        """Hang up."""
        self.closed = True
        self._changed.set()

    def abort(self) -> None:
        """As `close`: nothing waits to be sent."""
        self.close()

    def pause_reading(self) -> None:
        """The kernel would hold what comes; a test that feeds nothing more has no need to."""

    def resume_reading(self) -> None:
        """As above."""

    def get_write_buffer_size(self) -> int:
        """Bytes that wait to be sent: none."""
        return 0

    async def answers(self, count: int) -> list[Answer]:
        """The answers so far, once there are `count` or the line is closed."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while len(found := read_all(self.written)) < count and not self.closed:
                self._changed.clear()
                await self._changed.wait()
        return found


def read_all(raw: bytes) -> list[Answer]:
    """Every whole answer in what was written; each announces its length."""
    found = []
    while b"\r\n\r\n" in raw:
        head, _, rest = raw.partition(b"\r\n\r\n")
        length = int(dict(_fields(head)).get("content-length", "0"))
        if len(rest) < length:
            break
        found.append(Answer(int(head.split()[1]), dict(_fields(head)), rest[:length]))
        raw = rest[length:]
    return found


def _fields(head: bytes) -> Iterator[tuple[str, str]]:
    for line in head.decode().split("\r\n")[1:]:
        name, _, value = line.partition(": ")
        yield name.lower(), value


class Line:
    """One connection."""

    def __init__(self, made: RequestHandler) -> None:
        self.protocol = made
        self.transport = Transport()
        made.connection_made(self.transport)

    async def feed(self, *segments: bytes) -> None:
        """Give segments as the event loop would, each in a turn of its own."""
        for segment in segments:
            if not self.transport.closed:
                self.protocol.data_received(segment)
            await asyncio.sleep(0)

    async def ask(self, *segments: bytes) -> Answer:
        """Feed one request and wait for its answer."""
        before = len(read_all(self.transport.written))
        await self.feed(*segments)
        answer = (await self.transport.answers(before + 1))[before]
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # until the connection waits for the next request
        return answer


class Daemon:
    """The application on an open store."""

    def __init__(self, services: Services, server: web.Server) -> None:
        self.services = services
        self._server = server

    def line(self) -> Line:
        """A new connection."""
        return Line(self._server())


def services_over(store: LocalStore, reader: Reader) -> Services:
    """The parts of a daemon over an open store."""
    return Services(
        settings=config.load({"data_dir": str(store.folder)}, {}),
        clock=store.clock,
        database=store.database,
        intake=store.intake,
        reader=reader,
        products=Products(()),
        desk=store.desk,
        hearing=Hearing(),
        open_page=lambda _: False,
        token=lambda: "t" * 64,
        counters=Counters(),
        connections=Connections(),
        rate=RateLimit(asyncio.get_running_loop().time),
        sessions=Sessions(store.clock, secrets.token_bytes),
        guesses=Guesses(store.clock.boot_seconds),
        hosts=guard.own_hosts(PORT),
    )


@contextlib.asynccontextmanager
async def serving(store: LocalStore) -> AsyncIterator[Daemon]:
    """The daemon's application and wire, without sockets."""
    reader = Reader(store.database.path, generation=lambda: 1, on_damage=lambda: asyncio.sleep(0, True))  # noqa: FBT003
    services = services_over(store, reader)
    runner = Runner(api.build(services), repeats=True, access_log=None)
    await runner.setup()
    try:
        yield Daemon(services, cast("web.Server", runner.server))
    finally:
        await runner.cleanup()
        await reader.close()
