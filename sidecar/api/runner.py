"""The runner: aiohttp's server, with connections of our own kind.

Job: make a `Connection` of `wire` for each caller, and remember there what passed.
Must not: read or answer a request. With `wire` it alone knows private names of aiohttp.
"""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from sidecar.api import problems
from sidecar.api.parser import LIMITS
from sidecar.api.repeats import is_plain
from sidecar.api.services import SERVICES, Services
from sidecar.api.wire import Connection
from sidecar.peer import Peers

Answering = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Runner(web.AppRunner):
    """aiohttp's runner, with connections that repeat nothing of what they could not read.

    Args:
        app: what is served.
        peers: tells whose connections they are; left out where callers come from other machines.
        repeats: whether a head that passed passes again; not where it carries a secret.
        how: what aiohttp's runner takes.
    """

    def __init__(
        self,
        app: web.Application,
        *,
        peers: Peers | None = None,
        repeats: bool = False,
        **how: Any,  # noqa: ANN401  # aiohttp's own
    ) -> None:
        super().__init__(app, **({**LIMITS} | how))
        self._peers = peers
        self._repeats = repeats

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(
            _answering(made.request_handler, repeats=self._repeats),
            request_factory=made.request_factory,
            services=self.app[SERVICES],
            peers=self._peers,
            auto_decompress=False,  # a compressed body is refused by its header; nothing unpacks it before
            **self._kwargs,
        )


class _Server(web.Server):
    """Makes a `Connection` where aiohttp makes a `RequestHandler`."""

    def __init__(
        self,
        handler: Answering,
        *,
        services: Services,
        peers: Peers | None,
        **kwargs: Any,  # noqa: ANN401  # aiohttp's own
    ) -> None:
        super().__init__(handler, **kwargs)
        self._services = services
        self._peers = peers

    def __call__(self) -> RequestHandler:
        return Connection(self, self._services, self._peers, loop=self._loop, **self._kwargs)


def _answering(answering: Answering, *, repeats: bool) -> Answering:
    """Remember what passed. aiohttp refuses an unknown `Expect` before any middleware, in quoting words."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        try:
            found = await answering(request)
        except web.HTTPException as fault:
            return problems.response_to_http(fault)
        connection = cast("Connection", request.protocol)
        if connection._upgraded:  # noqa: SLF001  # aiohttp would keep what follows, and never read it
            found.force_close()
        elif repeats and is_plain(request, found):
            connection.remember()
        return found

    return answer
