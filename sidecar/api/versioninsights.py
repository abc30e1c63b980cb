"""Versions over HTTP: did the new one get worse?

Job: check the query, read the counters of ratings, put each version beside the one before it.
Must not: hold statistics, or scan records.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from aiohttp import web
from msgspec import Struct

from sidecar.api import body, insights, parameters
from sidecar.api.services import SERVICES, Services
from sidecar.insight.releases import in_order
from sidecar.insight.versions import Shift, VersionCounts, VersionPair, compare_versions

if TYPE_CHECKING:
    from sidecar.insight.ratings import RatingCounts

FILTERS: Final = ("task_category", "hardware_bucket", "model", "product_id")
QUERY: Final = parameters.filters(FILTERS)


class VersionRow(Struct, frozen=True, kw_only=True):
    """Two versions of a product, or two variants of a model.

    Attributes:
        product_id: whose versions or variants; null where its records did not say.
        model: whose variants; null for versions of a product.
        before, after: the two, the earlier first. Variants have no time, they stand by name.
        stars: how the mean of the stars moved; null where one of the two has none.
        thumbs: how the share of thumbs up moved, 0 to 1; null where one of the two has none.
        alarm: whether one of these surely moved, however often somebody looked.
        verdict: one plain sentence.
    """

    product_id: str | None
    model: str | None
    before: str
    after: str
    stars: Shift | None
    thumbs: Shift | None
    alarm: bool
    verdict: str


class VersionInsight(Struct, frozen=True):
    """Answer of `/v1/insights/versions`: alarms first. Ratings without a version or variant are left out."""

    rows: list[VersionRow]


async def versions(request: web.Request) -> web.Response:
    """Each version of a product beside the one before it, and each variant of a model."""
    query = body.Query(request, *FILTERS)
    filters = insights.filters_of(query, FILTERS)
    services = request.app[SERVICES]
    await services.intake.settled()
    of_products = await _counted(services, ["product_id", "product_version"], filters)
    of_models = await _counted(services, ["product_id", "model", "variant"], filters)
    rows = [
        *(_row(pair, product, "") for (product,), found in of_products for pair in found),
        *(_row(pair, product, model) for (product, model), found in of_models for pair in found),
    ]
    return body.answer(VersionInsight(sorted(rows, key=lambda row: not row.alarm)))


async def _counted(
    services: Services, group_by: list[str], filters: Mapping[str, str]
) -> list[tuple[insights.Group, list[VersionPair]]]:
    """Whose versions they are, and each beside the one before it; the version stands last in the group."""
    cells = insights.by_group(await services.reader.cells("rating", group_by=group_by, filters=filters))
    owners: defaultdict[insights.Group, dict[str, RatingCounts]] = defaultdict(dict)
    for (*owner, version), measures in sorted(cells.items()):
        if version:
            owners[tuple(owner)][version] = insights.rating_counts(measures)
    return [
        (owner, compare_versions([VersionCounts(name, found[name]) for name in in_order(found)]))
        for owner, found in owners.items()
    ]


def _row(pair: VersionPair, product: str, model: str) -> VersionRow:
    return VersionRow(
        product_id=product or None,
        model=model or None,
        before=pair.before,
        after=pair.after,
        stars=pair.stars,
        thumbs=pair.thumbs,
        alarm=any(each is not None and each.alarm for each in (pair.stars, pair.thumbs)),
        verdict=pair.verdict,
    )
