"""The rows of ROUTES that answer from counters.

Job: say of each insight what it takes, and what comes out.
Must not: hold code beyond the table.
"""

from typing import Final

from sidecar.api import errorinsights, insights, modelinsights, requestinsights, versioninsights
from sidecar.api.answers import ErrorInsight, RatingInsight, UsageInsight
from sidecar.api.parameters import CURSOR, LIMIT, SINCE, filters, groups
from sidecar.api.route import Route
from sidecar.insight.models import ModelInsight
from sidecar.triage.rows import RequestInsight

_FILTERS: Final = filters(insights.FILTERS)
_READ: Final = (422, 503)

INSIGHTS: Final = (
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
            *filters(errorinsights.FILTERS),
        ),
        answers=((200, ErrorInsight),),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/insights/requests",
        handler=requestinsights.requests,
        summary="Feature requests: votes, priority, state and suggested duplicates",
        manages=True,
        query=(("limit", LIMIT), ("after", CURSOR)),
        answers=((200, RequestInsight),),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/insights/models",
        handler=modelinsights.models,
        summary="Which model for a task on a machine: comparisons, ratings, speed and errors side by side",
        manages=True,
        query=(
            *filters(modelinsights.FILTERS),
            ("ties", modelinsights.TIES_FORM),
        ),
        answers=((200, ModelInsight),),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/insights/versions",
        handler=versioninsights.versions,
        summary="Whether a new version is rated worse, valid at every look",
        manages=True,
        query=filters(versioninsights.FILTERS),
        answers=((200, versioninsights.VersionInsight),),
        problems=_READ,
    ),
)
