"""Random ids from a pool.

Job: give unguessable ids without a system call for each record: one costs as much as a tenth of a request.
Must not: hand out a byte twice.

The ids of one pool share their first two bytes, so that records which come together stand together in the
index of ids: a commit writes two of its pages instead of one for every record. What is left is 112 random
bits, where 80 are beyond guessing (OWASP asks 64 of a session id), and no order: a prefix tells that two ids
were given in the same run of 292, not which was first.
"""

from collections.abc import Callable
from typing import Final

POOL_BYTES: Final = 4096  # one call of the system for 292 ids
SHARED_BYTES: Final = 2


class IdPool:
    """Ids made of the system's random bytes, read in large pieces; for one thread."""

    def __init__(self, source: Callable[[int], bytes]) -> None:
        self._source = source
        self._pool = b""
        self._used = 0

    def __call__(self, size: int) -> bytes:
        """The next id of `size` bytes, at most `POOL_BYTES` of them."""
        own = size - SHARED_BYTES
        if self._used + own > len(self._pool):
            self._pool, self._used = self._source(POOL_BYTES), SHARED_BYTES
        self._used += own
        return self._pool[:SHARED_BYTES] + self._pool[self._used - own : self._used]
