"""The pages of the owner: the login, the views and their assets.

Job: serve the login page, the views and their assets, with a policy that lets in nothing else.
Must not: show anything of the store without a session. Assets hold only what everybody can download.
"""

from typing import Final

from aiohttp import hdrs, web

from sidecar import __version__
from sidecar.api import about, owner
from sidecar.api.consent import shown_to_owner
from sidecar.api.headers import PAGE
from sidecar.api.services import SERVICES, Services
from sidecar.share.consent import SHARE
from sidecar.store.welcome import was_welcomed
from sidecar.web import asset, media, needed
from sidecar.web.panels import PANELS, Panel

LOGIN: Final = "/login"
NOTHING: Final = "Nothing is kept yet. Rate an answer in your app, or run `sidecar rate`."
ASKED: Final = (
    "Somebody asks for counts of your feedback. An app can ask, only you can grant: on a page of its own, "
    "for each kind apart, with what would leave shown byte for byte. Everything works the same without."
)
NOBODY_ASKS: Final = (
    "Nobody asks for counts, so there is nothing to decide: not one packet leaves. Should an app ask later, "
    "only you can grant, on a page of its own, with what would leave shown byte for byte."
)
LEAVES: Final = "Counts go where you granted it. Records and texts stay on this machine."
WELCOME: Final = "welcome"
"""In the query: show the welcome once more."""


async def login(_: web.Request) -> web.Response:
    """Where a browser signs in, or learns how."""
    return _shown(asset("login.html"), "login.html")


async def view(request: web.Request, *, panel: Panel) -> web.Response:
    """A view of the dashboard; without a session, the way to the login."""
    services = request.app[SERVICES]
    if owner.session_of_page(request, services) is None:
        return web.Response(status=303, headers={hdrs.LOCATION: LOGIN})
    welcome = WELCOME in request.query or not await was_welcomed(services.reader)
    return _shown(await _filled(services, panel, welcome=welcome), "dashboard/shell.html")


async def asset_page(_: web.Request, *, name: str) -> web.Response:
    """A file that a page needs."""
    return _shown(asset(name), name)


async def widget(request: web.Request) -> web.Response:
    """The web component; pages of others load it too."""
    return await asset_page(request, name="widget.js")


async def _filled(services: Services, panel: Panel, *, welcome: bool) -> bytes:
    """The document before any script runs: where one is, what came in, what the owner should know."""
    from sidecar.web.filled import document, fragment, items, links, preloads  # noqa: PLC0415  # at most daemons nobody looks

    await services.intake.settled()
    counted = (await services.reader.facts()).records
    silent = not (sharing := await services.reader.sharing()).attempts_ever and sharing.mode != SHARE
    bucket = services.intake.bucket or "not known yet"
    notes = about.notes(services) if panel is PANELS[0] else []
    return document(
        "dashboard/shell.html",
        panel=panel.name,
        title=panel.title,
        headline=_headline(sum(counted.values()), silent=silent) if panel is PANELS[0] else panel.title,
        door="Nothing leaves" if silent else "You decide what leaves",
        behind_it="Every record and every text stays on this machine." if silent else LEAVES,
        bucket=bucket,
        links=links(PANELS, panel, counted),
        preloads=preloads(needed(f"dashboard/panels/{panel.name}.js")),
        notes=fragment("dashboard/notes.html", items=items(notes)) if notes else "",
        welcome=await _welcome(services, bucket) if welcome else "",
        version=__version__,
    )


async def _welcome(services: Services, bucket: str) -> str:
    """The welcome; its last step names who asks, and leads to where the owner answers."""
    from sidecar.web.filled import fragment, questions  # noqa: PLC0415  # as above

    asking = (await shown_to_owner(services)).destinations
    return fragment(
        "dashboard/welcome.html",
        bucket=bucket,
        asks=ASKED if asking else NOBODY_ASKS,
        links=questions((row.name, row.controller, row.products) for row in asking),
    )


def _headline(total: int, *, silent: bool) -> str:
    if not total:
        return NOTHING
    came = f"{total:,} record{'' if total == 1 else 's'} came in"
    return f"{came}; none has left this machine." if silent else f"{came}."


def _shown(body: bytes, name: str) -> web.Response:
    return web.Response(body=body, headers={hdrs.CONTENT_TYPE: media(name), **PAGE})
