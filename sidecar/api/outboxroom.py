"""The outbox over HTTP: what is sealed, what left, every attempt, and what the owner does about it.

Job: show rows, and hand decisions to the desk.
Must not: show a secret, or be reachable without the manage token.
"""

from functools import partial

import msgspec
from aiohttp import web
from msgspec import Struct

from sidecar import strict
from sidecar.api import body
from sidecar.api.moments import moment
from sidecar.api.services import SERVICES, Services
from sidecar.api.sharinganswers import (
    AttemptRow,
    BatchState,
    Egress,
    OutboxAnswer,
    OutboxRow,
    Preview,
    PreviewRow,
    Receipt,
    Receipts,
    Started,
)
from sidecar.errors import InvalidRecord
from sidecar.share.agenda import Wait
from sidecar.store import shown
from sidecar.store.shown import Shelved

MAX_NUMBER = 10**18 - 1  # 18 digits, as published


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """An empty object: the path says it all."""


async def outbox(request: web.Request) -> web.Response:
    """What waits to leave, and when and why."""
    body.Query(request)
    return body.answer(await waiting(request.app[SERVICES]))


async def preview(request: web.Request) -> web.Response:
    """The exact text of everything that is sealed, and of what would be."""
    body.Query(request)
    services = request.app[SERVICES]
    await services.intake.settled()
    rows = [
        PreviewRow(each.batch_id, each.sha256, each.state, each.destination, each.kind, each.body)
        for each in await services.desk.read(shown.waiting)
    ]
    return body.answer(Preview(rows, await services.desk.draft()))


async def send(request: web.Request) -> web.Response:
    """Let a held batch leave now."""
    id_ = await _named(request)
    await request.app[SERVICES].desk.hasten(id_)
    return body.answer(BatchState(id_.hex(), "held"), 202)


async def discard(request: web.Request) -> web.Response:
    """Keep a held batch here, with all that is counted in it."""
    id_ = await _named(request)
    await request.app[SERVICES].desk.discard(id_)
    return body.answer(BatchState(id_.hex(), "void"))


async def upload(request: web.Request) -> web.Response:
    """Seal and send now what is granted."""
    services = request.app[SERVICES]
    await _nothing(request)
    await services.intake.settled()
    services.desk.upload()
    return body.answer(Started(started=True), 202)


async def receipts(request: web.Request) -> web.Response:
    """Batches that left."""
    after, limit = _stretch(request)
    desk = request.app[SERVICES].desk
    found = await desk.read(partial(shown.receipts, after=after, limit=limit + 1))
    following = str(found[limit - 1].batch) if len(found) > limit else None
    return body.answer(Receipts([_receipt(each) for each in found[:limit]], following))


async def withdraw(request: web.Request) -> web.Response:
    """Take a batch back that left."""
    id_ = await _named(request)
    return body.answer(BatchState(id_.hex(), await request.app[SERVICES].desk.withdraw(id_)), 202)


async def egress(request: web.Request) -> web.Response:
    """Every connection that was tried."""
    after, limit = _stretch(request)
    desk = request.app[SERVICES].desk
    found = await desk.read(partial(shown.attempts, after=after, limit=limit + 1))
    rows = [
        AttemptRow(
            number=each.number,
            at=moment(each.at),
            destination=each.destination,
            url=each.url,
            what=each.what,
            batch_id=each.batch_id,
            bytes=each.bytes,
            outcome=each.outcome,
            status=each.status,
        )
        for each in found[:limit]
    ]
    following = str(rows[-1].number) if len(found) > limit else None
    return body.answer(Egress(await desk.read(shown.attempts_ever), rows, following))


async def waiting(services: Services) -> OutboxAnswer:
    """What waits, with the next step of each batch and why it is not taken now."""
    desk = services.desk
    standing, outlook = await desk.standing(), await desk.outlook()
    rows = await desk.read(shown.waiting)
    following = _soonest(list(outlook.values())) or desk.waiting
    return OutboxAnswer(
        mode=standing.mode,
        switches=list(standing.switches),
        busy=desk.busy,
        next_at=moment(following.until),
        why=following.why,
        last_upload=moment(await desk.read(shown.last_upload)),
        attempts_ever=await desk.read(shown.attempts_ever),
        rows=[_row(each, outlook.get(each.batch_id)) for each in rows],
        next=None,
    )


def _row(each: Shelved, turn: Wait | None) -> OutboxRow:
    return OutboxRow(
        batch_id=each.batch_id,
        kind=each.kind,
        state=each.state,
        destination=each.destination,
        product=each.product,
        period=each.period,
        sha256=each.sha256,
        bytes=len(each.body.encode()),
        cells=each.cells,
        records=each.records,
        sealed_at=moment(each.sealed_at),
        next_at=moment(turn.until) if turn else None,
        why=turn.why if turn else "its grant was taken back; it may have arrived, and can be withdrawn",
        tries=each.tries,
        given_up=each.given_up,
    )


def _receipt(each: Shelved) -> Receipt:
    return Receipt(
        batch_id=each.batch_id,
        kind=each.kind,
        state=each.state,
        destination=each.destination,
        product=each.product,
        period=each.period,
        sha256=each.sha256,
        cells=each.cells,
        records=each.records,
        sent_at=moment(each.armed_at),
        settled_at=moment(each.settled_at),
    )


def _soonest(waits: list[Wait]) -> Wait | None:
    timed = [wait for wait in waits if wait.until is not None]
    return min(timed, key=lambda wait: wait.until or 0.0, default=waits[0] if waits else None)


def _stretch(request: web.Request) -> tuple[int, int]:
    query = body.Query(request, "limit", "after")
    limit = query.number("limit", body.DEFAULT_LIMIT, 1, body.MAX_LIMIT)
    return query.number("after", 0, 0, MAX_NUMBER), limit


async def _named(request: web.Request) -> bytes:
    await _nothing(request)
    return bytes.fromhex(request.match_info["batch_id"])


async def _nothing(request: web.Request) -> None:
    try:
        msgspec.convert(strict.loads(await body.read(request)), Nothing)
    except msgspec.ValidationError:
        raise InvalidRecord("send {}: the path says it all") from None
