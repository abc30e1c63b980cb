"""The strict reader: total, silent about what was sent, and of one mind with the published schema."""

import json
import re
from collections.abc import Callable
from typing import Any, TypeAlias, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it comes without stubs

from sidecar import strict
from sidecar.api.schema import record_schema
from sidecar.errors import ContentNotAccepted, InvalidRecord, MalformedJson
from sidecar.products import Products
from sidecar.records import KINDS, Change, Comparison, ErrorReport, FeatureRequest, Rating, UsagePattern
from sidecar.strict import MAX_NESTING, batch, change, closed_fields, described_fields, loads, record
from sidecar.vocabulary import CONTENT_FIELDS, TASK_ALIASES, TASK_CATEGORIES, fold
from tests.support.field_table import PAIRS, TABLE, least
from tests.support.problem import CANARY

STEADY = settings(derandomize=True, deadline=None)  # the same examples each time, however busy the machine
Refusal: TypeAlias = InvalidRecord | ContentNotAccepted | MalformedJson
SCHEMA = Draft202012Validator(record_schema(Products(())))


def refusal(read: Callable[[Any], object], sent: object) -> Refusal | None:
    """Why something is not read; None when it is. Any other error is a bug and passes through."""
    try:
        read(sent)
    except (InvalidRecord, ContentNotAccepted, MalformedJson) as fault:
        return fault
    return None


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def test_nesting_is_taken_up_to_its_bound() -> None:
    assert loads(nested(MAX_NESTING)) == json.loads(nested(MAX_NESTING))
    for levels in (MAX_NESTING + 1, 500, 100_000):
        with pytest.raises(InvalidRecord, match="nest at most 8 levels deep"):
            loads(nested(levels))
    many = b"[" + b",".join([b"[]"] * 1_000) + b"]"
    assert len(loads(many)) == 1_000  # type: ignore[arg-type]  # a list


@STEADY
@given(st.binary())
def test_any_bytes_are_read_or_refused_with_a_problem_of_ours(body: bytes) -> None:
    fault = refusal(loads, body)
    assert fault is None or fault.detail


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@STEADY
@given(JSON)
def test_what_python_writes_is_read_as_it_was(value: Any) -> None:  # noqa: ANN401  # any JSON
    for ascii_only in (True, False):
        said = json.dumps(value, ensure_ascii=ascii_only).encode()
        fault = refusal(loads, said)
        if fault is None:
            assert loads(said) == value
        else:
            assert fault.detail == "nest at most 8 levels deep"


@pytest.mark.parametrize(
    ("kind", "cls"),
    [
        ("rating", Rating),
        ("comparison", Comparison),
        ("error_report", ErrorReport),
        ("feature_request", FeatureRequest),
        ("usage_pattern", UsagePattern),
    ],
)
def test_a_kind_is_read_into_its_struct(kind: str, cls: type[msgspec.Struct]) -> None:
    assert type(record(dict(least(kind)))) is cls


VALUES = [sent for fields in TABLE.values() for field in fields.values() for sent, _ in field.takes]
VALUES += [sent for fields in TABLE.values() for field in fields.values() for sent in field.refuses]
NAMES = st.sampled_from(sorted({name for _, name in PAIRS} | {"feedback_type", "stars"}))
RECORDS = st.builds(
    lambda kind, more, less: {
        name: value for name, value in (least(kind) | more).items() if name not in less
    },
    st.sampled_from(sorted(TABLE)),
    st.dictionaries(NAMES, st.sampled_from(VALUES) | st.none(), max_size=4),
    st.sets(NAMES, max_size=1),
)


def taken(body: dict[str, Any]) -> bool:
    """Whether the reader takes a record."""
    fault = refusal(record, json.loads(json.dumps(body)))
    if fault is not None:
        assert CANARY not in fault.detail
        assert fault.field is None or fault.field in {name for _, name in PAIRS} | {"feedback_type"}
    return fault is None


def beyond_schema(body: dict[str, Any]) -> bool:
    """Spellings of a task, and words of products: the reader folds them, and the intake looks them up."""
    words = [body.get(name) for name in ("task_category", "error_type")]
    folded = fold(words[0]) if isinstance(words[0], str) else ""
    alias = folded in {*TASK_ALIASES, *TASK_CATEGORIES} and words[0] not in TASK_CATEGORIES
    return alias or any(isinstance(word, str) and word.startswith("x_") for word in words)


@settings(STEADY, max_examples=600)
@given(RECORDS)
def test_reader_and_published_schema_are_of_one_mind(body: dict[str, Any]) -> None:
    if not beyond_schema(body):
        assert taken(body) == SCHEMA.is_valid(body)


@STEADY
@given(st.dictionaries(st.text() | NAMES, JSON), JSON)
def test_a_refusal_repeats_no_name_and_no_value(body: dict[str, Any], value: Any) -> None:  # noqa: ANN401  # any JSON
    for sent in (
        body,
        {"feedback_type": "rating", **body},
        {"feedback_type": CANARY, CANARY: CANARY, "a": value},
    ):
        fault = refusal(record, sent)
        if fault is not None:
            assert CANARY not in fault.detail
            assert len(fault.detail) < 700


def test_a_fault_in_a_batch_has_its_place() -> None:
    good, bad = least("rating"), least("rating", rating=6)
    for position in (0, 3, 499):
        rows = [dict(good) for _ in range(500)]
        rows[position] = dict(bad)
        with pytest.raises(InvalidRecord) as refused:
            batch({"records": rows})
        assert (refused.value.index, refused.value.field) == (position, "rating")
    with pytest.raises(ContentNotAccepted) as content:
        batch({"records": [dict(good), {"Prompt": CANARY}]})
    assert (content.value.index, content.value.field) == (1, "prompt")


def test_a_change_is_read_as_strictly() -> None:
    assert change({"rating": 3.0}) == Change(rating=3)
    assert change({"task_category": "Code Generation", "thumb": None}) == Change(
        task_category="code_generation"
    )
    refused: list[Any] = [{}, {"rating": None}, {"rating": 1, "thumb": "up"}, {"stars": 1}, [], None]
    for body in [*refused, {"reasons": ["a"]}]:
        with pytest.raises(InvalidRecord):
            change(body)
    with pytest.raises(ContentNotAccepted):
        change({"rating": 1, "OUTPUT": CANARY})


@pytest.mark.parametrize("name", sorted(CONTENT_FIELDS))
def test_content_is_named_by_our_own_word(name: str) -> None:
    with pytest.raises(ContentNotAccepted) as refused:
        record({name.title(): CANARY})
    assert refused.value.field == name
    assert refused.value.detail == strict.TEACHING


@pytest.mark.parametrize(
    ("name", "field"),
    {
        "user_prompt": "prompt",
        "promptText": "prompt",
        "System-Prompt": "prompt",
        "userprompt": "prompt",
        "chat_messages": "messages",
        "assistantMessage": "messages",
        "model_output": "output",
        "MODEL_OUTPUT": "output",
        "search queries": "query",
        "response_body": "response",
        "conversationHistory": "conversation",
        "full_text": "text",
    }.items(),
)
def test_relatives_of_a_content_field_are_taught_too(name: str, field: str) -> None:
    with pytest.raises(ContentNotAccepted) as refused:
        record(least("rating") | {name: CANARY})
    assert refused.value.field == field
    assert refused.value.detail == strict.TEACHING


@pytest.mark.parametrize(
    "name",
    [
        *("prompt_tokens", "response_time_ms", "contentType", "text_size", "query_count", "conversation_id"),
        *("texture", "message", "errorMessage", "stars", "input" * 20, "text_" * 13_000, "", "_", "\u00fc"),
    ],
)
def test_an_innocent_name_is_not_known_and_teaches_nothing(name: str) -> None:
    with pytest.raises(InvalidRecord, match="not known"):
        record(least("rating") | {name: 1})


@pytest.mark.parametrize("code", [*range(9), 11, 12, *range(14, 32)])
def test_a_wish_with_a_control_character_is_refused_in_words(code: int) -> None:
    with pytest.raises(InvalidRecord, match="control characters") as refused:
        record(least("feature_request", feature_description=f"{CANARY}{chr(code)}"))
    assert refused.value.field == "feature_description"
    assert CANARY not in refused.value.detail


@pytest.mark.parametrize("words", ["one\r\ntwo\r\n", "one\n\ttwo\n"])
def test_a_wish_may_have_lines_of_any_system(words: str) -> None:
    assert record(least("feature_request", feature_description=words))
    with pytest.raises(InvalidRecord, match="control characters"):
        record(least("feature_request", feature_description=words + "\rthree"))


@pytest.mark.parametrize("cls", [*KINDS, Change])
def test_every_field_says_what_it_must_be_and_where_it_is_kept(cls: type[msgspec.Struct]) -> None:
    """Errors, documentation and columns are read from there."""
    described = described_fields(cls)
    assert set(described) == set(cls.__struct_fields__) <= set(get_type_hints(cls))
    for meta in described.values():
        assert meta.description
        assert not re.match("(must|be|A|The) ", meta.description)
        assert meta.extra is not None
        assert meta.extra["kept"] in {"series", "record", "text", "derived"}
    assert set(closed_fields(cls)) <= set(described)
