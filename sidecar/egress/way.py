"""The one connection of a letter, checked at the moment it is opened.

Job: give aiohttp a connector that opens allowed addresses alone and trusts the system's certificates alone.
Must not: keep a connection, a session of TLS or an answer of a name server for the next letter.

The address is judged where the socket for it is made, so between the look-up of a name and the connection no
name server can change its mind: what is judged is what is connected to.
"""

import asyncio
import errno
import os
import socket
import ssl
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from sidecar.addresses import may_connect
from sidecar.egress.names import LookUp, Names

AddrInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]
"""As `aiohappyeyeballs` writes what the socket module leaves open."""

EXACT: Final = 1e9
"""Seconds from which on aiohttp may round a limit up to whole ones: never."""


class Way:
    """What one letter's connection is opened with.

    Attributes:
        turned_back: addresses that were refused.
        tried: addresses that a socket was opened for.
    """

    def __init__(self, *, private: bool, clear: bool, proxied: bool) -> None:
        self._private = private
        self._clear = clear
        self._proxied = proxied
        self.turned_back = 0
        self.tried = 0

    @property
    def is_closed(self) -> bool:
        """Whether every address led where no letter may go."""
        return self.turned_back > 0 and self.tried == 0

    async def connector(self, look_up: LookUp) -> aiohttp.TCPConnector:
        """The connector of one session. Reading the certificates takes some 20 ms, and a thread."""
        trust = False if self._clear else await asyncio.to_thread(_trust)
        return aiohttp.TCPConnector(
            ssl=trust,
            resolver=Names(look_up),
            use_dns_cache=False,
            force_close=True,
            limit=1,
            socket_factory=self._open,
            timeout_ceil_threshold=EXACT,
        )

    def _open(self, info: AddrInfo) -> socket.socket:
        """The socket for an address, or a refusal. The owner's proxy may stand anywhere."""
        family, kind, protocol, _, where = info
        address = ip_address(where[0])
        if not (self._proxied or may_connect(address, private=self._private, clear=self._clear)):
            self.turned_back += 1
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        self.tried += 1
        return socket.socket(family, kind, protocol)


def proxy_of(host: str) -> str | None:
    """The proxy that the environment names for TLS to a host; None for none.

    Without TLS only this machine itself is spoken to, and no proxy is asked to do that.
    """
    if proxy_bypass(host):
        return None
    named = getproxies().get("https") or None
    return named if named is None or "://" in named else f"http://{named}"


def is_proxy(url: str) -> bool:
    """Whether a proxy can be spoken to. Past one without a host aiohttp would go straight to the server."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _trust() -> ssl.SSLContext:
    """What the system trusts. Not `create_default_context`: it lets SSLKEYLOGFILE write the keys down."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which verifies certificate and name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    return context
