"""Best model over HTTP: for a task and a machine, everything that speaks of a model beside each other.

Job: check the query, read the counters, have the comparisons fitted by the worker, put all side by side.
Must not: hold statistics, or fit anything on the event loop.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import Final, Literal, cast

from aiohttp import web
from msgspec.structs import replace

from sidecar.api import body, fleet, insights, parameters
from sidecar.api.route import Schema
from sidecar.api.services import SERVICES, Services
from sidecar.errors import InvalidQuery
from sidecar.insight.comparisons import MOST_CONTESTANTS, ComparisonQuestion, contestants
from sidecar.insight.installs import fleet_models
from sidecar.insight.models import ModelCounts, ModelInsight, side_by_side, with_fleet
from sidecar.insight.ratings import RatingCounts
from sidecar.insight.tallies import PairCounts
from sidecar.worker.comparing import compare

FILTERS: Final = ("task_category", "hardware_bucket")
TIES: Final = ("davidson", "half")

TIES_FORM: Final[Schema] = {
    "type": "string",
    "enum": list(TIES),
    "default": TIES[0],
    "description": "`half` counts a tie as half a win for both, as most published tables do",
}
QUERY: Final = (*parameters.filters(FILTERS), ("ties", TIES_FORM))

Grouped = Mapping[insights.Group, Mapping[str, int]]


async def models(request: web.Request) -> web.Response:
    """Which model for a task on a machine."""
    query = body.Query(request, *FILTERS, "ties")
    filters = insights.filters_of(query, FILTERS)
    services = request.app[SERVICES]
    await services.intake.settled()
    revision = (services.database.generation, services.database.revision)  # before the counts: never too new
    bucket = filters.get("hardware_bucket")
    question = ComparisonQuestion(
        pairs=await _pairs(services, {"hardware_bucket": bucket} if bucket else {}),
        task_category=filters.get("task_category"),
        hardware_bucket=bucket,
        ties=_ties(query),
    )
    compared = await compare(services.worker, question, revision)
    found = side_by_side(compared, await _counts(services, filters), bucket)
    return body.answer(await _beside_fleet(services, found, filters, question, revision))


async def _beside_fleet(
    services: Services,
    found: ModelInsight,
    filters: Mapping[str, str],
    question: ComparisonQuestion,
    revision: Hashable,
) -> ModelInsight:
    """The same with what a kept table says; more models than one fit takes are shown without strength."""
    source, ratings = await fleet.beside(services, ("model",), filters)
    if source is None:
        return found
    asked = replace(question, pairs=await fleet.compared(services, filters))
    fits = 0 < len(contestants(asked)) <= MOST_CONTESTANTS
    compared = await compare(services.worker, asked, revision) if fits else None
    rated = {name: rating for (name,), rating in ratings.items()}
    return with_fleet(found, source, compared.verdict if compared else None, fleet_models(rated, compared))


def _ties(query: body.Query) -> Literal["davidson", "half"]:
    text = query.text("ties")
    if text is not None and text not in TIES:
        raise InvalidQuery(f"`ties` is one of {', '.join(TIES)}", field="ties")
    return cast("Literal['davidson', 'half']", text or TIES[0])


async def _pairs(services: Services, filters: Mapping[str, str]) -> tuple[PairCounts, ...]:
    """Who was preferred to whom, in every task: the others lend a prior. Variants are one model."""
    group_by = ("preferred", "alternative", "task_category")
    found = await services.reader.cells("comparison", group_by=group_by, filters=filters)
    return tuple(
        PairCounts(
            group[0], group[1], group[2], wins=n if measure == "win" else 0, ties=n if measure == "tie" else 0
        )
        for group, measure, n in found
        if measure in {"win", "tie"} and group[0] != group[1]
    )


async def _counts(services: Services, filters: Mapping[str, str]) -> list[ModelCounts]:
    """What else is counted of each model."""
    ratings = await _grouped(services, "rating", ("model",), filters)
    usage = await _grouped(services, "usage_pattern", ("model", "action"), filters)
    errors = await _grouped(services, "error_report", ("model", "error_type"), filters)
    names = {group[0] for each in (ratings, usage, errors) for group in each} - {""}
    return [_of_one(name, ratings, usage, errors) for name in sorted(names)]


def _of_one(name: str, ratings: Grouped, usage: Grouped, errors: Grouped) -> ModelCounts:
    speeds: defaultdict[int, int] = defaultdict(int)
    for group, measures in usage.items():
        if group[0] == name:
            for edge, n in insights.edges(measures, "tokens_per_second").items():
                speeds[edge] += n
    return ModelCounts(
        model=name,
        ratings=insights.rating_counts(ratings[name,]) if (name,) in ratings else RatingCounts((0,) * 5),
        tokens_per_second=dict(speeds),
        generations=_sum(usage, name, ("generation", "regeneration"), "count"),
        errors=_sum(errors, name, {group[1] for group in errors}, "n"),
        did_not_fit=_sum(errors, name, ("out_of_memory", "model_load"), "n"),
    )


def _sum(groups: Grouped, name: str, kinds: Iterable[str], measure: str) -> int:
    return sum(groups[name, kind].get(measure, 0) for kind in kinds if (name, kind) in groups)


async def _grouped(
    services: Services, kind: str, group_by: tuple[str, ...], filters: Mapping[str, str]
) -> dict[insights.Group, dict[str, int]]:
    return insights.by_group(await services.reader.cells(kind, group_by=group_by, filters=filters))
