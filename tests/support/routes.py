"""Every route as a request that it answers, from ROUTES itself.

Job: fill in placeholders, and bodies where the smallest object is not enough.
Must not: leave out a route that is new: it gets `{}` and an id of zeros.
"""

import json
from typing import Any, Final

from sidecar.api.route import Route
from sidecar.api.routes import ROUTES
from tests.support.field_table import least

BODIES: Final[dict[tuple[str, str], Any]] = {
    ("POST", "/v1/feedback"): least("rating"),
    ("POST", "/v1/feedback/batch"): {"records": [least("rating"), least("error_report")]},
    ("PATCH", "/v1/feedback/{feedback_id}"): {"rating": 2},
    ("PUT", "/v1/fleet"): {"fleet": None},
}


def path_of(route: Route, feedback_id: str = "0" * 32) -> str:
    """A path that the route matches."""
    path = route.path.replace("{feedback_id}", feedback_id)
    for name, schema in route.path_parameters:
        path = path.replace(f"{{{name}}}", schema.get("enum", ["0" * 32])[0])
    return path


def body_of(route: Route) -> bytes:
    """A body for the routes that take one."""
    if route.method not in {"POST", "PUT", "PATCH"}:
        return b""
    return json.dumps(BODIES.get((route.method, route.path), {})).encode()


def deleting_last() -> list[Route]:
    """Every route; what deletes comes last, so that the others find something."""
    return sorted(ROUTES, key=lambda route: (route.method == "DELETE", route.path == "/v1/purge"))
