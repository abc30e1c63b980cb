"""ROUTES: every route, once. The router, the guard and OpenAPI read this table.

Job: say which handler answers which path, who may ask, and what goes in and out.
Must not: hold code beyond the table, or load what answers with more than a record's id (`later`).
"""

from typing import TYPE_CHECKING, Final

from sidecar.api import about, feedback, problems
from sidecar.api.answers import (
    Batch,
    Changed,
    HardwareAnswer,
    Health,
    Stored,
    StoredBatch,
    Undone,
)
from sidecar.api.body import MAX_LANGUAGE
from sidecar.api.ownerroutes import OWNERS
from sidecar.api.parameters import ID
from sidecar.api.route import Route
from sidecar.api.signinroutes import SIGN_IN
from sidecar.later import Room
from sidecar.records import Change, Feedback

if TYPE_CHECKING:
    from sidecar import prompts
    from sidecar.api import openapi_page, pages
else:
    openapi_page = Room("sidecar.api.openapi_page")
    pages = Room("sidecar.api.pages")
    prompts = Room("sidecar.prompts")

_FEEDBACK_ID: Final = (("feedback_id", ID),)
_STORE: Final = (503, 507)

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
        answers=((200, prompts.Catalogue),),
        problems=(422,),
    ),
    Route(
        method="GET",
        path="/widget.js",
        handler=pages.widget,
        summary="The web component that asks, as one ES module",
        cors=True,
        anyone=True,
        answers=((200, None),),
        media=("text/javascript",),
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
    *OWNERS,
)
