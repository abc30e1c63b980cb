"""What a wish is compared by: its telling words, each with its weight, and the versions it names.

Job: weigh words by how seldom wishes hold them, openings before the rest.
Must not: compare two wishes, or keep a text.
"""

import re
from collections import Counter
from collections.abc import Sequence
from math import log
from typing import Final

from msgspec import Struct

from sidecar.triage import words
from sidecar.triage.words import Heard

IMAGINED: Final = 1000
"""Wishes whose shares of words are known beforehand: two wishes alone cannot say which words are rare."""

RARE_WORD: Final = 0.004  # share of those wishes that hold a word of no list
RARE_CONCEPT: Final = 0.02  # and a concept: it stands for several words

REST: Final = 0.2
"""What a word of the rest weighs, the opening's being 1; measured: more than .3 loses, 0 loses too."""

FULL_REST: Final = 6
"""Words of the rest that count so; more of them share the same weight, for long ones quote logs."""

VERSION: Final = re.compile(r"(?<![\w.])[vV]?(\d+(?:\.\d+)+|20\d\d)(?!\w)|(?<=[a-z-])(\d+(?:\.\d+)+)")


class Profile(Struct, frozen=True):
    """One wish, weighed.

    Attributes:
        weights: term -> weight.
        total: their sum.
        versions: what the opening names, `3.5.1` as (3, 5, 1).
    """

    weights: dict[str, float]
    total: float
    versions: tuple[tuple[int, ...], ...]


class Said(Struct, frozen=True):
    """The terms of a wish before they are weighed."""

    opening: frozenset[str]
    rest: frozenset[str]
    versions: tuple[tuple[int, ...], ...]


def read(wish: Heard) -> Said:
    """The terms of a wish."""
    first = frozenset(words.terms(wish.first))
    named = tuple(
        tuple(int(part[:9]) for part in re.findall(r"\d+", match[0]))
        for match in VERSION.finditer(wish.opening)
    )
    return Said(first, frozenset(words.terms(wish.then)) - first, named)


def weigh(wishes: Sequence[Said]) -> list[Profile]:
    """A profile for each wish, by how many of all of them hold a term."""
    holds: Counter[str] = Counter()
    for wish in wishes:
        holds.update(wish.opening)
        holds.update(wish.rest)
    common = words.tables().common
    worth = {term: _rarity(term, n, len(wishes), common.get(term)) for term, n in holds.items()}
    return [_weighed(wish, worth) for wish in wishes]


def _rarity(term: str, held: int, wishes: int, common: float | None) -> float:
    """Inverse document frequency (Sparck Jones 1972), after `IMAGINED` wishes that were seen before."""
    share = common if common is not None else RARE_CONCEPT if term.startswith("~") else RARE_WORD
    return log((wishes + IMAGINED + 1) / (held + share * IMAGINED + 0.5))


def _weighed(wish: Said, worth: dict[str, float]) -> Profile:
    part = REST * min(1.0, FULL_REST / max(1, len(wish.rest)))
    weights = {term: part * worth[term] for term in sorted(wish.rest)}
    weights |= {term: worth[term] for term in sorted(wish.opening)}
    return Profile(weights, sum(weights.values()), wish.versions)
