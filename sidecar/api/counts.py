"""Counts: how many records came in, of each kind, and how much of them left.

Job: tell the figures that stand beside the names of the views.
Must not: read a record.
"""

from aiohttp import web
from msgspec import Struct

from sidecar.api import body
from sidecar.api.services import SERVICES


class Leaving(Struct, frozen=True):
    """What leaves this machine; `sent` are batches that left or may have, `held` those that wait."""

    mode: str
    attempts_ever: int
    sent: int
    held: int


class Counted(Struct, frozen=True):
    """Records that came in, by kind; expired ones are counted, deleted ones are not. And what leaves."""

    records: dict[str, int]
    leaving: Leaving


async def counts(request: web.Request) -> web.Response:
    """Records by kind, those that expired since included, and how much left."""
    body.Query(request)
    services = request.app[SERVICES]
    await services.intake.settled()
    records = (await services.reader.facts()).records
    sharing = await services.reader.sharing()
    held = sharing.batches.get("held", 0)
    return body.answer(Counted(records, Leaving(sharing.mode, sharing.attempts_ever, sharing.sent, held)))
