"""Errors over HTTP: which failures come up, where, and what to try first.

Job: check the query, read the counters, put the catalogue's words beside them.
Must not: scan records, or give out more of a message than its scrubbed template.
"""

from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from sidecar.api import body, insights, parameters
from sidecar.api.insightanswers import ErrorInsight, ErrorRow
from sidecar.api.services import SERVICES
from sidecar.clock import week_label
from sidecar.insight.errors import ErrorLine, tell
from sidecar.store.errorcells import error_sums

if TYPE_CHECKING:
    from sidecar.scrub.catalogue import Known

OF_ERRORS: Final = ("fingerprint", "error_type", "signature", "runtime", "runtime_version")
FILTERS: Final = (*insights.FILTERS, *OF_ERRORS)
GROUPS: Final = (
    "fingerprint",
    "error_type",
    "signature",
    "model",
    "runtime",
    "runtime_version",
    "task_category",
    "hardware_bucket",
    "product_id",
    "product_version",
    "week",
)
DEFAULT: Final = "fingerprint"
QUERY: Final = (
    ("group_by", parameters.groups(GROUPS, DEFAULT)),
    ("since", parameters.SINCE),
    ("limit", parameters.LIMIT),
    *parameters.filters(FILTERS),
)
FIXED: Final = frozenset({"fingerprint", "error_type", "signature"})
"""What every row says, grouped by it or not."""


async def errors(request: web.Request) -> web.Response:
    """Errors by any grouping, the most frequent first."""
    query = body.Query(request, "group_by", "since", "limit", *FILTERS)
    group_by = insights.groups_of(query, GROUPS, DEFAULT)
    services = request.app[SERVICES]
    filters = insights.filters_of(query, FILTERS)
    limit = query.number("limit", body.DEFAULT_LIMIT, 1, body.MAX_LIMIT)
    since = insights.since(query)
    await services.intake.settled()
    sums = await error_sums(services.reader, group_by=group_by, filters=filters, limit=limit, since=since)
    known = _catalogue() if sums.lines else {}
    rows = [_row(group_by, line, known) for line in tell(sums)]
    return body.answer(ErrorInsight(group_by, rows, sums.groups, sums.n))


def _catalogue() -> dict[str, "Known"]:
    from sidecar.scrub.catalogue import catalogue  # noqa: PLC0415  # a daemon that met no error needs no table

    return {known.id: known for known in catalogue()}


def _row(group_by: list[str], line: ErrorLine, known: dict[str, "Known"]) -> ErrorRow:
    named: dict[str, Any] = insights.named(group_by, line.group)
    about = known.get(line.signature or "")
    first, last = map(week_label, line.weeks)
    return ErrorRow(
        **{name: value for name, value in named.items() if name not in FIXED},
        fingerprint=line.fingerprint,
        error_type=line.error_type,
        signature=line.signature,
        template=line.template,
        cause=about.cause if about else None,
        remedy=about.remedy if about else None,
        n=line.n,
        errors=line.errors,
        models=line.models,
        runtimes=line.runtimes,
        buckets=line.buckets,
        first_week=first,
        last_week=last,
    )
