"""Counts: how many records came in, of each kind.

Job: tell the figures that stand beside the names of the views.
Must not: read a record.
"""

from aiohttp import web
from msgspec import Struct

from sidecar.api import body
from sidecar.api.services import SERVICES


class Counted(Struct, frozen=True):
    """Records that came in, by kind; expired ones are counted, deleted ones are not."""

    records: dict[str, int]


async def counts(request: web.Request) -> web.Response:
    """Records by kind, those that expired since included."""
    body.Query(request)
    services = request.app[SERVICES]
    await services.intake.settled()
    return body.answer(Counted((await services.reader.facts()).records))
