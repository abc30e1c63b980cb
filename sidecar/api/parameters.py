"""What a path or a query may hold, as JSON Schema: for the table of routes, and so for what it publishes.

Job: name each parameter that more than one route takes.
Must not: check anything; `body` and the handlers do.
"""

from collections.abc import Iterable
from typing import Final

from sidecar.api.body import DEFAULT_LIMIT, MAX_LIMIT, MAX_WORD
from sidecar.api.route import Schema
from sidecar.records import END, OWN_WORD
from sidecar.vocabulary import RUNS_ON, TASK_CATEGORIES

WORD: Final[Schema] = {"type": "string", "maxLength": MAX_WORD}
LIMIT: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
CURSOR: Final[Schema] = {"type": "string", "pattern": "^(0|[1-9][0-9]{0,17})$"}
SINCE: Final[Schema] = {
    "type": "string",
    "pattern": "^[1-9][0-9]{3}-W(0[1-9]|[1-4][0-9]|5[0-2])$",
    "description": "an ISO week; week 53 is understood for the years that have one",
}
TASK: Final[Schema] = {
    "type": "string",
    "pattern": f"^({'|'.join(sorted(TASK_CATEGORIES))}|{OWN_WORD.strip('^').removesuffix(END)})?$",
    "description": "a task of the closed list, or an `x_` word of a product file",
}
BUCKET: Final[Schema] = {
    "type": "string",
    "pattern": (
        "^(unknown|ram(0-3|4-7|8-11|12-15|16-19|20-23|24-27|28-31|32-35|36-39|40-43|44-47|48-51|52-55|56-59|60-63"
        "|64-95|96-127|128[+])_gpu(True|False))?$"
    ),
    "description": (
        "`unknown`, or memory in steps of 4 GiB (from 64 on ram64-95, ram96-127, ram128+) and whether a "
        "graphics processor helps, such as ram16-19_gpuTrue"
    ),
}
PLACE: Final[Schema] = {
    "type": "string",
    "pattern": f"^({'|'.join(sorted(RUNS_ON))})?$",
    "description": f"where the model runs: {', '.join(RUNS_ON)}",
}
NAME: Final[Schema] = {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,31}$"}
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


FORMS: Final = {"task_category": TASK, "hardware_bucket": BUCKET, "runs_on": PLACE}
"""Filters whose words have a form; any other takes any word."""


def filters(names: Iterable[str]) -> tuple[tuple[str, Schema], ...]:
    """The filters of an insight."""
    return tuple((name, FORMS.get(name, WORD)) for name in names)
