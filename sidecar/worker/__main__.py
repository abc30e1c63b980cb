"""`python -m sidecar.worker`: one question as JSON on standard input, its answer as JSON on standard output.

Job: bind itself to limits, answer, end.
Must not: write anywhere but to standard output.

    exit 0: the answer is on stdout · exit UNREADABLE: the store's file could not be read
"""

import sys
from typing import Final

import msgspec

from sidecar.errors import StoreUnavailable
from sidecar.worker.ask import UNREADABLE
from sidecar.worker.comparing import Compare, compared
from sidecar.worker.triaging import Triage, triaged

MOST_MEMORY_BYTES: Final = 512 * 1024 * 1024
"""Of addresses. Two hundred contestants take a tenth, twenty thousand wishes a half; what needs more than
this has gone astray."""

MOST_CPU_SECONDS: Final = 30
"""Should the daemon be gone that would have ended it."""


def bind() -> None:
    """Let the system end this process before it harms others, and run after them; Unix alone can."""
    if sys.platform == "win32":
        return
    import os  # noqa: PLC0415  with the next one, which Windows lacks
    import resource  # noqa: PLC0415

    for limit, most in (
        (resource.RLIMIT_AS, MOST_MEMORY_BYTES),
        (resource.RLIMIT_CPU, MOST_CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        if hard == resource.RLIM_INFINITY or hard >= most:
            resource.setrlimit(limit, (most, most))
    os.nice(5)


def main() -> int:
    """Answer one question; returns the exit code."""
    bind()
    told = msgspec.json.decode(sys.stdin.buffer.read(), type=Compare | Triage)
    try:
        found = compared(told) if isinstance(told, Compare) else triaged(told)
    except StoreUnavailable:
        return UNREADABLE
    sys.stdout.buffer.write(msgspec.json.encode(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
