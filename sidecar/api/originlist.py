"""Pairing over HTTP: which web origins beyond this machine may submit.

Job: show who is paired and who is proposed, and replace the list once the new one is on the disk.
Must not: allow an origin because a product file names it, or be reachable without the manage token.
"""

import logging
from functools import partial
from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from sidecar import origins, strict
from sidecar.api import body
from sidecar.api.answers import OriginList, OriginRow
from sidecar.api.services import SERVICES, Services
from sidecar.errors import InvalidRecord
from sidecar.store.pairing import set_paired

log = logging.getLogger(__name__)

_Origin = Annotated[str, Meta(pattern=origins.PATTERN, max_length=origins.MAX_LENGTH)]
WANTED: Final = 'send {"origins": ["https://app.example.org"]} with every origin that shall be paired'


class Pairing(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole list of paired origins; what is not in it may not submit any more."""

    origins: Annotated[
        list[_Origin],
        Meta(max_length=origins.MOST_PAIRED, extra_json_schema={"uniqueItems": True}),
    ]


class _Sent(Struct, frozen=True, forbid_unknown_fields=True):
    """The same before each origin is looked at, so that its fault can be told in words."""

    origins: Annotated[list[str], Meta(max_length=origins.MOST_PAIRED)]


async def list_origins(request: web.Request) -> web.Response:
    """The paired origins, and those that a product proposes."""
    body.Query(request)
    return body.answer(_listed(request.app[SERVICES]))


async def pair_origins(request: web.Request) -> web.Response:
    """Replace the list of paired origins; it holds from the next request on."""
    services = request.app[SERVICES]
    wanted = _read(await body.read(request))
    services.paired = await services.intake.writer.submit(partial(set_paired, origins=wanted))
    log.info("the owner paired %d origins in all", len(wanted))
    return body.answer(_listed(services))


def _read(content: bytes) -> frozenset[str]:
    """The origins of a body.

    Raises:
        InvalidRecord: no such list, one that cannot be paired (`index` says which), or one named twice.
    """
    try:
        sent = msgspec.convert(strict.loads(content), _Sent).origins
    except msgspec.ValidationError:
        most = f", at most {origins.MOST_PAIRED} of them"
        raise InvalidRecord(WANTED + most, field="origins") from None
    for position, origin in enumerate(sent):
        reason = origins.fault(origin)
        if reason is not None or origin in sent[:position]:
            raise InvalidRecord(reason or "name each origin once", field="origins", index=position)
    return frozenset(sent)


def _listed(services: Services) -> OriginList:
    services.products.refresh()
    proposed = services.products.proposed_origins()
    rows = [
        OriginRow(origin, paired=origin in services.paired, proposed_by=proposed.get(origin, []))
        for origin in sorted(services.paired | proposed.keys())
    ]
    return OriginList(rows, None)
