"""Sending: one letter, one connection, one answer or one reason.

Job: carry the bytes there and back in the time there is, and say whether any may have left.
Must not: repeat, follow a redirect, unpack what comes back, or raise anything but a cancellation.

What goes out is the letter and these headers, in a fixed form: Host, User-Agent without a version, Accept,
Accept-Encoding: identity, Content-Length, Connection: close. No cookie, language or platform.
"""

import asyncio
import logging
from collections.abc import Iterable, Sized
from types import SimpleNamespace
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp import hdrs
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong

from sidecar.addresses import fault_of_url, is_private
from sidecar.egress.letter import MAX_ANSWER_BYTES, Answer, Failure, Letter, Patience, Why, is_ours
from sidecar.egress.names import LookUp, look_up
from sidecar.egress.way import Way, is_proxy, proxy_of

USER_AGENT: Final = "feedback-sidecar"
FIXED: Final = {hdrs.USER_AGENT: USER_AGENT, hdrs.ACCEPT: "*/*", hdrs.ACCEPT_ENCODING: "identity"}
MAX_LINE: Final = 4_096  # bytes of a status line, a header's name or value; ours have under 200
MAX_HEADERS: Final = 64
PATIENCE: Final = Patience()


class _TooLarge(Exception):  # noqa: N818  # never leaves this module
    """The answer is longer than any of ours."""


REASONS: Final[tuple[tuple[type[Exception], Why], ...]] = (
    (TimeoutError, "timeout"),
    (_TooLarge, "too_large"),
    (LineTooLong, "too_large"),
    (aiohttp.ClientConnectorDNSError, "dns"),
    (aiohttp.ClientSSLError, "tls"),
    (aiohttp.ClientConnectorError, "connect"),
    (aiohttp.ClientPayloadError, "reset"),  # in the body a broken chunk and a missing one look alike
    (BadHttpMessage, "protocol"),
    (aiohttp.ClientResponseError, "protocol"),
    (aiohttp.ClientError, "reset"),
    (OSError, "reset"),
)
"""Of an error or its cause, the first that fits."""
OF_THE_SERVER: Final = frozenset({"timeout", "tls"})  # all else before the letter leaves is its proxy's

log = logging.getLogger(__name__)


async def send(
    letter: Letter, *, trust_env: bool = False, patience: Patience = PATIENCE, look_up: LookUp = look_up
) -> Answer | Failure:
    """Carry a letter to its server, once.

    Args:
        letter: what goes out.
        trust_env: whether the proxy that the environment names is used; never for this machine itself.
        patience: how long it may take.
        look_up: finds the addresses of a name.
    """
    if fault_of_url(letter.url) is not None or not is_ours(letter):
        return Failure("letter", sent_maybe=False)
    near = is_private(letter.url)
    if near and not letter.private:
        return Failure("forbidden_address", sent_maybe=False)
    proxy = proxy_of(urlsplit(letter.url).hostname or "") if trust_env and not near else None
    if proxy is not None and not is_proxy(proxy):
        return Failure("proxy", sent_maybe=False)
    errand = _Errand(letter, near=near, proxy=proxy)
    try:
        async with asyncio.timeout(patience.total_seconds):
            return await errand.run(patience, look_up)
    except Exception as fault:  # noqa: BLE001  # whoever armed a letter has to be told what became of it
        return Failure(errand.why(fault), sent_maybe=errand.left)


class _Errand:
    """One letter on its way.

    Attributes:
        left: whether a byte of the letter may have left this machine.
    """

    def __init__(self, letter: Letter, *, near: bool, proxy: str | None) -> None:
        self._letter = letter
        self._proxy = proxy
        self._way = Way(
            private=near,  # not `letter.private`: a name of the internet never leads inside
            clear=urlsplit(letter.url).scheme == "http",
            proxied=proxy is not None,
        )
        self._sent = 0
        self.left = False

    async def run(self, patience: Patience, look_up: LookUp) -> Answer:
        """There and back.

        Raises:
            Exception: whatever hindered it; `why` knows.
        """
        letter = self._letter
        async with (
            aiohttp.ClientSession(
                connector=await self._way.connector(look_up),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,  # it would read passwords from .netrc too
                auto_decompress=False,
                read_bufsize=MAX_ANSWER_BYTES,
                max_line_size=MAX_LINE,
                max_field_size=MAX_LINE,
                max_headers=MAX_HEADERS,
                skip_auto_headers=[hdrs.CONTENT_TYPE],
                timeout=aiohttp.ClientTimeout(total=None, connect=patience.connect_seconds),
                trace_configs=[self._watch()],
                middlewares=[self._once],
            ) as session,
            session.request(
                letter.method,
                letter.url,
                headers=letter.headers | FIXED,
                data=letter.body or None,
                allow_redirects=False,
                proxy=self._proxy,
                proxy_headers=None if self._proxy is None else FIXED,
            ) as response,
        ):
            return await self._read(response)

    def why(self, fault: Exception) -> Why:
        """The reason behind an error, never its words: they may be the server's."""
        if self._way.is_closed:
            return "forbidden_address"
        reason = next(
            (why for kind, why in REASONS if isinstance(fault, kind) or isinstance(fault.__cause__, kind)),
            None,
        )
        if self._proxy is not None and not self.left and reason not in OF_THE_SERVER:
            return "proxy"
        if reason is None:
            log.error("a letter ended with %s", type(fault).__name__)
        return reason or "fault"

    async def _read(self, response: aiohttp.ClientResponse) -> Answer:
        body = bytearray()
        while piece := await response.content.readany():
            body += piece
            if len(body) > MAX_ANSWER_BYTES:
                raise _TooLarge
        line = f"HTTP/1.1 {response.status} {response.reason}"
        return Answer(
            status=response.status,
            body=bytes(body),
            retry_after=_plain(response.headers.get(hdrs.RETRY_AFTER)),
            content_type=_plain(response.headers.get(hdrs.CONTENT_TYPE)),
            sent=self._sent,
            received=_head_bytes(line, response.raw_headers) + len(body),
        )

    async def _once(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Let the letter out once: aiohttp repeats a PUT or DELETE by itself when the connection breaks."""
        if self.left:
            raise aiohttp.ServerDisconnectedError
        return await handler(request)

    def _watch(self) -> aiohttp.TraceConfig:
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(self._leaves)
        return trace

    async def _leaves(
        self,
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        head: aiohttp.TraceRequestHeadersSentParams,
    ) -> None:
        """Called when a connection stands, just before the first byte is written."""
        self.left = True
        line = f"{head.method} {head.url.raw_path} HTTP/1.1"
        self._sent = _head_bytes(line, head.headers.items()) + len(self._letter.body)


def _head_bytes(line: str, headers: Iterable[tuple[Sized, Sized]]) -> int:
    """The length of a head as it is written: a line, `name: value` for each header, an empty line."""
    return len(line) + 2 + sum(len(name) + len(value) + 4 for name, value in headers) + 2


def _plain(value: str | None) -> str | None:
    """A header that a server wrote as headers are written; None for anything else."""
    return value if value is not None and value.isascii() and value.isprintable() else None
