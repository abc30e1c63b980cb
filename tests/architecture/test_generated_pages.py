"""The pages that come from code are what the code says now."""

import runpy
from collections.abc import Callable
from typing import Any

import pytest

from sidecar.api.problems import known
from sidecar.records import KINDS, Change
from sidecar.vocabulary import CONTENT_FIELDS, TASK_ALIASES
from tests.architecture.source import ROOT, read

SCRIPT = runpy.run_path(str(ROOT / "scripts" / "document.py"))
PAGES: dict[str, Callable[[], str]] = SCRIPT["PAGES"]
shape: Callable[[dict[str, Any]], str] = SCRIPT["shape"]
attributes: Callable[[str], dict[str, str]] = SCRIPT["attributes"]


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert read(name) == PAGES[name](), "run: make docs"


def test_every_field_of_every_kind_has_its_row() -> None:
    page = read("docs/records.md")
    assert [
        name for cls in (*KINDS, Change) for name in cls.__struct_fields__ if f"\n| `{name}` |" not in page
    ] == []
    assert [cls.kind for cls in KINDS if f"\n## {cls.kind}\n" not in page] == []


def test_every_spelling_and_every_refused_name_is_told() -> None:
    page = read("docs/records.md")
    assert [word for word in {*CONTENT_FIELDS, *TASK_ALIASES} if f"`{word}`" not in page] == []


def test_every_problem_is_told() -> None:
    page = read("docs/api.md")
    assert [slug for slug in known() if f"\n| `{slug}` |" not in page] == []


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer"}, "integer"),
        ({"$ref": "#/components/schemas/Rows"}, "[Rows](#rows)"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
        ({"type": "array", "items": {"type": "number"}}, "array of number"),
        ({"type": "array"}, "array"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "object of integer"),
        ({"enum": ["up", "down"]}, "`up`, `down`"),
        ({"type": "string", "enum": ["a", "b", "c", "d", "e"]}, "string"),
        ({}, "anything"),
    ],
)
def test_a_shape_is_told_in_a_few_words(schema: dict[str, object], words: str) -> None:
    assert shape(schema) == words


def test_attributes_of_a_docstring_are_told_one_by_one() -> None:
    told = attributes(
        "A span.\n\n    Attributes:\n        low, high: bounds,\n            in words.\n        n: all.\n    "
    )
    assert told == {"low": "bounds, in words.", "high": "bounds, in words.", "n": "all."}
