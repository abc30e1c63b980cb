"""The prompt catalogue: whole, strict, and never a way in for a prompt or an answer."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

import sidecar.prompts
from sidecar import strict, vocabulary
from sidecar.prompts import (
    LANGUAGES,
    Attached,
    Catalogue,
    Kind,
    OneOf,
    Pair,
    Question,
    Scale,
    SomeOf,
    Words,
    catalogue,
)
from sidecar.records import KINDS, MAX_DESCRIPTION, MAX_REASONS
from sidecar.share.manifest import COUNTED, allowed

SHIPPED = [catalogue(lang) for lang in LANGUAGES]

SMALLEST: dict[str, dict[str, Any]] = {
    "rating": {"model": "llama3.1:8b", "rating": 3},
    "comparison": {"preferred": "llama3.1:8b", "alternative": "qwen2.5:7b"},
    "error_report": {"error_type": "other", "error_message": "it stopped"},
    "feature_request": {"feature_description": "a dark theme"},
    "usage_pattern": {"action": "session"},
}
"""The least that a record of each kind takes."""


def kinds_of(found: Catalogue) -> dict[str, Kind]:
    return msgspec.structs.asdict(found.kinds)


def questions_of(found: Catalogue) -> list[tuple[str, Question]]:
    return [(name, question) for name, kind in kinds_of(found).items() for question in kind.may_ask]


def values_of(scale: Scale) -> list[int | str]:
    """What a person may choose, in the catalogue's own words."""
    match scale:
        case OneOf() | SomeOf():
            return [answer.value for answer in scale.answers]
        case Pair():
            return ["first", "tie", "second"]
        case Words() | Attached():
            return []


def fields_filled(question: Question, scale: Scale) -> list[dict[str, Any]]:
    """The fields of the record, once for each answer that a person can give."""
    match scale:
        case OneOf():
            return [{question.fills[0]: answer.value} for answer in scale.answers]
        case SomeOf():
            return [{question.fills[0]: [answer.value]} for answer in scale.answers]
        case Pair():
            two = SMALLEST["comparison"]
            swapped = {"preferred": two["alternative"], "alternative": two["preferred"]}
            return [two, two | {"tie": True}, swapped]
        case Words():
            return [{question.fills[0]: "w" * scale.longest}]
        case Attached():
            return [{question.fills[0]: "CUDA error: out of memory"}]


@pytest.mark.parametrize("found", SHIPPED, ids=LANGUAGES)
def test_every_kind_of_record_has_its_questions(found: Catalogue) -> None:
    kinds = kinds_of(found)
    assert set(kinds) == {record.kind for record in KINDS}
    for kind in kinds.values():
        assert kind.may_ask
        assert len(kind.must_not_ask) >= 3


@pytest.mark.parametrize("found", SHIPPED, ids=LANGUAGES)
def test_every_answer_makes_a_record_that_is_accepted(found: Catalogue) -> None:
    for name, question in questions_of(found):
        filled = fields_filled(question, found.scales[question.scale])
        assert filled
        for fields in filled:
            smallest = SMALLEST[name] | fields | {"feedback_type": name}
            if "thumb" in fields:
                del smallest["rating"]
            assert strict.record(smallest).kind == name


@pytest.mark.parametrize("found", SHIPPED, ids=LANGUAGES)
def test_every_field_that_a_question_fills_exists_and_holds_no_content(found: Catalogue) -> None:
    fields = {record.kind: set(record.__struct_fields__) for record in KINDS}
    for name, question in questions_of(found):
        assert question.fills
        assert set(question.fills) <= fields[name]
        assert not vocabulary.CONTENT_FIELDS & set(question.fills)


@pytest.mark.parametrize("found", SHIPPED, ids=LANGUAGES)
def test_every_word_of_the_closed_lists_has_a_label(found: Catalogue) -> None:
    def words(*names: str) -> list[int | str]:
        return [value for name in names for value in values_of(found.scales[name])]

    assert words("tasks") == list(vocabulary.TASK_CATEGORIES)
    assert words("good_reasons", "bad_reasons") == list(vocabulary.REASONS)
    assert words("errors") == list(vocabulary.ERROR_TYPES)
    assert words("wish_categories") == list(vocabulary.REQUEST_CATEGORIES)
    assert words("stars") == [1, 2, 3, 4, 5]
    assert words("thumbs") == ["up", "down"]


@pytest.mark.parametrize("found", SHIPPED, ids=LANGUAGES)
def test_scales_are_used_and_keep_the_bounds_of_the_record(found: Catalogue) -> None:
    assert {question.scale for _, question in questions_of(found)} == set(found.scales)
    for scale in found.scales.values():
        values = values_of(scale)
        assert len(set(values)) == len(values)
        if isinstance(scale, OneOf | SomeOf):
            labels = [answer.label for answer in scale.answers]
            assert len(set(labels)) == len(labels)
        if isinstance(scale, SomeOf):
            assert scale.most <= min(MAX_REASONS, len(scale.answers))
        if isinstance(scale, Words):
            assert scale.longest == MAX_DESCRIPTION


@pytest.mark.parametrize("found", SHIPPED, ids=LANGUAGES)
def test_only_a_wish_is_asked_for_in_words(found: Catalogue) -> None:
    free = [q.id for _, q in questions_of(found) if isinstance(found.scales[q.scale], Words)]
    assert free == ["feature_request.wish"]


@pytest.mark.parametrize("found", SHIPPED, ids=LANGUAGES)
def test_ids_are_unique_and_every_reference_stays_within_its_kind(found: Catalogue) -> None:
    for name, kind in kinds_of(found).items():
        questions = {question.id: question for question in kind.may_ask}
        assert len(questions) == len(kind.may_ask)
        assert all(identifier.startswith(f"{name}.") for identifier in questions)
        assert {refused.instead for refused in kind.must_not_ask} <= set(questions)
        for question in kind.may_ask:
            for before in question.follows:
                assert before.answers
                assert set(before.answers) <= set(values_of(found.scales[questions[before.question].scale]))


@pytest.mark.parametrize("found", SHIPPED, ids=LANGUAGES)
def test_after_any_stars_or_thumb_exactly_one_list_of_reasons_follows(found: Catalogue) -> None:
    for asked, scale in (("rating.stars", "stars"), ("rating.thumb", "thumbs")):
        followed = [
            value
            for question in found.kinds.rating.may_ask
            for before in question.follows
            if before.question == asked
            for value in before.answers
        ]
        assert sorted(map(str, followed)) == sorted(map(str, values_of(found.scales[scale])))


@pytest.mark.parametrize("found", SHIPPED, ids=LANGUAGES)
def test_nobody_is_asked_twice_in_a_day_and_one_no_ends_it(found: Catalogue) -> None:
    assert found.most_per_day == 1
    for kind in kinds_of(found).values():
        assert kind.rhythm.most_per_day == 1
        assert kind.rhythm.stop_after_noes == 1


@pytest.mark.parametrize("found", SHIPPED, ids=LANGUAGES)
def test_no_question_is_both_allowed_and_refused(found: Catalogue) -> None:
    allowed = {question.ask.casefold() for _, question in questions_of(found)}
    for kind in kinds_of(found).values():
        assert not {refused.ask.casefold() for refused in kind.must_not_ask} & allowed


def test_a_language_that_is_not_shipped_is_answered_in_english_and_says_so() -> None:
    for wished in ("tlh", "", "../en", "x" * 10_000, "\u202een"):
        assert catalogue(wished).lang == "en"


@pytest.mark.parametrize("wished", ["en", "EN", "en-GB", "en_US"])
def test_a_region_is_answered_in_its_language(wished: str) -> None:
    assert catalogue(wished).lang == "en"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_file_says_the_language_that_it_is_named_after(lang: str) -> None:
    assert catalogue(lang).lang == lang


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_file_holds_nothing_that_the_structs_do_not_read(lang: str) -> None:
    body = Path(sidecar.prompts.__file__).with_name(f"{lang}.json").read_bytes()
    written = strict.loads(body)  # refuses a key that stands twice
    read = json.loads(msgspec.json.encode(msgspec.json.decode(body, type=Catalogue)))
    for name, kind in read["kinds"].items():
        for question, source in zip(kind["may_ask"], written["kinds"][name]["may_ask"], strict=True):  # type: ignore[index,call-overload]
            if "follows" not in source:
                assert question.pop("follows") == []
    assert read == written


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("promise",), ""),
        (("kinds", "rating", "rhythm", "then_every"), 0),
        (("kinds", "rating", "rhythm", "of"), "minutes"),
        (("kinds", "rating", "may_ask", 0, "id"), "Stars!"),
        (("scales", "stars", "type"), "slider"),
        (("kinds", "rating", "may_ask", 0, "field"), "rating"),
    ],
)
def test_a_faulty_catalogue_is_refused(path: tuple[str | int, ...], value: object) -> None:
    found: Any = json.loads(msgspec.json.encode(catalogue()))
    place = found
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(found, Catalogue)


def test_what_a_question_says_may_leave_is_what_the_manifest_lets_leave() -> None:
    on_the_wire = {
        "rating": "counts",
        "thumb": "thumbs",
        "preferred": "wins",
        "error_message": "signature",
    }
    for name, question in questions_of(catalogue()):
        field = question.fills[0]
        leaves = name in COUNTED and on_the_wire.get(field, field) in allowed(name)
        assert question.goes.startswith("Only if you share:" if leaves else "Nothing"), question.id


def test_english_is_short_plain_and_without_we() -> None:
    texts = [text for _, q in questions_of(catalogue()) for text in (q.ask, q.goes, q.stays)]
    for text in texts:
        assert len(text) <= 100
        assert not re.search(r"\b(we|our|us|please|sorry)\b|!", text, re.IGNORECASE)


def test_every_scale_is_one_of_the_documented_types() -> None:
    assert {type(scale) for scale in catalogue().scales.values()} == set(get_args(Scale))


WORDS = {"promise", "label", "first", "tie", "second", "hint", "yes", "no", "ask", "goes", "stays", "why"}


def skeleton(node: Any) -> Any:  # noqa: ANN401  # JSON
    """What is the same in every language: all but the words and the language itself."""
    if isinstance(node, dict):
        return {
            name: None
            if name in WORDS | {"lang", "direction"} and isinstance(value, str)
            else skeleton(value)
            for name, value in node.items()
            if name != "interface"
        }
    return [skeleton(each) for each in node] if isinstance(node, list) else node


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_key_of_the_catalogue_stands_in_every_language(lang: str) -> None:
    english, found = (json.loads(msgspec.json.encode(catalogue(each))) for each in ("en", lang))
    assert skeleton(found) == skeleton(english)
    assert found["interface"].keys() == english["interface"].keys()
    assert found["direction"] == ("rtl" if lang == "ar" else "ltr")


@pytest.mark.parametrize("lang", LANGUAGES[1:])
def test_a_translation_keeps_the_places_that_are_filled_in_and_leaves_no_sentence_in_english(
    lang: str,
) -> None:
    english, found = (msgspec.structs.asdict(catalogue(each).interface) for each in ("en", lang))
    places = {name: re.findall(r"\{\w+\}", text) for name, text in english.items()}
    assert {name: re.findall(r"\{\w+\}", text) for name, text in found.items()} == places
    own = {text for _, q in questions_of(catalogue(lang)) for text in (q.ask, q.goes, q.stays)}
    assert not own & {text for _, q in questions_of(catalogue()) for text in (q.ask, q.goes, q.stays)}
