"""ROUTES: every route, once. The router, the guard and OpenAPI read this table.

Job: say which handler answers which path, who may ask, and what goes in and out.
Must not: hold code beyond the table.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web
from msgspec import Struct

from sidecar.api import (
    about,
    errorinsights,
    feedback,
    insights,
    manage,
    openapi_page,
    originlist,
    problems,
)
from sidecar.api.answers import (
    Batch,
    Changed,
    ErrorInsight,
    HardwareAnswer,
    Health,
    OriginList,
    Purged,
    RatingInsight,
    Rows,
    Stored,
    StoredBatch,
    Undone,
    UsageInsight,
)
from sidecar.api.body import MAX_LANGUAGE
from sidecar.api.parameters import CURSOR, ID, LIMIT, SINCE, WORD, Schema, groups
from sidecar.prompts import Catalogue
from sidecar.records import Change, Feedback

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Route(Struct, frozen=True, kw_only=True):
    """One route.

    Attributes:
        manages: needs the manage token, and no page but our own may ask.
        cors: a page of an allowed origin may read the answer.
        submits: a submitter needs it: it lives on submit-only listeners too.
        anyone: the answer may be embedded by any page (CORP cross-origin).
        answers: status -> shape; None for a body that is no JSON of ours.
        problems: statuses that this route may refuse with.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    manages: bool = False
    cors: bool = False
    submits: bool = False
    anyone: bool = False
    body: Any = None
    query: tuple[tuple[str, Schema], ...] = ()
    path_parameters: tuple[tuple[str, Schema], ...] = ()
    answers: tuple[tuple[int, type[Struct] | None], ...]
    media: tuple[str, ...] = ("application/json",)
    problems: tuple[int, ...] = ()


_FILTERS: Final = tuple((name, WORD) for name in insights.FILTERS)
_FEEDBACK_ID: Final = (("feedback_id", ID),)
_STORE: Final = (400, 403, 413, 415, 421, 422, 503, 507)
_READ: Final = (401, 403, 421, 422, 503)

ROUTES: Final = (
    Route(
        method="POST",
        path="/v1/feedback",
        handler=feedback.submit,
        summary="Submit one record",
        cors=True,
        submits=True,
        body=Feedback,
        answers=((201, Stored), (200, Stored)),
        problems=(*_STORE, 409, 429),
    ),
    Route(
        method="POST",
        path="/v1/feedback/batch",
        handler=feedback.submit_batch,
        summary="Submit up to 500 records, all or none",
        cors=True,
        submits=True,
        body=Batch,
        answers=((201, StoredBatch),),
        problems=(*_STORE, 409, 429),
    ),
    Route(
        method="PATCH",
        path="/v1/feedback/{feedback_id}",
        handler=feedback.change,
        summary="Change a record",
        cors=True,
        submits=True,
        body=Change,
        path_parameters=_FEEDBACK_ID,
        answers=((200, Changed),),
        problems=(*_STORE, 404),
    ),
    Route(
        method="DELETE",
        path="/v1/feedback/{feedback_id}",
        handler=feedback.undo,
        summary="Undo a record",
        cors=True,
        submits=True,
        path_parameters=_FEEDBACK_ID,
        answers=((200, Undone),),
        problems=(403, 404, 421, 503, 507),
    ),
    Route(
        method="GET",
        path="/v1/prompts",
        handler=about.catalogue,
        summary="Questions that may be asked, and those that must not",
        cors=True,
        submits=True,
        anyone=True,
        query=(("lang", {"type": "string", "maxLength": MAX_LANGUAGE}),),
        answers=((200, Catalogue),),
        problems=(403, 421, 422),
    ),
    Route(
        method="GET",
        path="/v1/hardware",
        handler=about.hardware,
        summary="The hardware bucket, and why",
        cors=True,
        answers=((200, HardwareAnswer),),
        problems=(403, 421),
    ),
    Route(
        method="GET",
        path="/v1/schema",
        handler=about.schema,
        summary="JSON Schema of the records",
        cors=True,
        answers=((200, None),),
        media=("application/schema+json",),
        problems=(403, 421),
    ),
    Route(
        method="GET",
        path="/v1/openapi.json",
        handler=openapi_page.openapi_page,
        summary="This description",
        cors=True,
        answers=((200, None),),
        problems=(403, 421),
    ),
    Route(
        method="GET",
        path="/healthz",
        handler=about.healthz,
        summary="Whether the daemon lives",
        submits=True,
        answers=((200, Health),),
        problems=(403, 421),
    ),
    Route(
        method="GET",
        path="/readyz",
        handler=about.readyz,
        summary="Whether it stores, buckets and answers",
        answers=((200, Health), (503, Health)),
        problems=(403, 421),
    ),
    Route(
        method="GET",
        path="/problems/{slug}",
        handler=about.problem_page,
        summary="What a problem type means",
        path_parameters=(("slug", {"type": "string", "enum": sorted(problems.known())}),),
        answers=((200, None),),
        problems=(403, 404, 421),
    ),
    Route(
        method="GET",
        path="/v1/feedback",
        handler=manage.rows,
        summary="List records",
        manages=True,
        query=(("limit", LIMIT), ("after", CURSOR)),
        answers=((200, Rows),),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/export",
        handler=manage.export,
        summary="Stream every record as JSON Lines or CSV",
        manages=True,
        query=(("format", {"type": "string", "enum": list(manage.FORMATS)}),),
        answers=((200, None),),
        media=tuple(media.partition(";")[0] for media in manage.FORMATS.values()),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/insights/ratings",
        handler=insights.ratings,
        summary="Ratings by any grouping, with n and interval",
        manages=True,
        query=(
            ("group_by", groups(insights.RATING_GROUPS, insights.RATING_DEFAULT)),
            ("since", SINCE),
            *_FILTERS,
        ),
        answers=((200, RatingInsight),),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/insights/usage",
        handler=insights.usage,
        summary="How much and how fast",
        manages=True,
        query=(
            ("group_by", groups(insights.USAGE_GROUPS, insights.USAGE_DEFAULT)),
            ("since", SINCE),
            *_FILTERS,
        ),
        answers=((200, UsageInsight),),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/insights/errors",
        handler=errorinsights.errors,
        summary="Which errors come up, where, and what to try first",
        manages=True,
        query=(
            ("group_by", groups(errorinsights.GROUPS, errorinsights.DEFAULT)),
            ("since", SINCE),
            ("limit", LIMIT),
            *((name, WORD) for name in errorinsights.FILTERS),
        ),
        answers=((200, ErrorInsight),),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/ledger",
        handler=manage.ledger,
        summary="Every loss, counted",
        manages=True,
        answers=((200, Rows),),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/origins",
        handler=originlist.list_origins,
        summary="Web origins that are paired, and those that a product proposes",
        manages=True,
        answers=((200, OriginList),),
        problems=_READ,
    ),
    Route(
        method="PUT",
        path="/v1/origins",
        handler=originlist.pair_origins,
        summary="Say which web origins are paired, all of them at once",
        manages=True,
        body=originlist.Pairing,
        answers=((200, OriginList),),
        problems=(400, 401, 403, 413, 415, 421, 422, 503, 507),
    ),
    Route(
        method="POST",
        path="/v1/purge",
        handler=manage.purge,
        summary="Delete every record, or those of one product",
        manages=True,
        body=manage.Purge,
        answers=((200, Purged),),
        problems=(400, 401, 403, 413, 415, 421, 422, 503, 507),
    ),
    Route(
        method="GET",
        path="/metrics",
        handler=about.metrics_page,
        summary="Process and ingest figures for Prometheus",
        manages=True,
        answers=((200, None),),
        media=("text/plain",),
        problems=_READ,
    ),
)
