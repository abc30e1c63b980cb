"""The wire: what is answered to bytes that never became a request.

Job: give malformed HTTP a problem like every other refusal, and keep its words out of the log.
Must not: touch a request that could be read; the gate in `app` answers those.

aiohttp's own answer and log line quote the bytes at fault, which may be a prompt that went to the wrong port.
"""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.web_protocol import RequestHandler, _ErrInfo

from sidecar.api import problems
from sidecar.api.headers import SAME_ORIGIN
from sidecar.errors import SidecarError

log = logging.getLogger(__name__)

Answering = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Runner(web.AppRunner):
    """aiohttp's runner, with connections that repeat nothing of what they could not read."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        answering = _without_quotes(made.request_handler)
        # A compressed body is refused by its header; nothing unpacks it before.
        return _Server(answering, request_factory=made.request_factory, auto_decompress=False, **self._kwargs)


class _Server(web.Server):
    """Makes a `_Connection` where aiohttp makes a `RequestHandler`."""

    def __call__(self) -> RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Connection(RequestHandler):
    """One connection."""

    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """As aiohttp, and a handler learns when the rest of its body will never come."""
        super().data_received(data)
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
