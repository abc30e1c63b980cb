"""What a path or a query may hold, as JSON Schema: for the table of routes, and so for what it publishes.

Job: name each parameter that more than one route takes.
Must not: check anything; `body` and the handlers do.
"""

from typing import Final

from sidecar.api.body import DEFAULT_LIMIT, MAX_LIMIT, MAX_WORD
from sidecar.api.route import Schema

WORD: Final[Schema] = {"type": "string", "maxLength": MAX_WORD}
LIMIT: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
CURSOR: Final[Schema] = {"type": "string", "pattern": "^(0|[1-9][0-9]{0,17})$"}
SINCE: Final[Schema] = {
    "type": "string",
    "pattern": "^[1-9][0-9]{3}-W(0[1-9]|[1-4][0-9]|5[0-2])$",
    "description": "an ISO week; week 53 is understood for the years that have one",
}
ID: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{32}$"}


def groups(names: tuple[str, ...], default: str) -> Schema:
    """The parameter `group_by`: names joined by commas."""
    return {
        "type": "array",
        "items": {"type": "string", "enum": list(names)},
        "minItems": 1,
        "uniqueItems": True,
        "default": default.split(","),
        "description": "names joined by commas",
    }
