"""The question page: what a destination asks for, and where its owner answers.

Job: show every word that would be agreed to, and a batch as it would be now.
Must not: tick anything, take an answer from the address, or show anything without a session.
"""

from typing import Final

from aiohttp import hdrs, web

from sidecar.api import owner
from sidecar.api.consent import SCOPE_WORDS, shown_to_owner
from sidecar.api.headers import PAGE
from sidecar.api.services import SERVICES, Services
from sidecar.api.sharinganswers import DestinationRow
from sidecar.errors import NotFound
from sidecar.share.consent import BATCH
from sidecar.share.manifest import MANIFEST
from sidecar.web import media

SHORT: Final = 12  # digits of the digest that a person compares
STANDING: Final = {
    "granted": "You said yes to {scopes} on {day}. What you answer here takes the place of that.",
    "declined": "You said no on {day}. Nothing leaves.",
    "revoked": "You took your yes back on {day}. Nothing leaves.",
    "asked": "An app asked for this page. It can ask, only you can answer; no answer means no.",
    "not_asked": "Nothing leaves unless you say yes. No answer means no.",
}
SAMPLE: Final = (
    "The exact text, if everything were ticked, what was recorded before included. Nothing of it is sealed."
)
NO_SAMPLE: Final = "Nothing is here that could go: nothing was recorded yet, or all of it is counted already."
PERIODS: Final = {"1w": "for each week", "4w": "for every four weeks"}


async def question(request: web.Request) -> web.Response:
    """The page of one destination; without a session, the way to the login."""
    services, name = request.app[SERVICES], request.match_info["name"]
    if owner.session_of_page(request, services) is None:
        return web.Response(status=303, headers={hdrs.LOCATION: f"/login?consent={name}"})
    content = await _page(services, name)
    return web.Response(body=content, headers={hdrs.CONTENT_TYPE: media(".html"), **PAGE})


async def _page(services: Services, name: str) -> bytes:
    from sidecar.web.filled import choices, document, hidden, items  # noqa: PLC0415  # few daemons are asked

    await services.intake.settled()
    told = await shown_to_owner(services)
    row = next((each for each in told.destinations if each.name == name), None)
    if row is None:
        raise NotFound("no destination has this name; `sidecar consent` lists them")
    sample = "\n".join(await services.desk.sample(name))
    return document(
        "consent.html",
        destination=row.name,
        controller=row.controller,
        products=", ".join(row.products),
        standing=_standing(row, told.switches),
        url=row.url,
        period=PERIODS[row.period],
        purpose=row.purpose,
        contact=row.contact,
        privacy_url=row.privacy_url,
        retention=row.retention,
        batch=items(
            [f"{entry.name}: {entry.values.replace('`', '')}" for entry in MANIFEST if entry.kind == BATCH]
        ),
        scopes=choices("scope", SCOPE_WORDS),
        sample_says=SAMPLE if sample else NO_SAMPLE,
        sample=sample,
        no_sample=hidden(not sample),
        text=row.text,
        digest=row.digest,
        short=row.digest[:SHORT],
    )


def _standing(row: DestinationRow, switches: list[str]) -> str:
    day = (row.answered_at or "").partition("T")[0]
    words = STANDING[row.state].format(scopes=", ".join(row.scopes), day=day)
    return f"{words} Now {switches[0]} forbids every packet, whatever you answer." if switches else words
