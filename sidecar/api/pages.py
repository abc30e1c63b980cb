"""PAGES: what a browser shows, each under one exact path.

Job: serve the login page, the overview and their assets, with a policy that lets in nothing else.
Must not: show anything of the store without a session. Assets hold only what everybody can download.
"""

from functools import partial
from typing import Final

from aiohttp import hdrs, web

from sidecar import __version__
from sidecar.api import about, owner
from sidecar.api.consentpage import QUESTION
from sidecar.api.headers import PAGE
from sidecar.api.route import Route
from sidecar.api.services import SERVICES, Services
from sidecar.records import KINDS
from sidecar.web import asset, media

LOGIN: Final = "/login"
ASSETS: Final = ("tokens.css", "page.css", "icon.svg", "login.js", "dashboard/home.js")
NOTHING: Final = "Nothing is kept yet. Rate an answer in your app, or run `sidecar rate`."


async def login(_: web.Request) -> web.Response:
    """Where a browser signs in, or learns how."""
    return _shown(asset("login.html"), "login.html")


async def overview(request: web.Request) -> web.Response:
    """What is kept on this machine; without a session, the way to the login."""
    services = request.app[SERVICES]
    if owner.session_of_page(request, services) is None:
        return web.Response(status=303, headers={hdrs.LOCATION: LOGIN})
    return _shown(await _overview(services), "dashboard/home.html")


async def asset_page(_: web.Request, *, name: str) -> web.Response:
    """A file that a page needs."""
    return _shown(asset(name), name)


async def _overview(services: Services) -> bytes:
    from sidecar.web.filled import document, items, rows  # noqa: PLC0415  # at most daemons nobody looks

    await services.intake.settled()
    counted = (await services.reader.facts()).records
    total, notes, bucket = sum(counted.values()), about.notes(services), services.intake.bucket
    headline = f"{total:,} record{'' if total == 1 else 's'} came in; none has left this machine."
    return document(
        "dashboard/home.html",
        headline=headline if total else NOTHING,
        bucket=bucket or "not known yet",
        total=f"{total:,}",
        kinds=rows([(cls.kind.replace("_", " ").capitalize(), counted.get(cls.kind, 0)) for cls in KINDS]),
        notes=items(notes),
        no_notes="" if notes else "Nothing is wrong.",
        version=__version__,
    )


def _shown(body: bytes, name: str) -> web.Response:
    return web.Response(body=body, headers={hdrs.CONTENT_TYPE: media(name), **PAGE})


def _media(name: str) -> str:
    return media(name).partition(";")[0]


PAGES: Final = (
    Route(
        method="GET",
        path="/",
        handler=overview,
        summary="The overview, for a browser that signed in; any other is sent to `/login`",
        answers=((200, None), (303, None)),
        media=(_media(".html"),),
        problems=(503,),
    ),
    Route(
        method="GET",
        path=LOGIN,
        handler=login,
        summary="Exchanges the code of `sidecar open` for a session, and explains how to get one",
        answers=((200, None),),
        media=(_media(".html"),),
    ),
    *(
        Route(
            method="GET",
            path=f"/{name}",
            handler=partial(asset_page, name=name),
            summary="An asset of these pages",
            answers=((200, None),),
            media=(_media(name),),
        )
        for name in ASSETS
    ),
    *QUESTION,
)
