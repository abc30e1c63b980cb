"""ROUTES: every route, once. The router, the guard and OpenAPI read this table.

Job: say which handler answers which path, who may ask, and what goes in and out.
Must not: hold code beyond the table.
"""

from typing import Final

from sidecar.api import about, feedback, insights, manage, openapi_page, problems
from sidecar.api.answers import (
    Batch,
    Changed,
    HardwareAnswer,
    Health,
    Purged,
    RatingInsight,
    Rows,
    Stored,
    StoredBatch,
    Undone,
    UsageInsight,
)
from sidecar.api.body import DEFAULT_LIMIT, MAX_LANGUAGE, MAX_LIMIT, MAX_WORD
from sidecar.api.route import Route, Schema
from sidecar.api.signin import SIGN_IN
from sidecar.prompts import Catalogue
from sidecar.records import Change, Feedback

_WORD: Final[Schema] = {"type": "string", "maxLength": MAX_WORD}
_LIMIT: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
_CURSOR: Final[Schema] = {"type": "string", "pattern": "^(0|[1-9][0-9]{0,17})$"}
_SINCE: Final[Schema] = {
    "type": "string",
    "pattern": "^[1-9][0-9]{3}-W(0[1-9]|[1-4][0-9]|5[0-2])$",
    "description": "an ISO week; week 53 is understood for the years that have one",
}
_ID: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{32}$"}


def _groups(names: tuple[str, ...], default: str) -> Schema:
    return {
        "type": "array",
        "items": {"type": "string", "enum": list(names)},
        "minItems": 1,
        "uniqueItems": True,
        "default": default.split(","),
        "description": "names joined by commas",
    }


_FILTERS: Final = tuple((name, _WORD) for name in insights.FILTERS)
_FEEDBACK_ID: Final = (("feedback_id", _ID),)
_STORE: Final = (400, 403, 413, 415, 421, 422, 503, 507)
_READ: Final = (401, 403, 421, 422, 429, 503)

ROUTES: Final = (
    Route(
        method="POST",
        path="/v1/feedback",
        handler=feedback.submit,
        summary="Submit one record",
        cors=True,
        body=Feedback,
        answers=((201, Stored), (200, Stored)),
        problems=(*_STORE, 409),
    ),
    Route(
        method="POST",
        path="/v1/feedback/batch",
        handler=feedback.submit_batch,
        summary="Submit up to 500 records, all or none",
        cors=True,
        body=Batch,
        answers=((201, StoredBatch),),
        problems=(*_STORE, 409),
    ),
    Route(
        method="PATCH",
        path="/v1/feedback/{feedback_id}",
        handler=feedback.change,
        summary="Change a record",
        cors=True,
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
    *SIGN_IN,
    Route(
        method="GET",
        path="/v1/feedback",
        handler=manage.rows,
        summary="List records",
        manages=True,
        query=(("limit", _LIMIT), ("after", _CURSOR)),
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
            ("group_by", _groups(insights.RATING_GROUPS, insights.RATING_DEFAULT)),
            ("since", _SINCE),
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
            ("group_by", _groups(insights.USAGE_GROUPS, insights.USAGE_DEFAULT)),
            ("since", _SINCE),
            *_FILTERS,
        ),
        answers=((200, UsageInsight),),
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
        method="POST",
        path="/v1/purge",
        handler=manage.purge,
        summary="Delete every record, or those of one product",
        manages=True,
        body=manage.Purge,
        answers=((200, Purged),),
        problems=(400, 401, 403, 413, 415, 421, 422, 429, 503, 507),
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
