"""Consent over HTTP: who asks for counts, what the owner answers, and what an application may know of it.

Job: decode an answer, hand it to the desk, and show where everything stands.
Must not: let an application grant, or tell it more than the state.
"""

from functools import partial
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, Struct, UnsetType

from sidecar import strict
from sidecar.api import body
from sidecar.api.moments import moment
from sidecar.api.services import SERVICES, Services
from sidecar.api.sharinganswers import Asked, ConsentAnswer, ConsentState, DestinationRow
from sidecar.destinations import Name
from sidecar.errors import InvalidRecord
from sidecar.outbox import decisions
from sidecar.outbox.decisions import Wanted
from sidecar.records import END
from sidecar.share.consent import OFF, Mode, Proposal, Standing, consent_text, digest, why_not
from sidecar.share.manifest import REVISION, SCOPES
from sidecar.store import consents, shown

Scope = Annotated[str, Meta(pattern=f"^({'|'.join(SCOPES)}){END}", extra_json_schema={"enum": list(SCOPES)})]
WANTED: Final = (
    'send {"destination", "scopes", "digest"} to grant, {"destination", "revoke": true} to say no, or '
    '{"mode": "off"}, "local" or "share"'
)

SCOPE_WORDS: Final = {
    "ratings": "How often each star and thumb was given, per task and model. Not when, not in which chat.",
    "comparisons": "Which of two models did better, as counts per task.",
    "errors": "The name of a known error and how often. Never the message; an unknown one goes as “other”.",
    "usage": "How often you generated, copied or tried again, and the speed in coarse steps.",
    "requests": "Wishes that you approve one by one, in words that you choose. None goes by itself.",
}
"""What each scope means to a person."""


class Answering(Struct, frozen=True, forbid_unknown_fields=True):
    """The owner's answer, in one of three forms.

    `destination`, `scopes`, `digest` (of the text that was shown) and `include_earlier` grant;
    `destination`, `revoke` and `withdraw` say no or take back; `mode` alone sets the mode.
    """

    destination: Name | UnsetType = UNSET
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=len(SCOPES))] | UnsetType = UNSET
    digest: Annotated[str, Meta(pattern=f"^[0-9a-f]{{64}}{END}")] | UnsetType = UNSET
    include_earlier: bool | UnsetType = UNSET
    revoke: bool | UnsetType = UNSET
    withdraw: bool | UnsetType = UNSET
    mode: Mode | UnsetType = UNSET


class Asking(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose page to open."""

    destination: Name


async def show(request: web.Request) -> web.Response:
    """The mode, what forbids every packet, and who asks."""
    body.Query(request)
    return body.answer(await shown_to_owner(request.app[SERVICES]))


async def answer(request: web.Request) -> web.Response:
    """Grant, refuse, take back, or set the mode."""
    services = request.app[SERVICES]
    sent = _read(await body.read(request), Answering, WANTED)
    desk, given = services.desk, _given(sent)
    if given == {"mode"}:
        put = desk.switch_off if sent.mode == OFF else desk.decide
        await put(partial(decisions.set_mode, wanted=sent.mode))
    elif given <= {"destination", "revoke", "withdraw"} and sent.revoke is True and sent.destination:
        await desk.decide(
            partial(
                decisions.refuse,
                name=sent.destination,
                withdraw=sent.withdraw is True,
                destinations=desk.destinations,
                now=desk.now,
            )
        )
    elif (
        {"destination", "scopes", "digest"} <= given <= {"destination", "scopes", "digest", "include_earlier"}
    ):
        wanted = Wanted(
            destination=str(sent.destination),
            scopes=frozenset(sent.scopes or ()),
            digest=str(sent.digest),
            include_earlier=sent.include_earlier is True,
        )
        await desk.decide(
            partial(decisions.grant, wanted=wanted, destinations=desk.destinations, now=desk.now)
        )
    else:
        raise InvalidRecord(WANTED)
    return body.answer(await shown_to_owner(services))


async def ask(request: web.Request) -> web.Response:
    """Open the owner's own page about a destination, at most once in 90 days."""
    services = request.app[SERVICES]
    name = _read(await body.read(request), Asking, 'send {"destination": "NAME"}').destination
    desk = services.desk
    may = await services.intake.writer.submit(
        partial(decisions.ask, name=name, destinations=desk.destinations, now=desk.now)
    )
    if may:
        services.open_page(f"?consent={name}")
    return body.answer(Asked(may, await _state(services, name)))


async def state(request: web.Request) -> web.Response:
    """What the owner answered a destination."""
    body.Query(request)
    return body.answer(ConsentState(await _state(request.app[SERVICES], request.match_info["name"])))


async def shown_to_owner(services: Services) -> ConsentAnswer:
    """Where everything stands."""
    desk = services.desk
    services.products.refresh()
    standing, answers, asked = await desk.read(
        lambda connection: (
            desk.destinations.standing(connection),
            consents.answers(connection),
            shown.asked(connection),
        )
    )
    return ConsentAnswer(
        mode=standing.mode,
        switches=list(standing.switches),
        scopes=SCOPE_WORDS,
        destinations=[
            _row(standing, proposal, answers, asked) for _, proposal in sorted(standing.proposals.items())
        ],
    )


def _row(
    standing: Standing, proposal: Proposal, answers: dict[str, consents.Answer], asked: dict[str, int]
) -> DestinationRow:
    to = proposal.destination
    text = consent_text(proposal, REVISION)
    granted = standing.grants.get(to.name)
    return DestinationRow(
        name=to.name,
        url=to.url,
        products=list(to.products),
        period=to.period,
        controller=to.controller,
        contact=to.contact,
        purpose=to.purpose,
        privacy_url=to.privacy_url,
        retention=to.retention,
        state=decisions.state_of(standing, answers, asked, to.name),
        answered_at=moment(answers[to.name].at) if to.name in answers else None,
        asked_at=moment(asked.get(to.name)),
        scopes=[scope for scope in SCOPES if granted is not None and scope in granted.scopes],
        why_not=why_not(standing, to.name),
        text=text,
        digest=digest(text),
    )


async def _state(services: Services, name: str) -> decisions.State:
    desk = services.desk
    return await desk.read(
        lambda connection: decisions.state_of(
            desk.destinations.standing(connection),
            consents.answers(connection),
            shown.asked(connection),
            name,
        )
    )


def _given(sent: Answering) -> set[str]:
    return {name for name in Answering.__struct_fields__ if getattr(sent, name) is not UNSET}


def _read(content: bytes, shape: Any, wanted: str) -> Any:  # noqa: ANN401  # a Struct, and one of it
    try:
        return msgspec.convert(strict.loads(content), shape)
    except msgspec.ValidationError:
        raise InvalidRecord(wanted) from None
