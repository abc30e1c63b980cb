"""Patience: how long a connection may take for what it does, and which one goes when there are too many.

Job: decide, from what a connection does and since when.
Must not: touch a connection, or know a clock; `connections` looks and acts.

    silent -> head -> body -> work -> answer -> idle -> head ...        what does not end in time is dropped

Who goes first when there is no place left: the one that is slowest with a head, then who never said anything,
who has nothing to say just now, who is slow with a body, whose reader stands still. A request at work never
goes to make place.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from msgspec import Struct

HEAD_SECONDS: Final = 10.0  # from the connection, or from the first byte, to the whole head; a slow machine's
BODY_SECONDS: Final = 10.0  # for any body, and beyond it as long as the rate is held
BODY_BYTES: Final = 8 * 1024 * 1024  # on the line; 1 MiB is taken, the rest is how it was cut into chunks
BODY_RATE: Final = 16 * 1024  # bytes a second; loopback carries ten thousand times as much
WORK_SECONDS: Final = 60.0  # ten times what a locked file and a full queue may take together
LAST_WORD_SECONDS: Final = 5.0  # after the time for work, to say so
STILL_SECONDS: Final = 30.0  # in which the reader of an answer took nothing
IDLE_SECONDS: Final = 60.0  # between two requests; browsers and clients open a new connection by themselves

HELD_BYTES: Final = 8 * 1024 * 1024  # of requests that are not whole yet, together; in memory thrice as much
FEW_BYTES: Final = 4 * 1024  # a head of the usual size: dropping it would gain nothing


class Phase(IntEnum):
    """What a connection does; the lower goes first when a place is needed."""

    HEAD = 1
    SILENT = 2
    IDLE = 3
    BODY = 4
    ANSWER = 5
    WORK = 6


class Standing(Struct, frozen=True):
    """One connection as it stands.

    Attributes:
        seconds: in this phase.
        moved: bytes that came (body) or went (answer) in this phase.
        still: seconds in which nothing moved.
        held: bytes of it that lie in memory and belong to no whole request.
    """

    phase: Phase
    seconds: float = 0.0
    moved: int = 0
    still: float = 0.0
    held: int = 0


def is_overdue(standing: Standing) -> bool:
    """Whether it took longer for what it does than anybody honest would."""
    match standing.phase:
        case Phase.SILENT | Phase.HEAD:
            return standing.seconds > HEAD_SECONDS
        case Phase.BODY:
            in_time = standing.seconds <= BODY_SECONDS + standing.moved / BODY_RATE
            return not in_time or standing.moved > BODY_BYTES
        case Phase.WORK:
            return standing.seconds > WORK_SECONDS
        case Phase.ANSWER:
            return standing.still > STILL_SECONDS
        case Phase.IDLE:
            return standing.seconds > IDLE_SECONDS


def may_answer_late(standing: Standing) -> bool:
    """Whether an overdue one is at work and still gets its 503, before it is dropped like the others."""
    return standing.phase is Phase.WORK and standing.seconds <= WORK_SECONDS + LAST_WORD_SECONDS


def whom_to_evict(standings: Sequence[Standing]) -> int | None:
    """The position of the connection that makes place for a new one; None when all are at work."""
    order = ((standing.phase, -standing.seconds, position) for position, standing in enumerate(standings))
    phase, _, position = min(order, default=(Phase.WORK, 0.0, 0))
    return None if phase is Phase.WORK else position


def whom_to_unload(standings: Sequence[Standing], limit: int = HELD_BYTES) -> list[int]:
    """Positions of the connections to drop until no more than `limit` bytes lie about; the slowest first."""
    held = sum(standing.held for standing in standings)
    dropped = []
    order = sorted(range(len(standings)), key=lambda at: (standings[at].phase, -standings[at].seconds))
    for position in order:
        if held <= limit:
            break
        if standings[position].held > FEW_BYTES:
            held -= standings[position].held
            dropped.append(position)
    return dropped
