"""Products over HTTP: whom the owner hears, and what of each is here.

Job: mute a product or let it speak again, and delete its records where the owner says so.
Must not: be reachable without the manage token.
"""

from functools import partial

import msgspec
from aiohttp import web
from msgspec import UNSET, Struct, UnsetType

from sidecar import strict
from sidecar.api import body
from sidecar.api.services import SERVICES, Services
from sidecar.api.sharinganswers import ProductAnswer
from sidecar.errors import InvalidRecord
from sidecar.store.hearing import records_of, set_muted


class Treatment(Struct, frozen=True, forbid_unknown_fields=True):
    """What to do with a product; what is left out stays as it is."""

    muted: bool | UnsetType = UNSET
    delete_records: bool | UnsetType = UNSET


async def product(request: web.Request) -> web.Response:
    """Whether a product is muted, and how many records of it are here."""
    body.Query(request)
    return body.answer(await _told(request.app[SERVICES], request.match_info["product_id"], 0))


async def treat(request: web.Request) -> web.Response:
    """Mute a product, let it speak again, delete its records."""
    services, product_id = request.app[SERVICES], request.match_info["product_id"]
    try:
        wanted = msgspec.convert(strict.loads(await body.read(request)), Treatment)
    except msgspec.ValidationError:
        raise InvalidRecord('send {"muted": true}, {"delete_records": true}, or both') from None
    if wanted.muted is not UNSET:
        operation = partial(set_muted, product_id=product_id, wanted=wanted.muted)
        services.hearing.muted = await services.intake.writer.submit(operation)
    deleted = await services.intake.purge(product_id) if wanted.delete_records is True else 0
    return body.answer(await _told(services, product_id, deleted))


async def _told(services: Services, product_id: str, deleted: int) -> ProductAnswer:
    here = await services.desk.read(partial(records_of, product_id=product_id))
    return ProductAnswer(product_id, product_id in services.hearing.muted, here, deleted)
