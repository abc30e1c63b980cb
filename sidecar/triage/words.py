"""Words of a wish: what two people mean alike becomes one word.

Job: split a text into words, bring each to its stem, and name the concepts that several phrases stand for.
Must not: keep a text, or know categories.

The tables are `concepts.toml`: phrases as a person would write them, read once and brought to stems by the
same code that reads a wish.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

MAX_WORDS: Final = 160
"""Words of one wish that count; what a wish wants is said by then, and longer ones paste logs."""

LEAST_STEM: Final = 3  # letters that must be left: "using" -> "us" would say nothing
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_LINK: Final = re.compile(r"https?://\S+")
_WORD: Final = re.compile(r"[^\W_]+(?:\.\d+)*")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\s*\n\s*")
_FOLDER: Final = Path(__file__).parent  # importlib.resources would bring zipfile along

_ENDINGS: Final = tuple(
    (ending, instead)
    for instead, endings in (
        ("", "izations isations ization isation izing ising izer iser ized ised izes ises ize ise"),
        ("", "ations ation ating ated ates ators ator ate ements ement ments ment ably able ible"),
        ("ic", "ically"),
        ("", "ions ion ings ing"),
        ("y", "ies ied"),
        ("", "ers ors er or ed es ly al s e y"),
    )
    for ending in endings.split()
)
"""The longest that fits goes, once. Cruder than Porter (1980), and enough to let two wishes meet."""

_KEPT: Final = frozenset(
    word
    for line in (
        "server user docker this ios macos nous canvas atlas bias alias status access process address",
        "vulkan metal mistral json mobile windows error node code date",
    )
    for word in line.split()
)
"""Words that an ending would be cut off wrongly."""


Phrase: TypeAlias = tuple[str, ...]
"""Stems in their order."""


class Tables(msgspec.Struct, frozen=True):
    """What `concepts.toml` says, in stems.

    Attributes:
        silent: words that say nothing of a wish.
        common: stem -> share of wishes that hold it, where that is more than a rare word's.
        concepts: phrase in stems -> the concepts that it stands for.
        openings: the same phrases by their first stem.
    """

    silent: frozenset[str]
    common: Mapping[str, float]
    concepts: Mapping[Phrase, tuple[str, ...]]
    openings: Mapping[str, list[Phrase]]


def parts(text: str) -> tuple[str, str]:
    """The opening, where people say what they want, and the rest: split after the first sentence or line."""
    stripped = text.strip()
    end = _SENTENCE.search(stripped)
    return (stripped[: end.start()], stripped[end.end() :]) if end else (stripped, "")


def plain_words(text: str) -> Iterator[str]:
    """The words in lower case; links are left out, `autoStart` is two words, `3.5` is one."""
    for match in _WORD.finditer(_CAMEL.sub(" ", _LINK.sub(" ", text))):
        yield match[0].lower()


def stem(word: str) -> str:
    """`installing`, `installer`, `installation` -> `install`."""
    if word in _KEPT or len(word) <= LEAST_STEM or any(letter.isdigit() for letter in word):
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= LEAST_STEM:
            if ending == "s" and word.endswith(("ss", "us", "is")):
                break
            cut = word[: -len(ending)] + instead
            return cut[:-1] if len(cut) > LEAST_STEM and cut[-1] == cut[-2] and cut[-1] not in "lsz" else cut
    return word


@cache
def tables() -> Tables:
    """The shipped tables, read by whoever asks first."""
    said = tomllib.loads((_FOLDER / "concepts.toml").read_text("utf-8"))
    silent = frozenset(stem(word) for word in said["silent"].split())
    common = {stem(word): share["share"] for share in said["common"] for word in share["words"].split()}
    concepts: dict[Phrase, tuple[str, ...]] = {}
    for concept, phrases in said["concepts"].items():
        for phrase in phrases:
            key = tuple(stems(phrase))
            concepts[key] = tuple(dict.fromkeys((*concepts.get(key, ()), f"~{concept}")))
    return Tables(silent, common, concepts, openings(concepts))


class Heard(msgspec.Struct, frozen=True):
    """A wish, read once: its opening and the rest, as text and as stems."""

    opening: str
    rest: str
    first: list[str]
    then: list[str]


def hear(text: str, known: dict[str, str] | None = None) -> Heard:
    """Read a wish.

    Args:
        text: its words.
        known: word -> stem of what was read before, and the place to note more; the caller lets go of it, so
            that no word of a person stays in memory.
    """
    opening, rest = parts(text)
    memory = {} if known is None else known
    return Heard(opening, rest, stems(opening, memory), stems(rest, memory))


def stems(text: str, known: dict[str, str] | None = None) -> list[str]:
    """The stems of a text in their order, silent ones too; at most `MAX_WORDS`."""
    memory = {} if known is None else known
    found: list[str] = []
    for word in islice(plain_words(text), MAX_WORDS):
        if word not in memory:
            memory[word] = stem(word)
        found.append(memory[word])
    return found


def openings(phrases: Iterable[Phrase]) -> dict[str, list[Phrase]]:
    """Phrases by their first stem, the longest first."""
    found: defaultdict[str, list[Phrase]] = defaultdict(list)
    for phrase in phrases:
        found[phrase[0]].append(phrase)
    return {first: sorted(those, key=lambda each: (-len(each), each)) for first, those in found.items()}


def spoken(found: list[str], known: Mapping[str, list[Phrase]]) -> Iterator[Phrase]:
    """The known phrases in a text, the longest at each place; a stem of none comes as a phrase of its own."""
    place = 0
    while place < len(found):
        first = found[place]
        said: Phrase = (first,)
        for phrase in known.get(first, ()):
            if len(phrase) == 1 or tuple(found[place : place + len(phrase)]) == phrase:
                said = phrase
                break
        yield said
        place += len(said)


def terms(found: list[str]) -> set[str]:
    """What a wish is compared by: its telling stems, and for each phrase of the tables its concepts.

    A stem inside such a phrase is not counted by itself: the concept stands for it.
    """
    known = tables()
    said: set[str] = set()
    for phrase in spoken(found, known.openings):
        concepts = known.concepts.get(phrase)
        if concepts:
            said.update(concepts)
        elif phrase[0] not in known.silent and len(phrase[0]) > 1:
            said.add(phrase[0])
    return said
