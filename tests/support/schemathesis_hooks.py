"""What schemathesis has to know of five rules that our JSON Schema does not say.

Job: keep it from taking for our fault a model compared with itself, a change that another kind takes, a
deleted record whose key was sent again, members of a fleet table that contradict each other, or an answer
about consent that mixes two of its three forms.
Must not: hide any other refusal.
"""

import re
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.specs.openapi.checks import ensure_resource_availability, positive_data_acceptance

from sidecar import modelnames

_OF_ANOTHER_KIND = re.compile(r"a record of kind \w+ has no |a wish has nothing to change")
_CONTRADICTS = re.compile(
    "each cell may stand there once|`installs` must be at least the `k`|`period` must be a week"
)


_MIXES_FORMS = re.compile(r'send \{"destination", "scopes", "digest"\} to grant')


@schemathesis.hook
def filter_body(_: HookContext, body: Any) -> bool:  # noqa: ANN401  # any JSON
    """`preferred` and `alternative` have to differ: two fields cannot be compared in a schema."""
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


@schemathesis.check
def good_data_is_accepted(ctx: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """The check `positive_data_acceptance`, but for what depends on a record's kind, or on another member."""
    if case.method.upper() == "PATCH" and _OF_ANOTHER_KIND.match(response.json().get("detail", "")):
        return None
    if case.path == "/v1/fleet" and _CONTRADICTS.match(response.json().get("detail", "")):
        return None
    if case.path == "/v1/consent" and _MIXES_FORMS.match(response.json().get("detail", "")):
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
