"""`python -m sidecar.worker`: one question as JSON on standard input, its answer as JSON on standard output.

Job: bind itself to limits, answer, end.
Must not: open a file, or see anything but names and counts.
"""

import random
import sys
from typing import Final

import msgspec

from sidecar.insight.comparisons import ComparisonQuestion, answer

SEED: Final = 1952
"""The same counts give the same answer, to the last digit."""

MOST_MEMORY_BYTES: Final = 512 * 1024 * 1024
"""Of addresses. Two hundred contestants take a tenth; what needs more than this has gone astray."""

MOST_CPU_SECONDS: Final = 20
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


def main() -> None:
    """Answer one question."""
    bind()
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=ComparisonQuestion)
    draw = random.Random(SEED).gauss  # noqa: S311  a simulation, no secret
    sys.stdout.buffer.write(msgspec.json.encode(answer(question, lambda: draw(0.0, 1.0))))


if __name__ == "__main__":
    main()
