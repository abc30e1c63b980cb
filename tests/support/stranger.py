"""A server on loopback that says exactly what a test tells it, well-formed or not.

Job: take connections, keep every byte that came, and play one script for each connection.
Must not: know HTTP beyond the end of a request.
"""

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

Script: TypeAlias = Callable[["Caller"], Awaitable[None]]


class Caller:
    """One connection, as the script sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: bytearray) -> None:
        self._reader = reader
        self._writer = writer
        self._heard = heard

    async def listen(self) -> bytes:
        """One whole request, as long as its Content-Length says."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        self._heard += head
        length = re.search(rb"\r\nContent-Length: (\d+)\r\n", head)
        body = await self._reader.readexactly(int(length[1]) if length else 0)
        self._heard += body
        return head + body

    async def say(self, words: bytes) -> None:
        """Bytes, as they are; waits where the other end does not read."""
        self._writer.write(words)
        await self._writer.drain()

    async def wait(self) -> None:
        """Until the other end hangs up."""
        while await self._reader.read(65536):
            continue

    async def tunnel(self, port: int) -> None:
        """Carry bytes to a port on loopback and back until one side ends, as a proxy does."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        ways = [
            asyncio.create_task(_carry(self._reader, writer)),
            asyncio.create_task(_carry(reader, self._writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            writer.close()
            await asyncio.gather(*ways, writer.wait_closed(), return_exceptions=True)

    def half_close(self) -> None:
        """End our side alone."""
        self._writer.write_eof()

    def reset(self) -> None:
        """Break off with a reset instead of an end."""
        self._writer.transport.abort()


class Stranger:
    """The server.

    Attributes:
        port: where it listens on 127.0.0.1.
        heard: for each connection what came, in their order.
    """

    def __init__(self, script: Script) -> None:
        self.port = 0
        self.heard: list[bytearray] = []
        self._script = script
        self._playing: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until its script, its caller or the test is done."""
        task = asyncio.current_task()
        assert task is not None
        self._playing[task] = writer
        self.heard.append(bytearray())
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._script(Caller(reader, writer, self.heard[-1]))
        finally:
            writer.close()

    async def stop(self) -> None:
        """End what still plays, and wait until nothing is open."""
        for task in self._playing:
            task.cancel()
        ends = [writer.wait_closed() for writer in self._playing.values()]
        await asyncio.gather(*self._playing, *ends, return_exceptions=True)


@asynccontextmanager
async def stranger(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[Stranger]:
    """Such a server for as long as a test wants it."""
    found = Stranger(script)
    server = await asyncio.start_server(found.take, "127.0.0.1", 0, ssl=tls)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        await found.stop()
        await server.wait_closed()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()


def answering(answer: bytes) -> Script:
    """Listens to one request and answers with these bytes."""

    async def script(caller: Caller) -> None:
        await caller.listen()
        await caller.say(answer)

    return script
