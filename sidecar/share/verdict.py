"""Verdicts: what an answer of a collector, or its silence, means for a batch.

Job: decide from the answer alone which effect it has; one table, tested row by row.
Must not: believe a bare status. Only an answer that repeats id and digest with a verdict changes what a batch
is; everything else says when to try again. A captive portal's 200 is no acknowledgement.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from sidecar.share.batch import MOST_CELLS

LEAST_AFTER: Final = 1.0
MOST_AFTER: Final = 24 * 3600.0
NO_RETRY_AFTER: Final = 60.0
"""Seconds to wait after 429 or 503 that does not say how long."""

TOO_LARGE_TWICE: Final = 2
ERRORS_BEFORE_BISECT: Final = 3

CONFLICT: Final = 409
TOO_LARGE: Final = 413
BUSY: Final = frozenset({429, 503})
TRANSIENT: Final = frozenset({408, 425, 511})
TRANSPORT: Final = ("dns", "forbidden_address", "connect", "proxy", "tls", "timeout", "reset")
"""Failures of the way to a collector, before any answer; a portal's name server gives forbidden addresses."""
_SECONDS: Final = re.compile(r"[0-9]+", re.ASCII)


class Heard(Struct, frozen=True, kw_only=True):
    """What came back: an answer, or the reason why none did.

    Attributes:
        failure: a word of `egress`, such as `dns` or `timeout`; None where there is a status.
    """

    status: int = 0
    body: bytes = b""
    retry_after: str | None = None
    failure: str | None = None


class Sent(Struct, frozen=True, kw_only=True):
    """What the answer is about.

    Attributes:
        id: of the batch, hex.
        sha256: of its bytes, hex.
        cells: how many it has.
        too_large, errors: how often it met a bare 413, and a bare 5xx, before.
        others_pass: whether another batch came through since its first 5xx.
    """

    id: str
    sha256: str
    cells: int
    too_large: int = 0
    errors: int = 0
    others_pass: bool = False


class Shared(Struct, frozen=True):
    """The collector counts it, but for the refused cells (positions)."""

    refused: tuple[int, ...] = ()


class Refused(Struct, frozen=True):
    """The collector counts nothing of it; without these cells it would."""

    refused: tuple[int, ...]


class Bisect(Struct, frozen=True):
    """Something in it is refused; halves will show what.

    Attributes:
        told: the collector said that it holds nothing of it. After a bare status nobody knows.
    """

    told: bool


class Quarantined(Struct, frozen=True):
    """All of it stays here; the reason is one of the ledger."""

    reason: Literal["quarantined", "conflict"]


class Withdrawn(Struct, frozen=True):
    """The collector has it no more, or never will."""


class Unsupported(Struct, frozen=True):
    """The collector does not read this schema: pause until a new version."""


class Retry(Struct, frozen=True):
    """Nothing is known of it: the same bytes again, later.

    Attributes:
        why: shown to the user; a closed word.
        after: seconds that the collector named; None where the back-off decides.
        slow: hours, not seconds: what came back is not what a collector says.
    """

    why: str
    after: float | None = None
    slow: bool = False


Verdict: TypeAlias = Shared | Refused | Bisect | Quarantined | Withdrawn | Unsupported | Retry

Index = Annotated[int, Meta(ge=0, lt=MOST_CELLS)]


class _Echo(Struct, frozen=True):
    """What a true answer to a PUT repeats."""

    batch_id: str
    sha256: str
    verdict: Literal["stored", "duplicate", "partial", "rejected", "conflict", "gone", "unsupported"]
    cells: tuple[Index, ...] | None = None


class _Gone(Struct, frozen=True):
    """What a true answer to a DELETE repeats."""

    batch_id: str
    verdict: Literal["gone"]


def judge(sent: Sent, heard: Heard, now: datetime) -> Verdict:  # noqa: PLR0911  # one return for each row
    """What the answer to a PUT means."""
    echo = _echo(sent, heard)
    if echo is None:
        return _bare(sent, heard, now)
    refused = tuple(sorted(set(echo.cells or ())))
    match echo.verdict:
        case "stored" | "duplicate":
            return Shared()
        case "partial":
            return Shared(refused) if refused else _bare(sent, heard, now)
        case "rejected" if refused:
            return Refused(refused)
        case "rejected":
            return Bisect(told=True) if sent.cells > 1 else Quarantined("quarantined")
        case "conflict":
            return Quarantined("conflict")
        case "gone":
            return Withdrawn()
        case _:
            return Unsupported()


def judge_withdrawal(sent: Sent, heard: Heard, now: datetime) -> Withdrawn | Retry:
    """What the answer to a DELETE means."""
    if _is_success(heard):
        try:
            gone = msgspec.json.decode(heard.body, type=_Gone)
        except (msgspec.DecodeError, UnicodeDecodeError):
            gone = None
        if gone is not None and gone.batch_id == sent.id:
            return Withdrawn()
    return pace(heard, now)


def pace(heard: Heard, now: datetime) -> Retry:
    """When to try again after an answer that says nothing true of the batch."""
    if heard.failure is not None:
        return Retry(heard.failure)
    status = heard.status
    if status in BUSY:
        return Retry("busy", after=retry_after(heard.retry_after, now))
    if status in TRANSIENT or status >= 500 or 300 <= status < 400:  # noqa: PLR2004  # classes of RFC 9110
        return Retry(f"status {status}")
    if _is_success(heard):
        return Retry("no verdict")
    return Retry(f"status {status}", slow=True)


def retry_after(value: str | None, now: datetime) -> float:
    """Seconds to wait, from either form of `Retry-After` (RFC 9110, section 10.2.3), within bounds."""
    if value is None:
        return NO_RETRY_AFTER
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return min(max(float(text), LEAST_AFTER), MOST_AFTER)
    try:
        until = parsedate_to_datetime(text)
        if until.tzinfo is None:  # the form of asctime names no zone; a date of HTTP is always UTC
            until = until.replace(tzinfo=UTC)
        seconds = (until - now).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return NO_RETRY_AFTER
    return min(max(seconds, LEAST_AFTER), MOST_AFTER)


def _echo(sent: Sent, heard: Heard) -> _Echo | None:
    """The answer, where it truly speaks of this batch and its bytes."""
    if heard.failure is not None or not (_is_success(heard) or heard.status == CONFLICT):
        return None
    try:
        echo = msgspec.json.decode(heard.body, type=_Echo)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    ours = (echo.batch_id, echo.sha256) == (sent.id, sent.sha256)
    if not ours or (heard.status == CONFLICT) != (echo.verdict == "conflict"):
        return None
    if any(cell >= sent.cells for cell in echo.cells or ()):
        return None
    return echo


def _bare(sent: Sent, heard: Heard, now: datetime) -> Verdict:
    """A status without a verdict: try again, or in halves where the size or the batch seems to be why."""
    if sent.cells > 1 and heard.failure is None:
        if heard.status == TOO_LARGE and sent.too_large + 1 >= TOO_LARGE_TWICE:
            return Bisect(told=False)
        broken = heard.status >= 500 and heard.status not in BUSY | TRANSIENT  # noqa: PLR2004  # server errors
        if broken and sent.errors + 1 >= ERRORS_BEFORE_BISECT and sent.others_pass:
            return Bisect(told=False)
    return pace(heard, now)


def _is_success(heard: Heard) -> bool:
    return heard.failure is None and 200 <= heard.status < 300  # noqa: PLR2004  # success, RFC 9110
