"""Requests over HTTP: what people want most, and what the owner decided about it.

Job: check the query or the decision, ask the worker, hand a decision to the writer.
Must not: read a wish, or decide anything by itself.
"""

from functools import partial
from typing import Annotated, Final, TypeAlias

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, Struct, UnsetType

from sidecar import strict
from sidecar.api import body, headers
from sidecar.api.answers import RequestState
from sidecar.api.services import SERVICES, Services
from sidecar.clock import week_number
from sidecar.destinations import Name
from sidecar.errors import InvalidRecord, StoreUnavailable
from sidecar.records import END
from sidecar.store.database import Database
from sidecar.store.requests import Decision, steer
from sidecar.store.requests import Steering as StoredSteering
from sidecar.triage.wish import EFFORTS, SEVERITIES, STATES
from sidecar.vocabulary import REQUEST_CATEGORIES
from sidecar.worker.triaging import Triage, triage

MOST_NAMED: Final = 500  # wishes of one merge or split
MOST_WORDS: Final = 500  # characters of a wish that leaves
PLAIN: Final = r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]*" + END
"""What reads as it is written: no control character but a line's end, nothing that turns letters around."""
MOST_RANKS: Final = 10**18 - 1  # as every cursor

FeedbackId: TypeAlias = Annotated[str, Meta(pattern=f"^[0-9a-f]{{32}}{END}")]
Ids: TypeAlias = Annotated[list[FeedbackId], Meta(max_length=MOST_NAMED)]


def _one_of(words: tuple[str, ...]) -> Meta:
    pattern = f"^({'|'.join(words)}){END}"
    return Meta(pattern=pattern, extra_json_schema={"enum": list(words)})


class Approval(Struct, frozen=True, forbid_unknown_fields=True):
    """Let one wish go to a destination, in exactly these words."""

    destination: Name
    text: Annotated[str, Meta(min_length=1, max_length=MOST_WORDS, pattern=PLAIN)]


class Steering(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a request; what is left out stays as it is.

    Null gives `category`, `severity` or `effort` back to the words. `merge` names wishes whose requests
    become part of this one, votes and all; `split` names wishes of this one that go their own way again.
    `share` approves the very wish that is named, in the words that are given; it comes back as `batch_id`.
    """

    state: Annotated[str, _one_of(STATES)] | UnsetType = UNSET
    category: Annotated[str, _one_of(REQUEST_CATEGORIES)] | None | UnsetType = UNSET
    severity: Annotated[str, _one_of(tuple(SEVERITIES))] | None | UnsetType = UNSET
    effort: Annotated[str, _one_of(tuple(EFFORTS))] | None | UnsetType = UNSET
    merge: Ids = []
    split: Ids = []
    share: Approval | UnsetType = UNSET


WANTED: Final = {
    "state": f"`state` is one of {', '.join(STATES)}",
    "category": f"`category` is null or one of {', '.join(REQUEST_CATEGORIES)}",
    "severity": f"`severity` is null or one of {', '.join(SEVERITIES)}",
    "effort": f"`effort` is null or one of {', '.join(EFFORTS)}",
    "merge": f"`merge` is a list of at most {MOST_NAMED} feedback ids, 32 hexadecimal digits each",
    "share": f'`share` is {{"destination", "text"}} with at most {MOST_WORDS} plain characters',
    "split": f"`split` is a list of at most {MOST_NAMED} feedback ids, 32 hexadecimal digits each",
}


async def requests(request: web.Request) -> web.Response:
    """Feature requests, the most pressing first."""
    query = body.Query(request, "limit", "after")
    limit = query.number("limit", body.DEFAULT_LIMIT, 1, body.MAX_LIMIT)
    after = query.number("after", 0, 0, MOST_RANKS)
    services = request.app[SERVICES]
    await services.intake.settled()
    return web.Response(body=await worked_out(services, limit, after), headers=headers.JSON.copy())


async def worked_out(services: Services, limit: int, after: int = 0) -> bytes:
    """The requests as JSON; a file that cannot be read is looked over by the writer, and tried once more.

    Raises:
        InsightUnavailable: the process died, hung, or could not be started.
        StoreUnavailable: the file cannot be read.
    """
    try:
        return await _triaged(services, limit, after)
    except StoreUnavailable:
        await services.intake.writer.alone(Database.verify)  # sets a damaged file aside
    return await _triaged(services, limit, after)


async def _triaged(services: Services, limit: int, after: int) -> bytes:
    database = services.database
    question = Triage(str(database.path), week_number(services.clock.now()), limit, after)
    return await triage(services.worker, question, (database.generation, database.revision))


async def decide(request: web.Request) -> web.Response:
    """Merge, split, relabel or move a request; any of its wishes names it."""
    wanted, approval = _read(await body.read(request))
    services, id_ = request.app[SERVICES], bytes.fromhex(request.match_info["request_id"])
    batch_id: str | UnsetType = UNSET
    if approval is not None:
        await services.intake.settled()
        batch_id = (await services.desk.approve(id_, approval.destination, approval.text)).hex()
    decided = await services.intake.writer.submit(partial(steer, id_=id_, wanted=wanted))
    return body.answer(_told(decided, batch_id))


def _read(content: bytes) -> tuple[StoredSteering, Approval | None]:
    """What a body asks for.

    Raises:
        InvalidRecord: a field that does not exist, or a word that is not on its list.
    """
    found = strict.loads(content)
    try:
        sent = msgspec.convert(found, Steering)
    except msgspec.ValidationError:
        raise _fault(found) from None
    steering = StoredSteering(
        state=sent.state,
        category=sent.category,
        severity=sent.severity,
        effort=sent.effort,
        merge=tuple(map(bytes.fromhex, sent.merge)),
        split=tuple(map(bytes.fromhex, sent.split)),
    )
    return steering, None if sent.share is UNSET else sent.share


def _fault(found: object) -> InvalidRecord:
    """The first field at fault, by looking at each alone."""
    for name, words in WANTED.items():
        if isinstance(found, dict) and name in found:
            try:
                msgspec.convert({name: found[name]}, Steering)
            except msgspec.ValidationError:
                return InvalidRecord(words, field=name)
    return InvalidRecord(f"send an object with any of {', '.join(WANTED)}, and no other field")


def _told(decided: Decision, batch_id: str | UnsetType) -> RequestState:
    return RequestState(
        request_id=decided.request_id.hex(),
        state=decided.state,
        category=decided.category,
        severity=decided.severity,
        effort=decided.effort,
        n=len(decided.members),
        members=[each.hex() for each in decided.members],
        batch_id=batch_id,
    )
