"""Insight over HTTP: counters in, estimates out.

Job: check the query, read cells, hand the counts to the pure functions, name the rows.
Must not: hold statistics, or scan records.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiohttp import web

from sidecar import vocabulary
from sidecar.api import body, fleet, parameters
from sidecar.api.insightanswers import RatingInsight, RatingRow, UsageInsight, UsageRow
from sidecar.api.services import SERVICES
from sidecar.clock import parse_week, week_label
from sidecar.errors import InvalidQuery
from sidecar.insight.ratings import RatingCounts, estimate_ratings
from sidecar.insight.usage import answer_rate, quantiles
from sidecar.modelnames import base_name
from sidecar.store.facts import model_name

FILTERS: Final = ("task_category", "hardware_bucket", "model", "product_id", "product_version", "runs_on")
RATING_GROUPS: Final = (*FILTERS, "variant", "week")
USAGE_GROUPS: Final = (*FILTERS, "action", "runtime", "week")
RATING_DEFAULT: Final = "task_category,hardware_bucket,model"
USAGE_DEFAULT: Final = "task_category,model,hardware_bucket,action"
RATING_QUERY: Final = (
    ("group_by", parameters.groups(RATING_GROUPS, RATING_DEFAULT)),
    ("since", parameters.SINCE),
    *parameters.filters(FILTERS),
)
USAGE_QUERY: Final = (
    ("group_by", parameters.groups(USAGE_GROUPS, USAGE_DEFAULT)),
    ("since", parameters.SINCE),
    *parameters.filters(FILTERS),
)

Group = tuple[Any, ...]
Measures = Mapping[str, int]


async def ratings(request: web.Request) -> web.Response:
    """Ratings by any grouping, best first."""
    query = body.Query(request, "group_by", "since", *FILTERS)
    group_by = groups_of(query, RATING_GROUPS, RATING_DEFAULT)
    groups = await _grouped(request, "rating", query, group_by)
    source, of_fleet = await fleet.beside(request.app[SERVICES], group_by, filters_of(query, FILTERS))
    counts = [rating_counts(measures) for measures in groups.values()]
    rows = [
        RatingRow(
            **named(group_by, group),
            n=found.n,
            mean=found.mean,
            counts=list(found.counts),
            estimate=found.estimate,
            low=found.low,
            high=found.high,
            level=found.level,
            up=found.up,
            down=found.down,
            thumbs_estimate=found.thumbs_estimate,
            thumbs_low=found.thumbs_low,
            thumbs_high=found.thumbs_high,
            thumbs_enough=found.thumbs_enough,
            enough=found.enough,
            why_not=found.why_not,
            reasons=_prefixed(measures, "reason:"),
            fleet=of_fleet.get(group) if all(group) else None,
        )
        for (group, measures), found in sorted(
            zip(groups.items(), estimate_ratings(counts), strict=True),
            key=lambda pair: (-pair[1].sort_key, pair[0][0]),
        )
    ]
    return body.answer(RatingInsight(group_by, rows, source))


async def usage(request: web.Request) -> web.Response:
    """How much and how fast, the most used first."""
    query = body.Query(request, "group_by", "since", *FILTERS)
    group_by = groups_of(query, USAGE_GROUPS, USAGE_DEFAULT)
    groups = await _grouped(request, "usage_pattern", query, group_by)
    rows = [
        UsageRow(
            **named(group_by, group),
            n=measures.get("count", 0),
            tokens_per_second=quantiles(edges(measures, "tokens_per_second")),
            first_token_ms=quantiles(edges(measures, "first_token_ms")),
            context_tokens=quantiles(edges(measures, "context_tokens")),
        )
        for group, measures in sorted(groups.items(), key=lambda item: (-item[1].get("count", 0), item[0]))
    ]
    actions = await _grouped(request, "usage_pattern", query, ["action"])
    shown = {group[0]: measures.get("count", 0) for group, measures in actions.items()}
    rate = answer_rate(asked=shown.get("asked", 0), dismissed=shown.get("dismissed", 0))
    return body.answer(UsageInsight(group_by, rows, rate))


def groups_of(query: body.Query, allowed: tuple[str, ...], default: str) -> list[str]:
    """What makes a row.

    Raises:
        InvalidQuery: a name that is not allowed, or one named twice.
    """
    wanted = query.text("group_by")
    names = (default if wanted is None else wanted).split(",")
    if len(set(names)) != len(names) or not set(names) <= set(allowed):
        raise InvalidQuery(f"`group_by` takes different names of: {', '.join(allowed)}", field="group_by")
    return names


async def _grouped(
    request: web.Request, kind: str, query: body.Query, group_by: list[str]
) -> dict[Group, dict[str, int]]:
    services = request.app[SERVICES]
    filters = filters_of(query, FILTERS)
    await services.intake.settled()
    found = await services.reader.cells(kind, group_by=group_by, filters=filters, since=since(query))
    return by_group(found)


def by_group(found: Iterable[tuple[Group, str, int]]) -> dict[Group, dict[str, int]]:
    """Counters as the reader hands them out, measure -> n for each group."""
    groups: defaultdict[Group, dict[str, int]] = defaultdict(dict)
    for group, measure, n in found:
        groups[group][measure] = n
    return groups


def filters_of(query: body.Query, names: tuple[str, ...]) -> dict[str, str]:
    """Dimension -> the only value that counts; an empty one filters nothing.

    Raises:
        InvalidQuery: a task, a bucket or a place that does not exist.
    """
    given = {name: value for name in names if (value := query.text(name))}
    filters = {name: _meant(name, value) for name, value in given.items()}
    for name, value in filters.items():
        _check_word(name, value)
    return filters


def _meant(name: str, value: str) -> str:
    """A filter under the word that cells count by: any spelling of a model or a task will do."""
    match name:
        case "model":
            return model_name(base_name(value)).key
        case "task_category":
            return vocabulary.task_category(value)
        case _:
            return value


def _check_word(name: str, value: str) -> None:
    """A word that nothing can have would answer "no rows", where somebody only mistyped it.

    Raises:
        InvalidQuery: a task, a bucket or a place that does not exist; the detail says which do.
    """
    form = parameters.FORMS.get(name)
    if form is None or (value and re.fullmatch(form["pattern"], value)):
        return
    listed = f": {', '.join(vocabulary.TASK_CATEGORIES)}" if name == "task_category" else ""
    raise InvalidQuery(f"`{name}` takes {form['description']}{listed}", field=name)


def since(query: body.Query) -> int:
    """The first week that counts; 0 for all.

    Raises:
        InvalidQuery: no ISO week.
    """
    label = query.text("since")
    if label is None:
        return 0
    try:
        return parse_week(label)
    except ValueError:
        raise InvalidQuery("`since` is an ISO week such as 2026-W40", field="since") from None


def named(group_by: list[str], group: Group) -> dict[str, Any]:
    """The names of a row; null for what its records did not say, such as a model."""
    return {
        name: week_label(value) if name == "week" else value or None
        for name, value in zip(group_by, group, strict=True)
    }


def rating_counts(measures: Measures) -> RatingCounts:
    """Stars and thumbs of one group."""
    one, two, three, four, five = (measures.get(f"rating:{star}", 0) for star in range(1, 6))
    return RatingCounts(
        (one, two, three, four, five), measures.get("thumb:up", 0), measures.get("thumb:down", 0)
    )


def _prefixed(measures: Measures, prefix: str) -> dict[str, int]:
    found = {name.removeprefix(prefix): n for name, n in measures.items() if name.startswith(prefix)}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def edges(measures: Measures, name: str) -> dict[int, int]:
    """The histogram of a speed: lower edge of a bucket -> records."""
    return {int(edge): n for edge, n in _prefixed(measures, f"{name}:").items()}
