"""The lint of a product's own questions: it knows the refused ones in each language, and lets others pass."""

from typing import get_args

import msgspec
import pytest

from sidecar.errors import UsageError
from sidecar.prompts import (
    LANGUAGES,
    Catalogue,
    Invites,
    Kind,
    MustNotAsk,
    OneOf,
    Question,
    SomeOf,
    catalogue,
)
from sidecar.prompts.sentences import Form, sentences
from sidecar.prompts.wording import finding

every_language = pytest.mark.parametrize("lang", LANGUAGES)


def kinds(found: Catalogue) -> list[Kind]:
    return list(msgspec.structs.asdict(found.kinds).values())


def allowed(lang: str) -> list[Question]:
    return [question for kind in kinds(catalogue(lang)) for question in kind.may_ask]


def refused(lang: str) -> list[MustNotAsk]:
    return [question for kind in kinds(catalogue(lang)) for question in kind.must_not_ask]


@every_language
def test_every_refused_question_is_found_by_its_own_name(lang: str) -> None:
    assert {each.invites for each in refused(lang)} == set(get_args(Invites))
    for each in refused(lang):
        found = finding(each.ask)
        assert found is not None, each.ask
        assert (found.lang, found.invites) == (lang, each.invites)
        assert found.why in {one.why for one in refused(lang)}
        assert found.instead in {one.ask for one in allowed(lang)}


@every_language
def test_every_allowed_question_and_answer_passes(lang: str) -> None:
    found = catalogue(lang)
    texts = [each.ask for each in allowed(lang)] + list(msgspec.structs.asdict(found.interface).values())
    for scale in found.scales.values():
        if isinstance(scale, OneOf | SomeOf):
            texts += [answer.label for answer in scale.answers]
    assert [text for text in [*texts, found.promise] if finding(text)] == []


@pytest.mark.parametrize(
    ("line", "invites"),
    [
        ("What were you asking it to do?", "prompt"),
        ("Please share the prompt you used", "prompt"),
        ("Copy the model's response here", "answer"),
        ("What should it have said instead?", "answer"),
        ("Anything else you want to tell us?", "own_words"),
        ("Could we keep this chat for training?", "conversation"),
        ("What is your phone number?", "person"),
        ("Was haben Sie eingegeben?", "prompt"),
        ("Bitte kopieren Sie die Antwort hierher.", "answer"),
        ("¿Qué le preguntaste al modelo?", "prompt"),
        ("Copia aquí la respuesta", "answer"),
        ("你输入了什么", "prompt"),
        ("请复制模型的回答", "answer"),
        ("ماذا كتبت للنموذج؟", "prompt"),
        ("انسخ الإجابة هنا", "answer"),
    ],
)
def test_what_invites_content_in_other_words_is_found_too(line: str, invites: str) -> None:
    found = finding(line)
    assert found is not None
    assert found.invites == invites


@pytest.mark.parametrize(
    "line",
    [
        "How fast was it?",
        "Did the app start?",
        "War das schnell genug?",
        "¿Fue rápido?",
        "速度够快吗",
        "هل كان سريعًا؟",
        "",
    ],
)
def test_what_asks_for_an_opinion_passes(line: str) -> None:
    assert finding(line) is None


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("lines", "one\n\n two\n", [(1, "one"), (3, " two")]),
        ("json", '{\n "ask": "one",\n "more": ["two", {"ask": "thr\\u0065e"}]\n}', [
            (2, "one"), (3, "two"), (3, "three"),
        ]),
        ("toml", '# "no"\nask = "one"\n[of."two words"]\nask = \'two\'\nboth = """\nthree\nfour"""', [
            (2, "one"), (4, "two"), (6, "three"), (7, "four"),
        ]),
        ("toml", 'asks = ["one", "two"]\n', [(1, "one"), (1, "two")]),
    ],
)  # fmt: skip
def test_every_string_is_read_with_its_line(form: Form, text: str, expected: list[tuple[int, str]]) -> None:
    assert list(sentences(text, form)) == expected


@pytest.mark.parametrize(("form", "text"), [("json", '{"zebrafloxin'), ("toml", "zebrafloxin"), ("json", "")])
def test_a_file_that_is_not_what_its_name_says_is_refused_without_repeating_it(form: Form, text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        list(sentences(text, form))
    assert "zebrafloxin" not in refusal.value.detail
