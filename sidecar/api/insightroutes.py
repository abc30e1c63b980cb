"""The rows of ROUTES that answer from counters.

Job: say of each insight what it takes, and what comes out.
Must not: hold code beyond the table.
"""

from typing import TYPE_CHECKING, Final

from sidecar.api.parameters import CURSOR, LIMIT
from sidecar.api.route import Route
from sidecar.later import Room

if TYPE_CHECKING:
    from sidecar.api import (
        errorinsights,
        insightanswers,
        insights,
        modelinsights,
        requestinsights,
        versioninsights,
    )
    from sidecar.insight import models
    from sidecar.triage import rows
else:
    errorinsights = Room("sidecar.api.errorinsights")
    insightanswers = Room("sidecar.api.insightanswers")
    insights = Room("sidecar.api.insights")
    models = Room("sidecar.insight.models")
    modelinsights = Room("sidecar.api.modelinsights")
    requestinsights = Room("sidecar.api.requestinsights")
    rows = Room("sidecar.triage.rows")
    versioninsights = Room("sidecar.api.versioninsights")

_READ: Final = (422, 503)

INSIGHTS: Final = (
    Route(
        method="GET",
        path="/v1/insights/ratings",
        handler=insights.ratings,
        summary="Ratings by any grouping, with n and interval",
        manages=True,
        query=insights.RATING_QUERY,
        answers=((200, insightanswers.RatingInsight),),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/insights/usage",
        handler=insights.usage,
        summary="How much and how fast",
        manages=True,
        query=insights.USAGE_QUERY,
        answers=((200, insightanswers.UsageInsight),),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/insights/errors",
        handler=errorinsights.errors,
        summary="Which errors come up, where, and what to try first",
        manages=True,
        query=errorinsights.QUERY,
        answers=((200, insightanswers.ErrorInsight),),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/insights/requests",
        handler=requestinsights.requests,
        summary="Feature requests: votes, priority, state and suggested duplicates",
        manages=True,
        query=(("limit", LIMIT), ("after", CURSOR)),
        answers=((200, rows.RequestInsight),),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/insights/models",
        handler=modelinsights.models,
        summary="Which model for a task on a machine: comparisons, ratings, speed and errors side by side",
        manages=True,
        query=modelinsights.QUERY,
        answers=((200, models.ModelInsight),),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/insights/versions",
        handler=versioninsights.versions,
        summary="Whether a new version is rated worse, valid at every look",
        manages=True,
        query=versioninsights.QUERY,
        answers=((200, versioninsights.VersionInsight),),
        problems=_READ,
    ),
)
