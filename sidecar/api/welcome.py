"""The welcome over HTTP: the owner has seen it, or skipped it.

Job: have that remembered.
Must not: take a choice from anybody: what leaves is decided elsewhere.
"""

import msgspec
from aiohttp import web
from msgspec import Struct

from sidecar import strict
from sidecar.api import body
from sidecar.api.services import SERVICES
from sidecar.errors import InvalidRecord
from sidecar.store.welcome import welcome


class Seen(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing: that it was sent says all."""


class Welcomed(Struct, frozen=True):
    """The welcome will not be shown by itself again."""

    welcomed: bool


async def seen(request: web.Request) -> web.Response:
    """Do not show it again by itself."""
    try:
        msgspec.convert(strict.loads(await body.read(request)), Seen)
    except msgspec.ValidationError:
        raise InvalidRecord("send {}") from None
    await request.app[SERVICES].intake.writer.submit(welcome)
    return body.answer(Welcomed(welcomed=True))
