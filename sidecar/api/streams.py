"""Streams: pages that wait to hear that the store has changed.

Job: bound their number, and end all of them when the daemon stops.
Must not: know what is told.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Final

from sidecar.errors import TooManyStreams

MOST: Final = 16  # pages that somebody has before their eyes; each holds a connection
RETRY_SECONDS: Final = 30


class Streams:
    """All that are open."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._open = 0
        self._over = asyncio.Event()

    def __len__(self) -> int:
        return self._open

    @property
    def are_over(self) -> bool:
        """Whether the daemon stops."""
        return self._over.is_set()

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place as long as the stream is open.

        Raises:
            TooManyStreams: all are taken.
        """
        if self._open >= self._most:
            raise TooManyStreams("close a tab of the dashboard, or ask again", retry_after=RETRY_SECONDS)
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    async def rest(self, seconds: float) -> None:
        """Wait, but not beyond the end."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), seconds)

    def end_all(self) -> None:
        """Let every stream end now."""
        self._over.set()
