"""Counts: how many records came in, of each kind.

Job: tell the figures that stand beside the names of the views.
Must not: read a record.
"""

from aiohttp import web

from sidecar.api import body
from sidecar.api.answers import Counted
from sidecar.api.services import SERVICES


async def counts(request: web.Request) -> web.Response:
    """Records by kind, those that expired since included."""
    body.Query(request)
    services = request.app[SERVICES]
    await services.intake.settled()
    return body.answer(Counted((await services.reader.facts()).records))
