"""The rows of ROUTES that are the owner's alone.

Job: say which handler answers which path, who may ask, and what goes in and out.
Must not: hold code beyond the table.
"""

from typing import TYPE_CHECKING, Final

from sidecar.api import about
from sidecar.api.answers import OriginList, Purged, RequestState, Rows
from sidecar.api.insightroutes import INSIGHTS
from sidecar.api.parameters import ID
from sidecar.api.route import Route
from sidecar.api.sharingroutes import SHARING
from sidecar.later import Room

if TYPE_CHECKING:
    from sidecar.api import (
        counts,
        events,
        fleet,
        manage,
        originlist,
        recordlist,
        requestinsights,
        welcome,
    )
else:
    counts = Room("sidecar.api.counts")
    events = Room("sidecar.api.events")
    fleet = Room("sidecar.api.fleet")
    manage = Room("sidecar.api.manage")
    originlist = Room("sidecar.api.originlist")
    recordlist = Room("sidecar.api.recordlist")
    requestinsights = Room("sidecar.api.requestinsights")
    welcome = Room("sidecar.api.welcome")

_STORE: Final = (503, 507)
_READ: Final = (422, 503)

OWNERS: Final = (
    Route(
        method="GET",
        path="/v1/feedback",
        handler=recordlist.rows,
        summary="List records",
        manages=True,
        query=recordlist.QUERY,
        answers=((200, Rows),),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/export",
        handler=manage.export,
        summary="Stream every record as JSON Lines or CSV",
        manages=True,
        query=manage.EXPORT_QUERY,
        answers=((200, None),),
        media=manage.EXPORT_MEDIA,
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/counts",
        handler=counts.counts,
        summary="How many records came in, by kind",
        manages=True,
        answers=((200, counts.Counted),),
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
        method="PUT",
        path="/v1/fleet",
        handler=fleet.replace,
        summary="Keep a published table of the fleet beside one's own figures, or none",
        manages=True,
        body=fleet.Keeping,
        answers=((200, fleet.Kept),),
        problems=_STORE,
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
        method="POST",
        path="/v1/welcome",
        handler=welcome.seen,
        summary="The owner has seen the welcome of the dashboard",
        manages=True,
        body=welcome.Seen,
        answers=((200, welcome.Welcomed),),
        problems=_STORE,
    ),
    Route(
        method="GET",
        path="/v1/events",
        handler=events.events,
        summary="The revision of the store whenever it changes, for `Accept: text/event-stream`; else once",
        manages=True,
        answers=((200, None),),
        media=(events.MEDIA,),
        problems=_READ,
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
