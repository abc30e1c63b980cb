"""A load of keep-alive connections that post as fast as they are answered.

A protocol on bare asyncio: it costs a fraction of the server it measures, and runs on the other core.
"""

import asyncio
import re
import secrets
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Final

_LENGTH: Final = re.compile(rb"[Cc]ontent-[Ll]ength: (\d+)")
MODELS: Final = ("llama3.1:8b-instruct-q4_K_M", "qwen2.5-coder:7b", "mistral:7b", "phi3:mini")
TASKS: Final = ("code_generation", "chat", "summarization", "translation")
END_OF_HEAD: Final = b"\r\n\r\n"


class _Poster(asyncio.Protocol):
    """One connection: post, read the answer, post again."""

    def __init__(self, request: Callable[[], bytes], done: Callable[["_Poster", bool], bool]) -> None:
        self._request = request
        self._done = done
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # TCP gives no other
        self.transport = transport
        transport.write(self._request())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(END_OF_HEAD)
        length = _LENGTH.search(head)
        if not found or length is None or len(rest) < int(length[1]):
            return
        self._buffer = rest[int(length[1]) :]
        if self._done(self, head.startswith(b"HTTP/1.1 201")):
            self.transport.write(self._request())
        else:
            self.transport.close()


def http_request(port: int, body: bytes) -> bytes:
    """A whole POST of one record."""
    head = (
        f"POST /v1/feedback HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def ratings(port: int) -> Iterator[bytes]:
    """Requests without end: ratings of several models and tasks, each second one with a key of its own."""
    said = [
        f'{{"feedback_type":"rating","model":"{model}","rating":{stars},"task_category":"{task}"'
        for model in MODELS
        for task in TASKS
        for stars in range(1, 6)
    ]
    plain = [http_request(port, f"{each}}}".encode()) for each in said]
    run = secrets.token_hex(8)
    for number in count():
        yield plain[number % len(plain)]
        body = f'{said[number % len(said)]},"idempotency_key":"{run}-{number}"}}'
        yield http_request(port, body.encode())


async def post_for(port: int, connections: int, seconds: float) -> float:
    """Acknowledged requests a second over some seconds, after a quarter of them as warm-up.

    Raises:
        RuntimeError: an answer was no 201.
    """
    requests = ratings(port)
    warm = time.perf_counter() + seconds / 4
    end = warm + seconds
    counted, refused = 0, 0

    def done(_: _Poster, created: bool) -> bool:  # noqa: FBT001  # a callback
        nonlocal counted, refused
        now = time.perf_counter()
        counted += warm <= now < end
        refused += not created
        return now < end

    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: _Poster(lambda: next(requests), done), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.sleep(seconds * 1.25 + 0.2)
    for transport, _ in made:
        transport.close()
    if refused:
        raise RuntimeError(f"{refused} answers were no 201")
    return counted / seconds
