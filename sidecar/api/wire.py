"""The wire: what is answered to bytes that never became a request.

Job: give malformed HTTP a problem like every other refusal, and keep its words out of the log.
Must not: touch a request that could be read; the gate in `app` answers those.

aiohttp's own answer and log line quote the bytes at fault, which may be a prompt that went to the wrong port.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import http_parser, web
from aiohttp.web_protocol import RequestHandler, _ErrInfo

from sidecar.api import problems
from sidecar.api.connections import Connections
from sidecar.api.headers import SAME_ORIGIN
from sidecar.api.limits import RateLimit
from sidecar.api.patience import Phase
from sidecar.api.services import Services
from sidecar.errors import SidecarError, StartupError

log = logging.getLogger(__name__)

Answering = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


MAX_LINE: Final = 8190  # bytes of the first line, and of one field: cookies of other local pages come along
MAX_FIELDS: Final = 64  # of one head; a browser sends twenty
READ_BYTES: Final = 64 * 1024  # at a time; asyncio's 256 KiB of each of 256 connections are 64 MiB at once
LINGER_SECONDS: Final = 1.0  # to throw a refused body away: hanging up at once would take the answer along


def check_parser() -> None:
    """Heads are read by the compiled parser.

    Raises:
        StartupError: aiohttp runs without it: the other one is tens of times slower, and read as other rules.
    """
    if http_parser.HttpRequestParser is http_parser.HttpRequestParserPy:
        raise StartupError(
            "aiohttp runs without its compiled parser; "
            "unset AIOHTTP_NO_EXTENSIONS, or install aiohttp from a wheel"
        )


class Runner(web.AppRunner):
    """aiohttp's runner, with connections that repeat nothing of what they could not read."""

    def __init__(self, app: web.Application, *, services: Services, **how: Any) -> None:  # noqa: ANN401  # aiohttp's own
        limits: dict[str, Any] = {
            "max_line_size": MAX_LINE,
            "max_field_size": MAX_LINE,
            "max_headers": MAX_FIELDS,
        }
        super().__init__(app, **(limits | {"lingering_time": LINGER_SECONDS} | how))
        self._services = services

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        answering = _without_quotes(made.request_handler)
        # A compressed body is refused by its header; nothing unpacks it before.
        server = _Server(
            answering, request_factory=made.request_factory, auto_decompress=False, **self._kwargs
        )
        server.lines, server.rate = self._services.connections, self._services.rate
        return server


class _Server(web.Server):
    """Makes a `_Connection` where aiohttp makes a `RequestHandler`."""

    lines: Connections
    rate: RateLimit

    def __call__(self) -> RequestHandler:
        connection = _Connection(self, loop=self._loop, **self._kwargs)
        connection.server = self
        return connection


class _Connection(RequestHandler):
    """One connection."""

    __slots__ = ("_in_head", "_line", "server")

    server: _Server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As aiohttp, and it takes a place."""
        super().connection_made(transport)
        transport.max_size = READ_BYTES  # type: ignore[attr-defined]  # of every selector transport
        self._in_head = False
        self._line = self.server.lines.enter(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """As aiohttp, and its place is free."""
        self.server.lines.leave(self)
        self.server.rate.leave(self)
        super().connection_lost(exc)

    def look(self) -> tuple[Phase, int]:
        """What goes on here, and how many bytes of its answer the other side has taken."""
        request, waiter = self._current_request, self._waiter
        if request is not None:
            if request.writer.output_size:
                unsent = self.transport.get_write_buffer_size() if self.transport is not None else 0
                return Phase.ANSWER, request.writer.output_size - unsent
            return (Phase.WORK if request.content.is_eof() else Phase.BODY), 0
        if waiter is None:
            return Phase.BODY, 0  # answered already, and the rest of it is thrown away
        if waiter.done():
            return Phase.WORK, 0
        if self._in_head:
            return Phase.HEAD, 0
        return (Phase.IDLE if self._request_count else Phase.SILENT), 0

    def drop(self) -> None:
        """End it at once, with all that was not sent."""
        if self.transport is not None:
            self.transport.abort()

    def hurry(self) -> None:
        """Break off the work; the gate answers for it."""
        if self._task_handler is not None:
            self._task_handler.cancel()

    def data_received(self, data: bytes) -> None:
        """As aiohttp, and a handler learns when the rest of its body will never come."""
        super().data_received(data)
        self._in_head = self._waiter is not None and not self._waiter.done()
        self.server.lines.received(self._line, len(data), self._request_count)
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
            answer = problems.response(problems.unreadable())
        else:
            log.error("an answer failed", exc_info=exc)  # `logfile` keeps the places and leaves the words out
            answer = problems.response(SidecarError("this is a bug; the daemon's log says where"))
        answer.headers.update(SAME_ORIGIN)
        answer.force_close()
        return answer


def _without_quotes(answering: Answering) -> Answering:
    """Without it aiohttp refuses an unknown `Expect` before any middleware, in words that repeat it."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await answering(request)
        except web.HTTPException as fault:
            return problems.response_to_http(fault)

    return answer
