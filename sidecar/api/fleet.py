"""The fleet table over HTTP: keep a published one, and lay its figures beside one's own.

Job: replace the table, and find the cells that speak of the same as a row.
Must not: fetch a table from anywhere, or let its counts into an estimate of this machine.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from aiohttp import web
from msgspec import Struct

from sidecar import fleet, strict
from sidecar.api import body
from sidecar.api.services import SERVICES, Services
from sidecar.errors import InvalidRecord
from sidecar.fleet import FleetTable
from sidecar.insight.installs import FleetCell, FleetRating, FleetSource, fleet_ratings, one_voice
from sidecar.insight.tallies import PairCounts
from sidecar.store.fleet import FleetCounts, Place, cells, keep, kept

DIMENSIONS: Final = ("task_category", "hardware_bucket", "model")
"""What a published cell can tell apart."""

_FORM: Final = 'send {"fleet": {...}} with a table, or {"fleet": null} to keep none'


class Keeping(Struct, frozen=True, forbid_unknown_fields=True):
    """The table to keep in place of any other; null keeps none."""

    fleet: FleetTable | None


class Kept(Struct, frozen=True):
    """Which table is kept now; null for none."""

    fleet: FleetSource | None
    cells: int


async def replace(request: web.Request) -> web.Response:
    """Keep this table and no other."""
    found = strict.loads(await body.read(request, body.MAX_BATCH_BODY))
    if not isinstance(found, dict) or set(found) != {"fleet"}:
        raise InvalidRecord(_FORM, field="fleet")
    table = None if found["fleet"] is None else fleet.read(found["fleet"])
    await request.app[SERVICES].intake.writer.submit(partial(keep, table=table))
    if table is None:
        return body.answer(Kept(None, 0))
    return body.answer(Kept(FleetSource(table.period, table.product, table.k), len(table.cells)))


async def beside(
    services: Services, group_by: Sequence[str], filters: Mapping[str, str]
) -> tuple[FleetSource | None, dict[tuple[str, ...], FleetRating]]:
    """Which table is kept, and what it says of each group; nothing where its cells cannot tell groups apart.

    Returns:
        The table, and group -> its ratings; a group that has a part without a name is not among them.
    """
    source = await kept(services.reader)
    narrowed = {name: value for name, value in filters.items() if not _is_all_of(source, name, value)}
    if source is None or not set(DIMENSIONS).issuperset((*group_by, *narrowed)):
        return source, {}
    parted = dict.fromkeys((*group_by, *narrowed), True)
    found = await cells(services.reader, "rating", by=parted)
    fitting = {where: cell for where, cell in found.items() if _fits(where, narrowed)}
    estimates = fleet_ratings([_rated(cell) for cell in fitting.values()])
    return source, {
        tuple(where[DIMENSIONS.index(name)] for name in group_by): rating
        for where, rating in zip(fitting, estimates, strict=True)
    }


async def compared(services: Services, filters: Mapping[str, str]) -> tuple[PairCounts, ...]:
    """Comparisons of the fleet, of every task where one is asked about, each install one voice."""
    by = {**dict.fromkeys(filters, True), "model": True}
    of_machine = {name: value for name, value in filters.items() if name == "hardware_bucket"}
    pairs = []
    for where, cell in (await cells(services.reader, "comparison", by=by)).items():
        if _fits(where, of_machine):
            wins, losses, ties = one_voice(cell.counts, cell.installs)
            pairs.append(PairCounts(where[2], where[3], where[0], wins=wins, losses=losses, ties=ties))
    return tuple(pairs)


def _is_all_of(source: FleetSource | None, name: str, value: str) -> bool:
    """Whether a filter leaves out nothing that the table counts."""
    return source is not None and name == "product_id" and value == source.product


def _fits(where: Place, filters: Mapping[str, str]) -> bool:
    return all(where[DIMENSIONS.index(name)] == value for name, value in filters.items())


def _rated(cell: FleetCounts) -> FleetCell:
    one, two, three, four, five, up, down = cell.counts
    return FleetCell(cell.installs, (one, two, three, four, five), (up, down))
