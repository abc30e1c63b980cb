"""The wire: one connection, from its bytes to the gate in `app` or to the short way of `repeats`.

Job: tell a repetition from a request that has to be read, give malformed HTTP a problem like every other
refusal, and keep its words out of the log.
Must not: answer a request that could be read. With `runner` it alone knows private names of aiohttp.

aiohttp's own answer and log line quote the bytes at fault, which may be a prompt that went to the wrong port.
"""

import asyncio
import logging
from collections.abc import Collection
from functools import partial
from typing import Any

from aiohttp import hdrs, web
from aiohttp.web_protocol import RequestHandler, _ErrInfo

from sidecar.api import problems
from sidecar.api.headers import SAME_ORIGIN
from sidecar.api.parser import READ_BYTES
from sidecar.api.patience import Phase
from sidecar.api.repeats import END_OF_HEAD, Heads, store
from sidecar.api.services import Services
from sidecar.peer import Peer, Peers

log = logging.getLogger(__name__)


class Connection(RequestHandler):
    """One connection: each request goes the long way of aiohttp, a repetition the short one of `repeats`.

    Attributes:
        peer: who is at its other end; None where that is not asked, because callers come from elsewhere.
    """

    __slots__ = (
        "_alone",
        "_heads",
        "_held",
        "_in_head",
        "_line",
        "_peers",
        "_services",
        "_storing",
        "_turn",
        "_waits",
        "_whole",
        "peer",
    )

    def __init__(
        self,
        manager: web.Server,
        services: Services,
        peers: Peers | None,
        **kwargs: Any,  # noqa: ANN401  # aiohttp's own
    ) -> None:
        super().__init__(manager, **kwargs)
        self.peer: Peer | None = None
        self._services = services
        self._peers = peers
        self._heads = Heads()
        self._storing = False  # a repetition is on its way to the disk
        self._held = b""  # what came after it
        self._whole = True  # all that came so far was whole requests: the parser holds no half of one
        self._alone: tuple[bytes, int] | None = None  # head and body length of the one request in progress
        self._in_head = False  # a head has begun and is not whole
        self._waits = False  # a request stands in the line of `turns`
        self._turn = False  # the next request has had its turn already

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As aiohttp, and it takes a place; whoever is there can be told apart later."""
        super().connection_made(transport)
        if self._peers is not None:
            self.peer = Peer(self._peers, transport.get_extra_info("socket"))
        transport.max_size = READ_BYTES  # type: ignore[attr-defined]  # of every selector transport
        self._line = self._services.connections.enter(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """As aiohttp, and its place is free."""
        self._services.connections.leave(self)
        self._services.rate.leave(self)
        super().connection_lost(exc)

    def look(self) -> tuple[Phase, int]:
        """What goes on here, and how many bytes of its answer the other side has taken."""
        if self._storing or self._waits:
            return Phase.WORK, 0
        if self._current_request is not None:
            return self._look_at(self._current_request)
        if self._waiter is None:
            return Phase.BODY, 0  # answered already, and the rest of it is thrown away
        if self._waiter.done():
            return Phase.WORK, 0
        if self._in_head:
            return Phase.HEAD, 0
        return (Phase.IDLE if self._request_count else Phase.SILENT), 0

    def _look_at(self, request: web.BaseRequest) -> tuple[Phase, int]:
        if not request.writer.output_size:
            return (Phase.WORK if request.content.is_eof() else Phase.BODY), 0
        unsent = self.transport.get_write_buffer_size() if self.transport is not None else 0
        return Phase.ANSWER, request.writer.output_size - unsent

    def drop(self) -> None:
        """End it at once, with all that was not sent."""
        if self.transport is not None:
            self.transport.abort()

    def hurry(self) -> None:
        """Break off the work; the gate answers for it, where the long way was gone."""
        if self._storing or self._waits:
            self.drop()
        elif self._task_handler is not None:
            self._task_handler.cancel()

    def data_received(self, data: bytes) -> None:
        """The short way for a repetition, which never waits; else as aiohttp, when it has its turn."""
        if not data:
            super().data_received(data)  # aiohttp asks its parser to go on with what it holds
        elif self._storing:
            self._hold(data)
        elif self._repeats(data):
            pass
        elif not self._is_idle or self._services.turns.take(self._begin, known=self._request_count > 0):
            self._turn = self._turn or self._is_idle
            self._parse(data)
        else:
            self._waits = True
            self._hold(data)

    def _hold(self, data: bytes) -> None:
        """Keep what came too early, and take no more."""
        self._held += data
        if self.transport is not None:
            self.transport.pause_reading()

    def _begin(self) -> None:
        """It has its turn."""
        self._waits, self._turn = False, True
        held, self._held = self._held, b""
        if self.transport is not None:
            self.transport.resume_reading()
            self._parse(held)

    async def _handle_request(self, *asked: Any) -> tuple[web.StreamResponse, bool]:  # noqa: ANN401  # aiohttp's own
        """As aiohttp; a request that came together with others waits for a turn of its own."""
        if not self._turn:
            await self._wait_in_line()
        self._turn = False
        return await super()._handle_request(*asked)

    async def _wait_in_line(self) -> None:
        called: asyncio.Future[None] = self._loop.create_future()
        if self._services.turns.take(partial(_call, called), known=True):
            return
        self._waits = True
        try:
            await called
        finally:
            self._waits = False

    def remember(self) -> None:
        """The request in progress would pass again."""
        if self._alone is not None:
            self._heads.keep(*self._alone)

    def _repeats(self, data: bytes) -> bool:
        """Begin the short way, where it can be gone."""
        body = self._heads.body(data)
        if body is None or not self._is_idle or not store(self._services, self, body, self._answer):
            return False
        self._storing = self._request_in_progress = True
        self._request_count += 1
        self._services.connections.received(self._line, len(data), self._request_count)
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        return True

    def _answer(self, whole: bytes) -> None:
        """End the short way."""
        self._storing = self._request_in_progress = False
        if self._handler_waiter is not None and not self._handler_waiter.done():
            self._handler_waiter.set_result(None)  # a shutdown waits for it
        if self.transport is None:
            return
        self.transport.write(whole)
        if self._held:
            held, self._held = self._held, b""
            self.transport.resume_reading()
            self._loop.call_soon(self.data_received, held)

    @property
    def _is_idle(self) -> bool:
        waits = self._waiter is not None and not self._waiter.done() and not self._messages
        return waits and self._whole and not (self._close or self._force_close or self._paused)

    def _parse(self, data: bytes) -> None:
        """As aiohttp, and a handler learns when the rest of its body will never come."""
        first = self._whole and self._current_request is None and not self._messages
        super().data_received(data)
        self._alone = _one_request(data, self._messages) if first else None
        self._whole = self._alone is not None
        self._in_head = self._waiter is not None and not self._waiter.done()
        self._services.connections.received(self._line, len(data), self._request_count)
        if self._messages and isinstance(self._messages[-1][0], _ErrInfo):
            self._break_off()

    def _break_off(self) -> None:
        """End every body that is still awaited: aiohttp (3.14.5) leaves its reader waiting for ever."""
        awaited = [payload for _, payload in self._messages]
        if self._current_request is not None:
            awaited.append(self._current_request.content)
        for payload in awaited:
            if not payload.is_eof():
                payload.set_exception(web.RequestPayloadError())
                payload.feed_eof()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  # quotes the bytes at fault
    ) -> web.StreamResponse:
        """A problem, and a line in the log that only names the kind of fault."""
        if request.writer.output_size > 0:
            raise ConnectionResetError  # half an answer is out: all that is left is to hang up
        if status == web.HTTPBadRequest.status_code:
            log.info("bytes that are no request were refused: %s", type(exc).__name__)
            answer = problems.response(problems.unreadable(exc))
        else:
            log.error("an answer failed", exc_info=exc)  # `logfile` keeps the places and leaves the words out
            answer = problems.response(problems.bug())
        answer.headers.update(SAME_ORIGIN)
        answer.force_close()
        return answer


def is_local(request: web.BaseRequest) -> bool:
    """Whether a request came over the Unix socket, to which no browser leads a page."""
    transport = request.transport
    return transport is not None and isinstance(transport.get_extra_info("sockname"), str | bytes)


async def is_foreign(request: web.BaseRequest) -> bool:
    """Whether another user of this machine asks; looked up with the first request of a connection."""
    connection = request.protocol
    peer = connection.peer if isinstance(connection, Connection) else None
    return peer is not None and await peer.is_foreign()


def _call(waiting: asyncio.Future[None]) -> None:
    """Wake who stands in the line, unless it has left."""
    if not waiting.done():
        waiting.set_result(None)


def _one_request(data: bytes, messages: Collection[Any]) -> tuple[bytes, int] | None:
    """The head of the one request that begins and ends in these bytes, and the length of its body."""
    if len(messages) != 1:
        return None
    ((message, payload),) = messages
    head, _, body = data.partition(END_OF_HEAD)
    if isinstance(message, _ErrInfo) or message.chunked or message.upgrade or not payload.is_eof():
        return None
    return (head, len(body)) if message.headers.get(hdrs.CONTENT_LENGTH, "0") == str(len(body)) else None
