"""Problems: what the daemon refused becomes the same error that the daemon raised.

Job: read an answer as JSON, or raise the class of `sidecar.errors` that its problem names.
Must not: guess; an answer that cannot be read is no answer of a daemon.
"""

from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from sidecar import errors
from sidecar.client.exchange import Answer
from sidecar.errors import DaemonUnreachable, SidecarError

T = TypeVar("T")

PROBLEM: Final = "application/problem+json"
UNREADABLE: Final = "what answers there is no daemon of this version"


class Problem(Struct, frozen=True):
    """The part of RFC 9457 that a client acts on."""

    type: str
    detail: str = ""
    field: str | None = None
    index: int | None = None


REFUSALS: Final = (
    errors.BodyTooLarge,
    errors.ContentNotAccepted,
    errors.IdempotencyConflict,
    errors.InvalidRecord,
    errors.MalformedJson,
)
"""What is wrong with a record itself: the same record is never taken. Anything else may pass."""

_CLASSES: Final = {
    cls.slug: cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, SidecarError)
}


def read(answer: Answer, shape: type[T]) -> T:
    """The JSON of an answer.

    Raises:
        SidecarError: the class that the problem names; the base class for one of a newer daemon.
        DaemonUnreachable: not what a daemon says.
    """
    check(answer)
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except msgspec.DecodeError:
        raise DaemonUnreachable(UNREADABLE) from None


def check(answer: Answer) -> None:
    """Raise what a problem says; let anything else pass.

    Raises:
        SidecarError: as `read`.
    """
    if answer.media != PROBLEM:
        return
    try:
        problem = msgspec.json.decode(answer.body, type=Problem)
    except msgspec.DecodeError:
        raise DaemonUnreachable(UNREADABLE) from None
    cls = _CLASSES.get(problem.type.rpartition("/")[2], SidecarError)
    raise cls(problem.detail, field=problem.field, index=problem.index, retry_after=answer.retry_after)
