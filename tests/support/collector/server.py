"""The collector on a real socket: `python -m tests.support.collector.server [--port N] [--tls PEM]`.

Job: put a desk on loopback, and do to connections what its script says.
Must not: decide an answer. As a program it prints its address, then obeys one JSON command a line from
standard input, answers each with a line, and ends with its input.
"""

import argparse
import asyncio
import contextlib
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Final

import msgspec

from tests.support.collector.desk import Command, Desk
from tests.support.collector.front import Answer
from tests.support.collector.heads import HEAD_BYTES, read_head
from tests.support.collector.script import BODILESS, How, Outcome

LINE_BYTES: Final = 64 << 20
"""A command, or what a long test saw."""
_ENDED: Final = (OSError, asyncio.IncompleteReadError)
"""The client is gone."""


class Server:
    """One listening socket; `url` once it is started."""

    def __init__(self, desk: Desk, *, port: int = 0, tls: Path | None = None) -> None:
        self.desk = desk
        self._port = port
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""

    async def start(self) -> None:
        """Listen."""
        context = None
        if self._tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._tls)
        self._server = await asyncio.start_server(
            self._connected, "127.0.0.1", self._port, ssl=context, limit=HEAD_BYTES
        )
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}" if context is None else f"https://localhost:{port}"

    async def stop(self) -> None:
        """Hang up on everybody."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its first byte to its last."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.desk.connections += 1
        try:
            with contextlib.suppress(*_ENDED):
                refusal = self.desk.script.next_refuses_connection()
                if refusal is not None:
                    await _end(refusal.how, reader, writer)
                while refusal is None and await self._exchange(reader, writer):
                    pass
        except asyncio.CancelledError:
            pass  # the server stops: the streams' own callback would report it as a fault
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; whether another may follow."""
        try:
            head = read_head(await reader.readuntil(b"\r\n\r\n"))
        except asyncio.LimitOverrunError:
            head = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        if isinstance(head, HTTPStatus):
            writer.write(_on_wire(Answer(head, (), b""), last=True))
            await _end("close", reader, writer)
            return False
        act = self.desk.script.next(head.with_body(b""))
        if act.stop == "request":
            await _end(act.how, reader, writer)
            return False
        if head.asks:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request = head.with_body(await reader.readexactly(head.length))
        outcome = self.desk.carry_out(act, request)
        await _write(outcome, writer, last=head.last)
        if act.stop or head.last:
            await _end(act.how if act.stop else "close", reader, writer)
        return not (act.stop or head.last)


async def _write(outcome: Outcome, writer: asyncio.StreamWriter, *, last: bool) -> None:
    """As much of the answer as is meant to arrive, at the pace that is meant."""
    act, planned = outcome.act, outcome.planned
    if planned is None or act.stop == "answer":
        return
    raw = _on_wire(planned, last=last)
    head = raw.index(b"\r\n\r\n") + 4
    if act.stop == "headers":
        raw = raw[: head // 2]
    elif act.stop == "body":
        raw = raw[: head + len(planned.body) // 2]
    step = 1 if act.drip_seconds else len(raw)
    for place in range(0, len(raw), step):
        if place:
            await asyncio.sleep(act.drip_seconds)
        writer.write(raw[place : place + step])
        await writer.drain()


def _on_wire(answer: Answer, *, last: bool) -> bytes:
    """With what HTTP itself needs."""
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Unheard Of"
    headers = [*answer.headers]
    if answer.status not in BODILESS:
        headers.append(("Content-Length", str(len(answer.body))))
    if last:
        headers.append(("Connection", "close"))
    lines = [f"HTTP/1.1 {int(answer.status)} {phrase}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + answer.body


async def _end(how: How, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What the client meets at the end: a reset, the end of the stream, or silence while it waits."""
    if how == "reset":
        at_once = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        return
    await writer.drain()
    if how == "close" and not writer.can_write_eof():  # TLS knows no half-closed connection
        writer.close()
        await writer.wait_closed()
        return
    if how == "close":
        writer.write_eof()
    while await reader.read(HEAD_BYTES):
        pass


@contextlib.contextmanager
def serving(desk: Desk | None = None, *, tls: Path | None = None) -> Iterator[Server]:
    """A collector in this process, on a loop and in a thread of its own."""
    server = Server(desk or Desk(), tls=tls)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="collector")
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result()
        yield server
    finally:
        if server.url:
            asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _obey_until_end(server: Server) -> None:
    await server.start()
    commands = asyncio.StreamReader(limit=LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(commands), sys.stdin
    )
    print(server.url, flush=True)  # noqa: T201  # for who started it
    while line := await commands.readline():
        seen = server.desk.obey(msgspec.json.decode(line, type=Command))
        print(msgspec.json.encode(seen).decode(), flush=True)  # noqa: T201  # as above
    await server.stop()


def main() -> None:
    """Serve until standard input ends."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--tls", type=Path, help="a file with key and certificates")
    given = arguments.parse_args()
    asyncio.run(_obey_until_end(Server(Desk(), port=given.port, tls=given.tls)))


if __name__ == "__main__":
    main()
