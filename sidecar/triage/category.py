"""The category of a wish: one of the closed list, how sure that is, and "unsure" as an honest answer.

Job: add up what the phrases of a wish point to, and turn the sums into a share of belief.
Must not: learn from what one person sent, or hold a rule that knows a single wish.

    sum of weights (the opening twice) -> softmax -> the first one; unsure below `SURE`
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from math import exp
from pathlib import Path
from typing import Final

from msgspec import Struct

from sidecar.triage import names, words
from sidecar.triage.words import Heard, Phrase
from sidecar.vocabulary import REQUEST_CATEGORIES

WEIGHTS: Final = {"sure": 3.0, "likely": 1.5, "hint": 0.5}
OPENING: Final = 2.0
"""A phrase of the first sentence counts twice: there people say what they want, then why."""

HEAT: Final = 2.2
"""Weight that makes a category e times as likely; fitted, so that confidence is the share of hits."""

PRIOR: Final[Mapping[str, float]] = {"other": -1.5, "reliability": -0.5, "docs": -0.3}
"""What a wish starts with: rare categories need more than one hint."""

HINT: Final = 6.0
"""What the category that came with a wish weighs: as much as one sure phrase of the opening."""

SURE: Final = 0.45
"""Below this confidence the answer is "unsure", with the category as a guess."""

_FILE: Final = Path(__file__).with_name("categories.toml")


class Category(Struct, frozen=True):
    """What a wish is about.

    Attributes:
        name: of the closed list.
        confidence: 0..1; 1 where a person said it.
        unsure: whether the name is but a guess.
    """

    name: str
    confidence: float
    unsure: bool


class Table(Struct, frozen=True):
    """The shipped table: phrase in stems -> category -> weight, and the phrases by their first stem."""

    weights: Mapping[Phrase, Mapping[str, float]]
    openings: Mapping[str, list[Phrase]]


@cache
def table() -> Table:
    """Read by whoever asks first."""
    said = tomllib.loads(_FILE.read_text("utf-8"))
    found: defaultdict[Phrase, dict[str, float]] = defaultdict(dict)
    for category in REQUEST_CATEGORIES:
        for group, weight in WEIGHTS.items():
            for phrase in said[category][group]:
                key = (phrase,) if phrase in names.MARKS else tuple(words.stems(phrase))
                found[key][category] = max(weight, found[key].get(category, 0.0))
    return Table(dict(found), words.openings(found))


def categorise(wish: Heard, hint: str = "") -> Category:
    """The category of a wish by its words, and by the category that came with it."""
    sums = dict.fromkeys(REQUEST_CATEGORIES, 0.0) | dict(PRIOR)
    if hint:
        sums[hint] += HINT
    seen = dict.fromkeys(_spoken(wish.rest, wish.then), 1.0)
    seen |= dict.fromkeys(_spoken(wish.opening, wish.first), OPENING)
    weights = table().weights
    for phrase, times in seen.items():
        for category, weight in weights.get(phrase, {}).items():
            sums[category] += weight * times
    return _believed(sums)


def _believed(sums: Mapping[str, float]) -> Category:
    top = max(sums.values())
    shares = {name: exp((value - top) / HEAT) for name, value in sums.items()}
    name = max(shares, key=lambda each: shares[each])
    confidence = shares[name] / sum(shares.values())
    return Category(name, confidence, unsure=confidence < SURE)


def _spoken(text: str, found: list[str]) -> Iterator[Phrase]:
    """The phrases of a part, and marks for the names in it."""
    yield from ((mark,) for mark in names.marks(text))
    yield from words.spoken(found, table().openings)
