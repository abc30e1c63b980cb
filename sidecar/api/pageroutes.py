"""PAGES: what a browser shows, each under one exact path.

Job: say which handler answers which path; the pages of the dashboard, the login, the question, their assets.
Must not: hold code beyond the table, or open to a stranger anything but what everybody can download.
"""

from functools import partial
from typing import TYPE_CHECKING, Final

from sidecar.api.parameters import NAME
from sidecar.api.route import Route
from sidecar.later import Room
from sidecar.web import media, needed
from sidecar.web.panels import PANELS

if TYPE_CHECKING:
    from sidecar.api import consentpage, pages
else:
    consentpage = Room("sidecar.api.consentpage")
    pages = Room("sidecar.api.pages")

ASSETS: Final = (
    "tokens.css",
    "page.css",
    "icon.svg",
    "login.js",
    "consent.css",
    "consent.js",
    "dashboard/dashboard.css",
    "dashboard/charts.css",
    *dict.fromkeys(each for panel in PANELS for each in needed(f"dashboard/panels/{panel.name}.js")),
)


def _media(name: str) -> str:
    return media(name).partition(";")[0]


PAGES: Final = (
    *(
        Route(
            method="GET",
            path=panel.path,
            handler=partial(pages.view, panel=panel),
            summary=f"{panel.title}, for a browser that signed in; any other is sent to `/login`",
            answers=((200, None), (303, None)),
            media=(_media(".html"),),
            problems=(503,),
        )
        for panel in PANELS
    ),
    Route(
        method="GET",
        path="/login",
        handler=pages.login,
        summary="Exchanges the code of `sidecar open` for a session, and explains how to get one",
        answers=((200, None),),
        media=(_media(".html"),),
    ),
    Route(
        method="GET",
        path="/consent/{name}",
        handler=consentpage.question,
        summary="What a destination asks for, for a browser that signed in; any other is sent to `/login`",
        path_parameters=(("name", NAME),),
        answers=((200, None), (303, None)),
        media=(_media(".html"),),
        problems=(404, 503),
    ),
    *(
        Route(
            method="GET",
            path=f"/{name}",
            handler=partial(pages.asset_page, name=name),
            summary="An asset of these pages",
            answers=((200, None),),
            media=(_media(name),),
        )
        for name in ASSETS
    ),
)
