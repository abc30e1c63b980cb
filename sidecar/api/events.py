"""Events: a page of the owner hears that the store has changed, and asks for what it shows anew.

Job: tell the revision of the store, at most once a second, as server-sent events (HTML, section 9.2).
Must not: tell anything else, wake a daemon at which nobody looks, or keep a session from being idle.

    connect -> the present revision -> rest a second -> another one? tell it : a comment, each 15 seconds
    ends: the daemon stops, the session is over, the page is gone. Who asks for no stream gets one event.
"""

import contextlib
from typing import Final

from aiohttp import hdrs, web

from sidecar.api import body, owner
from sidecar.api.services import SERVICES, Services

MEDIA: Final = "text/event-stream"
LOOK_SECONDS: Final = 1.0  # a burst of commits is one piece of news
BEAT_SECONDS: Final = 15.0  # half of what `patience` grants a reader that takes nothing
RETRY: Final = b"retry: 3000\n"  # milliseconds after which a browser connects again


async def events(request: web.Request) -> web.StreamResponse:
    """The revision of the store, now and whenever it grows."""
    body.Query(request)
    services = request.app[SERVICES]
    if MEDIA not in request.headers.get(hdrs.ACCEPT, "") or request.method == hdrs.METH_HEAD:
        return web.Response(body=_event(_revision(services)), headers={hdrs.CONTENT_TYPE: MEDIA})
    with services.streams.place():
        answer = web.StreamResponse(headers={hdrs.CONTENT_TYPE: MEDIA})
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError):  # the page is gone
            await _tell(request, answer, services)
        return answer


async def _tell(request: web.Request, answer: web.StreamResponse, services: Services) -> None:
    told, quiet = "", 0.0
    while not services.streams.are_over and _may_go_on(request, services):
        revision = _revision(services)
        if revision != told:
            await answer.write(_event(revision))
            told, quiet = revision, 0.0
        elif quiet >= BEAT_SECONDS:
            await answer.write(b":\n\n")
            quiet = 0.0
        await services.streams.rest(LOOK_SECONDS)
        quiet += LOOK_SECONDS


def _may_go_on(request: web.Request, services: Services) -> bool:
    session = request[owner.SESSION]
    return request.transport is not None and (
        session is None or services.sessions.lives(session, services.token())
    )


def _revision(services: Services) -> str:
    """What two looks at the same store have in common."""
    database = services.database
    return f"{database.generation}.{database.revision}"


def _event(revision: str) -> bytes:
    return RETRY + b"event: revision\ndata: %b\n\n" % revision.encode()
