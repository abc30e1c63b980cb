"""Every foreseen error, once: its slug, its HTTP status, its title.

Job: name what can go wrong, so that one place can make problem+json of it and another words and exit codes.
Must not: carry what a caller sent. A detail says what to change, never what was there.

Anything that is not one of these is a bug: a bare 500, with the traceback in the local log.
"""

from typing import ClassVar


class SidecarError(Exception):
    """A foreseen error.

    Attributes:
        slug: last part of the problem type, `/problems/<slug>`.
        status: HTTP status (RFC 9110).
        title: the same words for every occurrence (RFC 9457, section 3.1.4).
        detail: one sentence on this occurrence that says what to change.
        field: name of the field at fault, from our own schema only.
        index: position of the record at fault in a batch.
        retry_after: seconds after which the same request may succeed.
    """

    slug: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong inside the daemon"

    def __init__(
        self,
        detail: str,
        *,
        field: str | None = None,
        index: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.index = index
        self.retry_after = retry_after


class ContentNotAccepted(SidecarError):
    """A field that could carry a prompt or an answer."""

    slug = "content-not-accepted"
    status = 422
    title = "Prompts and answers are not accepted here"


class InvalidRecord(SidecarError):
    """A record that does not fit the schema."""

    slug = "invalid-record"
    status = 422
    title = "The record does not fit the schema"


class InvalidQuery(SidecarError):
    """A query parameter out of its bounds."""

    slug = "invalid-query"
    status = 422
    title = "A query parameter is not understood"


class MalformedJson(SidecarError):
    """A body that is no JSON."""

    slug = "malformed-json"
    status = 400
    title = "The body is not JSON"


class Unauthorized(SidecarError):
    """A managing route without the manage token."""

    slug = "manage-token-needed"
    status = 401
    title = "This route needs the manage token"


class SubmitTokenNeeded(Unauthorized):
    """A submit-only listener without its submit token."""

    slug = "submit-token-needed"
    title = "This listener needs its submit token"


class LoginCodeRefused(SidecarError):
    """A one-time login code that is forged, used, too old, or for another address."""

    slug = "login-code-refused"
    status = 401
    title = "This login code is not valid"


class CsrfNeeded(SidecarError):
    """A change asked for by a browser's session, without the CSRF token that only our own pages can read."""

    slug = "csrf-token-needed"
    status = 403
    title = "This change needs the CSRF token of the session"


class TooManyGuesses(SidecarError):
    """Wrong tokens or codes, more at once than are answered."""

    slug = "too-many-guesses"
    status = 429
    title = "Too many wrong secrets in a short time"


class OriginForbidden(SidecarError):
    """A web origin that the user has not paired."""

    slug = "origin-not-paired"
    status = 403
    title = "This origin is not paired"


class PeerForbidden(SidecarError):
    """Another user of the machine."""

    slug = "other-user"
    status = 403
    title = "This daemon belongs to another user"


class SwitchedOff(SidecarError):
    """The mode is `off`: the owner wants no feedback; nothing was stored."""

    slug = "switched-off"
    status = 403
    title = "Feedback is switched off on this machine"


class ProductMuted(SidecarError):
    """A product that the owner does not want to hear from; nothing was stored."""

    slug = "product-muted"
    status = 403
    title = "This product is muted"


class NotFound(SidecarError):
    """No such record, route or problem."""

    slug = "not-found"
    status = 404
    title = "There is nothing here"


class MethodNotAllowed(SidecarError):
    """A known route with a method that it does not take."""

    slug = "method-not-allowed"
    status = 405
    title = "This route does not take that method"


class IdempotencyConflict(SidecarError):
    """A key that stands for another record."""

    slug = "idempotency-conflict"
    status = 409
    title = "This idempotency key stands for another record"


class StateConflict(SidecarError):
    """Something that the present state does not allow, such as discarding what was sent."""

    slug = "state-conflict"
    status = 409
    title = "This is not possible any more, or not yet"


class BodyTooLarge(SidecarError):
    """A body over its limit."""

    slug = "body-too-large"
    status = 413
    title = "The body is too large"


class UnsupportedMediaType(SidecarError):
    """A body that is not declared as plain JSON."""

    slug = "json-only"
    status = 415
    title = "Only application/json is accepted"


class Misdirected(SidecarError):
    """A Host that is not ours (DNS rebinding)."""

    slug = "unknown-host"
    status = 421
    title = "This Host is not ours"


class RateLimited(SidecarError):
    """More records than are taken in a second; nothing of this request was stored."""

    slug = "rate-limited"
    status = 429
    title = "Too many records in a short time"


class HeadersTooLarge(SidecarError):
    """A request head over its limits."""

    slug = "malformed-request"
    status = 400
    title = "The request is not well-formed HTTP"


class QueueFull(SidecarError):
    """The ingest queue is at its bound; nothing of this request was stored."""

    slug = "queue-full"
    status = 503
    title = "Too much is waiting to be written"


class Stopping(SidecarError):
    """The daemon drains its queue and takes nothing new."""

    slug = "stopping"
    status = 503
    title = "The daemon is stopping"


class StoreUnavailable(SidecarError):
    """The database is locked, read-only or answers with I/O errors; nothing of this request was stored."""

    slug = "store-unavailable"
    status = 503
    title = "The store cannot be written"


class TooManyStreams(SidecarError):
    """More pages that wait for news than are kept waiting."""

    slug = "too-many-streams"
    status = 503
    title = "Too many pages wait for news"


class InsightUnavailable(SidecarError):
    """The process that works out an insight died, hung or could not be started; nothing else is affected."""

    slug = "insight-unavailable"
    status = 503
    title = "The insight could not be worked out"


class TookTooLong(SidecarError):
    """Work that was broken off after its time; it may have been done all the same."""

    slug = "took-too-long"
    status = 503
    title = "The daemon took too long"


class StorageFull(SidecarError):
    """No space on the disk, or the quota is used up; nothing of this request was stored."""

    slug = "storage-full"
    status = 507
    title = "There is no space left to store feedback"


class StartupError(SidecarError):
    """The daemon cannot start; the detail says what to do."""

    slug = "startup"
    title = "The daemon cannot start"


class UsageError(SidecarError):
    """The command line was used wrongly (exit code 2)."""

    slug = "usage"
    status = 400
    title = "The command was used wrongly"


class ConfigError(UsageError):
    """A configuration or product file that cannot be read."""

    slug = "configuration"
    title = "The configuration cannot be used"


class DaemonUnreachable(SidecarError):
    """A client found no daemon, or none that proved to be ours."""

    slug = "daemon-unreachable"
    status = 503
    title = "The daemon does not answer"
