"""ROUTES: every route, once. The router, the guard and OpenAPI read this table.

Job: say which handler answers which path, who may ask, and what goes in and out.
Must not: hold code beyond the table.
"""

from typing import Final

from sidecar.api import (
    about,
    feedback,
    manage,
    openapi_page,
    originlist,
    problems,
    requestinsights,
)
from sidecar.api.answers import (
    Batch,
    Changed,
    HardwareAnswer,
    Health,
    OriginList,
    Purged,
    RequestState,
    Rows,
    Stored,
    StoredBatch,
    Undone,
)
from sidecar.api.body import MAX_LANGUAGE
from sidecar.api.insightroutes import INSIGHTS
from sidecar.api.parameters import CURSOR, ID, LIMIT
from sidecar.api.route import Route
from sidecar.api.sharingroutes import SHARING
from sidecar.api.signin import SIGN_IN
from sidecar.prompts import Catalogue
from sidecar.records import Change, Feedback

_FEEDBACK_ID: Final = (("feedback_id", ID),)
_STORE: Final = (503, 507)
_READ: Final = (422, 503)

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
        problems=(*_STORE, 404),
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
        problems=(422,),
    ),
    Route(
        method="GET",
        path="/v1/hardware",
        handler=about.hardware,
        summary="The hardware bucket, and why",
        cors=True,
        answers=((200, HardwareAnswer),),
    ),
    Route(
        method="GET",
        path="/v1/schema",
        handler=about.schema,
        summary="JSON Schema of the records",
        cors=True,
        answers=((200, None),),
        media=("application/schema+json",),
    ),
    Route(
        method="GET",
        path="/v1/openapi.json",
        handler=openapi_page.openapi_page,
        summary="This description",
        cors=True,
        answers=((200, None),),
    ),
    Route(
        method="GET",
        path="/healthz",
        handler=about.healthz,
        summary="Whether the daemon lives",
        submits=True,
        answers=((200, Health),),
    ),
    Route(
        method="GET",
        path="/readyz",
        handler=about.readyz,
        summary="Whether it stores, buckets and answers",
        answers=((200, Health), (503, Health)),
    ),
    Route(
        method="GET",
        path="/problems/{slug}",
        handler=about.problem_page,
        summary="What a problem type means",
        path_parameters=(("slug", {"type": "string", "enum": sorted(problems.known())}),),
        answers=((200, None),),
        problems=(404,),
    ),
    *SIGN_IN,
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
    *INSIGHTS,
    Route(
        method="PUT",
        path="/v1/requests/{request_id}",
        handler=requestinsights.decide,
        summary="Merge, split, relabel or move a feature request",
        manages=True,
        body=requestinsights.Steering,
        path_parameters=(("request_id", ID),),
        answers=((200, RequestState),),
        problems=(*_STORE, 404, 409),
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
    *SHARING,
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
        problems=_STORE,
    ),
    Route(
        method="POST",
        path="/v1/purge",
        handler=manage.purge,
        summary="Delete every record, or those of one product",
        manages=True,
        body=manage.Purge,
        answers=((200, Purged),),
        problems=_STORE,
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
