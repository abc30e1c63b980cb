"""The manifest: what is not in the table does not leave, and no word that is on no public list does."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar import modelnames
from sidecar.records import KINDS
from sidecar.share.manifest import (
    COUNTED,
    MANIFEST,
    REVISION,
    Declared,
    Facts,
    allowed,
    shareable_cell,
    version_numbers,
)
from sidecar.vocabulary import ACTIONS, ERROR_TYPES, RUNTIMES, TASK_CATEGORIES
from tests.support.problem import CANARY

STEADY = settings(derandomize=True, deadline=None)  # the same examples each time, however busy the machine
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "shared.json"
PUBLIC = "llama3.1:8b-instruct-q4_K_M"


def facts(kind: str, *models: str, **more: Any) -> Facts:  # noqa: ANN401  # fields of Facts
    return Facts(kind=kind, models=tuple(modelnames.parse(model) for model in models), **more)


def test_the_table_is_the_reviewed_one() -> None:
    """Who changes what leaves also changes the golden file, where a reviewer sees it."""
    table = [
        {name: getattr(entry, name) for name in ("kind", "name", "values", "why", "since")}
        for entry in MANIFEST
    ]
    assert {"revision": REVISION, "entries": table} == json.loads(GOLDEN.read_text())


def test_the_table_names_each_thing_once_with_values_and_reason() -> None:
    assert len({(entry.kind, entry.name) for entry in MANIFEST}) == len(MANIFEST)
    for entry in MANIFEST:
        assert entry.values
        assert entry.why
        assert 1 <= entry.since <= REVISION
    kinds = {cls.kind for cls in KINDS}
    assert {entry.kind for entry in MANIFEST} == kinds | {"batch"}
    assert set(COUNTED) == kinds - {"feature_request"}


@pytest.mark.parametrize(
    ("given_facts", "cell"),
    [
        (
            facts("rating", PUBLIC, task_category="chat", rating=4),
            {
                "kind": "rating",
                "task_category": "chat",
                "model": "llama-3.1-8b-instruct:q4_k_m",
                "product_version": None,
                "variant": None,
                "counts": [0, 0, 0, 1, 0],
                "thumbs": [0, 0],
            },
        ),
        (
            facts(
                "rating",
                "my-finetune",
                task_category="x_triage",
                thumb="down",
                product_version="1.4.2-rc1",
                variant="prompt-v2",
                declared=Declared(variants=frozenset({"prompt-v2"})),
            ),
            {
                "kind": "rating",
                "task_category": "other",
                "model": "custom",
                "product_version": "1.4.2",
                "variant": "prompt-v2",
                "counts": [0, 0, 0, 0, 0],
                "thumbs": [0, 1],
            },
        ),
        (
            facts(
                "rating",
                "example-7b-tuned",
                rating=1,
                declared=Declared(models=frozenset({"example-7b-tuned"})),
            ),
            {
                "kind": "rating",
                "task_category": None,
                "model": "example-7b-tuned",
                "product_version": None,
                "variant": None,
                "counts": [1, 0, 0, 0, 0],
                "thumbs": [0, 0],
            },
        ),
        (
            facts("comparison", "mistral:7b", "llama3.1:8b", task_category="chat"),
            {
                "kind": "comparison",
                "task_category": "chat",
                "models": ["llama-3.1-8b", "mistral-7b"],
                "wins": [0, 1],
                "ties": 0,
            },
        ),
        (
            facts("comparison", "llama3.1:8b", "mistral:7b", task_category="chat", tie=True),
            {
                "kind": "comparison",
                "task_category": "chat",
                "models": ["llama-3.1-8b", "mistral-7b"],
                "wins": [0, 0],
                "ties": 1,
            },
        ),
        (
            facts("comparison", "my-finetune", "llama3.1:8b"),
            {
                "kind": "comparison",
                "task_category": None,
                "models": ["custom", "llama-3.1-8b"],
                "wins": [1, 0],
                "ties": 0,
            },
        ),
        (facts("comparison", "my-finetune", "your-finetune"), {}),
        (facts("comparison", "llama3.1:8b", "llama-3.1-8b"), {}),
        (
            facts(
                "error_report",
                error_type="x_bad",
                runtime="ollama",
                runtime_version="nightly",
                product_version="v2",
            ),
            {
                "kind": "error_report",
                "error_type": "other",
                "signature": "other",
                "model": None,
                "runtime": "ollama",
                "runtime_version": "other",
                "product_version": "2",
                "count": 1,
            },
        ),
        (
            facts(
                "usage_pattern", PUBLIC, task_category="chat", action="copy", count=7, tokens_per_second=16
            ),
            {
                "kind": "usage_pattern",
                "task_category": "chat",
                "model": "llama-3.1-8b-instruct:q4_k_m",
                "action": "copy",
                "count": 7,
                "speed": {"16-22": 1},
            },
        ),
        (facts("feature_request"), {}),
    ],
)
def test_what_a_record_could_become(given_facts: Facts, cell: dict[str, Any]) -> None:
    assert shareable_cell(given_facts) == cell


@pytest.mark.parametrize(
    ("version", "leaves"),
    [
        (None, None),
        ("", None),
        ("1", "1"),
        ("1.4", "1.4"),
        ("1.4.2", "1.4.2"),
        ("v1.4.2", "1.4.2"),
        ("1.4.2.9", "1.4.2"),
        ("1.4.2-rc1", "1.4.2"),
        ("1.4+jane", "1.4"),
        ("0.31.1_dev", "0.31.1"),
        ("12345.1", "12345.1"),
        ("123456", "other"),
        ("b4321", "other"),
        ("nightly", "other"),
        ("janes-build", "other"),
        ("1a", "other"),
        ("1.4\n", "other"),
        ("\u0661.4", "other"),
    ],
)
def test_a_version_leaves_as_up_to_three_numbers(version: str | None, leaves: str | None) -> None:
    assert version_numbers(version) == leaves


IDENTIFIERS = st.none() | st.from_regex(r"[A-Za-z0-9._+-]{0,10}" + CANARY, fullmatch=True)
WORDS = st.sampled_from
ANY_FACTS = st.builds(
    Facts,
    kind=WORDS(sorted({cls.kind for cls in KINDS} | {CANARY})),
    task_category=st.none() | WORDS([*TASK_CATEGORIES, f"x_{CANARY}"]),
    models=st.tuples(*[st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ._:/@+()-]{0,20}", fullmatch=True)] * 2).map(
        lambda pair: tuple(modelnames.parse(f"{name} {CANARY}") for name in pair)
    ),
    variant=IDENTIFIERS,
    product_version=IDENTIFIERS.filter(lambda text: not text or not text[0].isdigit()),
    rating=st.none() | st.integers(1, 5),
    thumb=st.none() | WORDS(["up", "down"]),
    tie=st.booleans(),
    error_type=WORDS([*ERROR_TYPES, f"x_{CANARY}"]),
    runtime=st.none() | WORDS(RUNTIMES),
    runtime_version=IDENTIFIERS.filter(lambda text: not text or not text[0].isdigit()),
    action=WORDS(ACTIONS),
)


@STEADY
@given(ANY_FACTS)
def test_no_word_of_a_callers_own_ever_leaves(given_facts: Facts) -> None:
    cell = shareable_cell(given_facts)
    assert CANARY.lower() not in json.dumps(cell).lower()
    assert set(cell) - {"kind"} <= allowed(given_facts.kind)
