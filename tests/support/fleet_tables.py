"""Published tables of a fleet: one good cell of each kind, and a file around them.

Job: give tests of the reader and of the routes the same tables to spoil.
Must not: be read by the product.
"""

import json
from typing import Any, Final

RATING: Final[dict[str, Any]] = {
    "kind": "rating",
    "task_category": "chat",
    "model": "mistral-7b",
    "hardware_bucket": "ram16-19_gpuTrue",
    "installs": 40,
    "counts": [1, 2, 3, 30, 20],
    "thumbs": [3, 1],
}
COMPARISON: Final[dict[str, Any]] = {
    "kind": "comparison",
    "task_category": "chat",
    "models": ["mistral-7b", "llama-3.1-8b"],
    "wins": [30, 10],
    "ties": 4,
    "installs": 33,
}


def table(*cells: Any, **fields: Any) -> bytes:  # noqa: ANN401  # any JSON
    """The file of a table with these cells; `fields` stand in it in place of the usual ones."""
    return json.dumps({"table": 1, "period": "2026-W40", "k": 20, "cells": cells} | fields).encode()
