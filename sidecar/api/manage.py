"""Reading and steering for the owner of the machine: export, purge, ledger.

Job: stream exports; delete on demand.
Must not: be reachable without the manage token.
"""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

import msgspec
from aiohttp import hdrs, web
from msgspec import Meta, Struct

from sidecar import exports, spool, strict
from sidecar.api import body
from sidecar.api.answers import Purged, Rows
from sidecar.api.services import SERVICES, Services
from sidecar.clock import week_label
from sidecar.errors import InvalidQuery, InvalidRecord
from sidecar.home import SPOOL
from sidecar.records import IDENTIFIER

EXPORT_PAGE: Final = 1_000  # records between two writes: 200 KiB, so that memory stays flat
DEFAULT_FORMAT: Final = "jsonl"
FORMATS: Final = {"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8"}
EXPORT_QUERY: Final = (("format", {"type": "string", "enum": list(FORMATS)}),)
EXPORT_MEDIA: Final = tuple(media.partition(";")[0] for media in FORMATS.values())


class Purge(Struct, frozen=True, forbid_unknown_fields=True):
    """What to delete: everything, or the records of one product."""

    product_id: Annotated[str, Meta(pattern=IDENTIFIER)] | None = None


async def export(request: web.Request) -> web.StreamResponse:
    """Every record, streamed as JSON Lines or CSV."""
    wanted = body.Query(request, "format").text("format")
    wanted = DEFAULT_FORMAT if wanted is None else wanted
    if wanted not in FORMATS:
        raise InvalidQuery("`format` is jsonl or csv", field="format")
    services = request.app[SERVICES]
    await services.intake.settled()
    answer = web.StreamResponse(headers={"Content-Type": FORMATS[wanted]})
    answer.headers["Content-Disposition"] = f'attachment; filename="feedback.{wanted}"'
    pages = _pages(services)
    first = await anext(pages)
    await answer.prepare(request)
    if request.method == hdrs.METH_HEAD:
        return answer
    if wanted == "csv":
        await answer.write(exports.csv_header())
    encode = exports.csv_rows if wanted == "csv" else exports.jsonl
    await answer.write(encode(first))
    async for page in pages:
        await answer.write(encode(page))
    await answer.write_eof()
    return answer


async def _pages(services: Services) -> AsyncIterator[list[dict[str, Any]]]:
    after: int | None = 0
    while after is not None:
        page = await services.reader.page(after=after, limit=EXPORT_PAGE)
        yield page.rows
        after = page.next


async def purge(request: web.Request) -> web.Response:
    """Delete every record, those in the spool too, or those of one product, with all that was counted."""
    services = request.app[SERVICES]
    try:
        wanted = msgspec.convert(strict.loads(await body.read(request)), Purge)
    except msgspec.ValidationError:
        raise InvalidRecord(
            'send {} to delete everything, or {"product_id": "..."}', field="product_id"
        ) from None
    if wanted.product_id is None:
        spool.clear(services.settings.data_dir / SPOOL)
    return body.answer(Purged(await services.intake.purge(wanted.product_id)))


async def ledger(request: web.Request) -> web.Response:
    """Every loss, counted."""
    body.Query(request)
    services = request.app[SERVICES]
    facts = await services.reader.facts()
    lines = [
        {"week": week_label(week), "kind": kind, "reason": reason, "count": n}
        for week, kind, reason, n in facts.ledger
    ]
    return body.answer(Rows(lines, None))
