"""Random ids from a pool.

Job: give unguessable bytes without a system call for each record: one costs as much as a tenth of a request.
Must not: hand out a byte twice.
"""

from collections.abc import Callable
from typing import Final

POOL_BYTES: Final = 4096  # 256 ids a call


class RandomPool:
    """Bytes of the system's generator, read in large pieces; for one thread."""

    def __init__(self, source: Callable[[int], bytes]) -> None:
        self._source = source
        self._pool = b""
        self._used = 0

    def __call__(self, size: int) -> bytes:
        """The next `size` bytes, at most `POOL_BYTES`."""
        if self._used + size > len(self._pool):
            self._pool, self._used = self._source(POOL_BYTES), 0
        self._used += size
        return self._pool[self._used - size : self._used]
