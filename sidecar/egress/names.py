"""The addresses of a name, as the system knows them.

Job: ask the system's resolver without holding up the loop, the process, or its end.
Must not: keep an answer, or judge it; the way does, address by address.

The system can take half a minute to give a name up, and a call in it cannot be broken off. So it is made in
a daemon thread of its own: the loop's pool would be waited for when the daemon stops.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

FAMILIES: Final = (socket.AF_INET, socket.AF_INET6)
MOST: Final = 8  # addresses of one name that are tried; a name server may name a thousand

LookUp: TypeAlias = Callable[[str], Sequence[str]]
"""The addresses of a name, as text. Blocks.

Raises:
    OSError: there are none, or nobody could be asked.
"""


def look_up(host: str) -> list[str]:
    """Ask the system."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(where[0]) for family, *_, where in found if family in FAMILIES]


class Names(AbstractResolver):
    """The resolver of one connection."""

    def __init__(self, look_up: LookUp) -> None:
        self._look_up = look_up

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002  # always both
    ) -> list[ResolveResult]:
        """Its addresses, in the order of the system."""
        found = list(await _in_a_thread(self._look_up, host))[:MOST]
        if not found:
            raise OSError("the name has no address")
        return [
            ResolveResult(hostname=host, host=address, port=port, family=_family(address), proto=0, flags=0)
            for address in found
        ]

    async def close(self) -> None:
        """Nothing is open."""


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


async def _in_a_thread(look_up: LookUp, host: str) -> Sequence[str]:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[str]] = loop.create_future()

    def settle(found: Sequence[str], fault: OSError | None) -> None:
        if answer.done():  # the time was up
            return
        if fault is None:
            answer.set_result(found)
        else:
            answer.set_exception(fault)

    def ask() -> None:
        found: Sequence[str] = ()
        fault: OSError | None = None
        try:
            found = look_up(host)
        except OSError as refused:
            fault = refused
        except UnicodeError:  # a label that the system's encoding does not take
            fault = OSError("the name cannot be asked for")
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, found, fault)

    threading.Thread(target=ask, name="names", daemon=True).start()
    return await answer
