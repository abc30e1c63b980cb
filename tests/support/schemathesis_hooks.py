"""What schemathesis has to know of four rules that no JSON Schema can say.

Job: keep it from taking for our fault a model compared with itself, a change that another kind takes, a
deleted record whose key was sent again, or cells of a fleet table that contradict each other.
Must not: hide any other refusal.
"""

import re
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.specs.openapi.checks import ensure_resource_availability, positive_data_acceptance

from sidecar import fleet, modelnames
from sidecar.errors import InvalidRecord

_BETWEEN_FIELDS = (
    "each cell may",
    "a cell counts",
    "`installs` must be at least the",
    "`models` must be",
    "`period` must be a week",
)
_OF_ANOTHER_KIND = re.compile(r"a record of kind \w+ has no |a wish has nothing to change")


@schemathesis.hook
def filter_body(_: HookContext, body: Any) -> bool:  # noqa: ANN401  # any JSON
    """`preferred` and `alternative` have to differ: two fields cannot be compared in a schema."""
    if isinstance(body, dict) and "fleet" in body:
        return _agrees_with_itself(body["fleet"])
    rows = body.get("records") if isinstance(body, dict) else None
    return all(map(_compares_two, rows)) if isinstance(rows, list) else _compares_two(body)


def _compares_two(body: Any) -> bool:  # noqa: ANN401  # any JSON
    if not isinstance(body, dict):
        return True
    first, second = body.get("preferred"), body.get("alternative")
    if not isinstance(first, str) or not isinstance(second, str):
        return True
    keys = {modelnames.parse(first).key, modelnames.parse(second).key}
    return len(keys) > 1 or body.get("preferred_variant") != body.get("alternative_variant")


def _agrees_with_itself(table: Any) -> bool:  # noqa: ANN401  # any JSON
    """Cells that count something, each once, of at least `k` installs, in a week that its year has."""
    try:
        fleet.read(table)
    except InvalidRecord as fault:
        return not fault.detail.startswith(_BETWEEN_FIELDS)
    return True


@schemathesis.check
def good_data_is_accepted(ctx: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """The check `positive_data_acceptance`, but which fields a record has depends on its kind."""
    if case.method.upper() == "PATCH" and _OF_ANOTHER_KIND.match(response.json().get("detail", "")):
        return None
    return positive_data_acceptance(ctx, response, case)


@schemathesis.check
def stored_record_is_there(ctx: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """The check `ensure_resource_availability`, but a key that was known creates nothing."""
    parent = ctx.internals.find_parent(case_id=case.id)
    first = parent and ctx.internals.find_response(case_id=parent.id)
    if first and b'"duplicate":true' in (first.content or b""):
        return None
    return ensure_resource_availability(ctx, response, case)
