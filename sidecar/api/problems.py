"""Problems: the one place that turns an error into problem+json (RFC 9457).

Job: give every refusal the same shape and a type that the daemon itself explains at `/problems/<slug>`.
Must not: carry anything that the caller sent.
"""

from aiohttp import hdrs, web
from msgspec import UNSET, Struct, UnsetType, json

from sidecar import errors
from sidecar.errors import SidecarError

CONTENT_TYPE = "application/problem+json"
NOT_ONE_HOST = ("Duplicate 'Host' header", "Missing 'Host' header")
"""How aiohttp's parser (3.14.5) words it; it refuses such a request before the guard can see it."""


class Problem(Struct, frozen=True):
    """RFC 9457, section 3.1, with the field or the position in a batch that is at fault."""

    type: str
    title: str
    status: int
    detail: str
    field: str | UnsetType = UNSET
    index: int | UnsetType = UNSET


def known() -> dict[str, type[SidecarError]]:
    """Every problem that an answer can carry, by slug."""
    classes = (value for value in vars(errors).values() if isinstance(value, type))
    return {cls.slug: cls for cls in classes if issubclass(cls, SidecarError)}


def problem(fault: SidecarError) -> Problem:
    """The problem of an error."""
    return Problem(
        type=f"/problems/{fault.slug}",
        title=fault.title,
        status=fault.status,
        detail=fault.detail,
        field=UNSET if fault.field is None else fault.field,
        index=UNSET if fault.index is None else fault.index,
    )


def response(fault: SidecarError) -> web.Response:
    """The answer that an error gets."""
    answer = web.Response(
        status=fault.status, body=json.encode(problem(fault)), headers={"Content-Type": CONTENT_TYPE}
    )
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = str(fault.retry_after)
    if fault.status == web.HTTPUnauthorized.status_code:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if fault.status == web.HTTPRequestEntityTooLarge.status_code:
        answer.force_close()  # its rest may be endless
    return answer


def response_to_http(fault: web.HTTPException) -> web.Response:
    """The answer in place of one that aiohttp raised."""
    answer = response(_of_http(fault))
    if isinstance(fault, web.HTTPMethodNotAllowed):
        answer.headers[hdrs.ALLOW] = ", ".join(sorted(fault.allowed_methods))  # RFC 9110, section 15.5.6
    return answer


def _of_http(fault: web.HTTPException) -> SidecarError:
    match fault:
        case web.HTTPNotFound():
            return errors.NotFound(
                "no route has this path; GET /v1/openapi.json lists them, and a feedback_id is 32 hex digits"
            )
        case web.HTTPMethodNotAllowed():
            return errors.MethodNotAllowed(f"use {', '.join(sorted(fault.allowed_methods))}")
        case web.HTTPRequestEntityTooLarge():
            return errors.BodyTooLarge("send at most 64 KiB, or 1 MiB to /v1/feedback/batch")
        case _:
            return unreadable()


def unreadable(fault: BaseException | None = None) -> SidecarError:
    """A request that broke off, or was no HTTP; what it said instead is not repeated."""
    if any(words in str(fault) for words in NOT_ONE_HOST):
        return errors.Misdirected("send one Host header: 127.0.0.1 with the daemon's port")
    return errors.HeadersTooLarge("the request could not be read")


def bug() -> SidecarError:
    """What nobody foresaw; the log has the place of it."""
    return SidecarError("this is a bug; the daemon's log says where")
