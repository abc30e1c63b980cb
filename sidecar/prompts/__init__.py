"""The prompt catalogue: what a product may ask, how often, and what it must not ask, with why.

Job: give the catalogue in one language, whole, for the route, the widget and whoever checks another wording.
Must not: ask, count or remember anything, or open a file that the caller names.

A question that shows up by itself is *asked* and obeys the rhythm; a row of stars that waits quietly under
an answer is not. A product that asks posts `asked` when a question shows up and `dismissed` when it is
closed unanswered, so that the person sees what the asking costs.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

DEFAULT_LANGUAGE: Final = "en"
LANGUAGES: Final = (DEFAULT_LANGUAGE, "de", "es", "zh", "ar")
"""What is shipped, one `<language>.json` each; nothing else is ever opened."""

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]+\.[a-z_]+\Z")]
"""`<kind>.<question>`."""

Positive = Annotated[int, msgspec.Meta(ge=1)]


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer: the value that the record takes, and what a person reads."""

    value: int | str
    label: Text


class OneOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="one_of"):
    """Exactly one of the answers."""

    answers: tuple[Answer, ...]


class SomeOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="some_of"):
    """Any of the answers, up to `most`."""

    answers: tuple[Answer, ...]
    most: Positive


class Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="pair"):
    """The first of two answers on the screen, the second, or neither; models are named after the choice."""

    first: Text
    tie: Text
    second: Text


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="words"):
    """A person's own words, up to `longest` characters; only a wish is ever asked for so."""

    hint: Text
    longest: Positive


class Attached(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="attached"):
    """The application fills the field itself; the person types nothing and says yes or no."""

    yes: Text
    no: Text


Scale = OneOf | SomeOf | Pair | Words | Attached


class Follows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another question, and the answers to it, after which this one makes sense."""

    question: Id
    answers: tuple[int | str, ...]


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question that may be asked.

    Attributes:
        id: the same in every language.
        ask: the words.
        scale: name of its answers among the catalogue's scales.
        fills: fields of the record that the answer fills.
        goes: what may leave the machine through it.
        stays: what stays.
        follows: asked only after one of these; empty for a question that stands alone.
    """

    id: Id
    ask: Text
    scale: str
    fills: tuple[str, ...]
    goes: Text
    stays: Text
    follows: tuple[Follows, ...] = ()


Invites = Literal[
    "prompt",
    "answer",
    "quote",
    "own_words",
    "topic",
    "work",
    "conversation",
    "log",
    "picture",
    "file",
    "person",
    "hours",
    "praise",
    "names",
]
"""What a question that must not be asked would bring in; `lint` knows the words of each."""


class MustNotAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question that invites content or bends the answer.

    Attributes:
        invites: what it would bring in; the same in every language.
        ask: its words.
        why: why not.
        instead: the id of the question to ask instead.
    """

    invites: Invites
    ask: Text
    why: Text
    instead: Id


class Rhythm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often a product may ask.

    Attributes:
        of: what is counted: answers given, pairs of answers shown, errors met, sessions begun.
        first_after: this many before the first question.
        then_every: this many between one question and the next.
        most_per_day: of this kind, by one product, to one person.
        stop_after_noes: this many dismissals end the asking, until the person turns it on again.
    """

    of: Literal["answers", "pairs", "errors", "sessions"]
    first_after: Positive
    then_every: Positive
    most_per_day: Positive
    stop_after_noes: Positive


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything about asking for one kind of feedback."""

    rhythm: Rhythm
    may_ask: tuple[Question, ...]
    must_not_ask: tuple[MustNotAsk, ...]


class Kinds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry for each kind of record, none missing."""

    rating: Kind
    comparison: Kind
    error_report: Kind
    feature_request: Kind
    usage_pattern: Kind


class Interface(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a widget says around a question; `{what}`, `{n}` and `{why}` are filled in."""

    kept: Text
    stars: Text
    undo: Text
    seconds: Text
    undone: Text
    choose_again: Text
    remove: Text
    what_is_shared: Text
    hide: Text
    stays_here: Text
    may_go: Text
    prompt: Text
    answer: Text
    files: Text
    time_of_day: Text
    message: Text
    words: Text
    reasons: Text
    nothing: Text
    record: Text
    machine_unknown: Text
    names_after: Text
    queued: Text
    queued_without_message: Text
    words_not_kept: Text
    refused: Text
    full: Text
    send: Text
    not_now: Text
    more: Text
    cause: Text
    remedy: Text


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The catalogue in one language.

    Attributes:
        lang: the language of these words, which need not be the one that was wished for.
        direction: which way they are written.
        promise: the sentence that may stand beside any question.
        most_per_day: questions of all kinds together, by one product, to one person.
        interface: what stands around the questions.
        scales: name -> the answers that questions share.
        kinds: the questions.
    """

    lang: str
    direction: Literal["ltr", "rtl"]
    promise: Text
    most_per_day: Positive
    interface: Interface
    scales: dict[str, Scale]
    kinds: Kinds


def catalogue(lang: str = DEFAULT_LANGUAGE) -> Catalogue:
    """The catalogue in a language (`de`, `de-AT`, `de_AT`), or in English where that is not shipped."""
    wished = lang.replace("_", "-").partition("-")[0].lower()
    return _load(wished if wished in LANGUAGES else DEFAULT_LANGUAGE)


@cache
def _load(lang: str) -> Catalogue:
    """Read once, and only when somebody asks: most daemons never do."""
    return msgspec.json.decode(Path(__file__).with_name(f"{lang}.json").read_bytes(), type=Catalogue)
