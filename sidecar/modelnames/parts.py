"""From the loose words behind a family's name to version, size, variant and encoding.

Job: give each word to the one part that understands it.
Must not: guess. One word that nobody understands, or two that contradict each other, and the name is
unread: a private fine-tune must never pass for the public model that it started from.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from sidecar.modelnames import quants
from sidecar.modelnames.names import ModelName
from sidecar.modelnames.public import Family, Table, index, table

_NUMBER: Final = re.compile(r"v?((?:0|[1-9]\d?)(?:\.\d{1,2}){0,2})")
_DATE: Final = re.compile(r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|2[3-9](?:0[1-9]|1[0-2])|20[2-3]\d{5}")
"""MMDD (`0528`), YYMM (`2507`) or YYYYMMDD, as makers date a release."""
_MONTHS: Final = frozenset(f"{month:02}" for month in range(1, 13))
_YEARS: Final = frozenset(str(year) for year in range(2020, 2040))
_TOTAL: Final = re.compile(r"e?\d{1,4}(?:\.\d{1,3})?[bmt]|\d{1,3}x\d{1,3}(?:\.\d{1,2})?[bm]")
"""`8b`, `0.5b`, `135m`, `1t`, `8x7b`; `e4b` counts effective parameters."""
_ACTIVE: Final = re.compile(r"a\d{1,4}(?:\.\d{1,3})?[bm]|\d{1,3}e")
"""Behind the total of a mixture: active parameters (`a3b`) or number of experts (`16e`)."""
_WORD_NUMBER: Final = re.compile(r"([a-z]{2,})(\d.*)")
"""`llama3.1` in the midst of a name."""
_NUMBER_WORD: Final = re.compile(r"(\d[\d.]*)([a-z]{1,2})")
"""`2.5vl` behind `qwen`."""

_AFTER_LISTED: Final = 1_000
"""Words that the family's line does not name stand behind those that it names."""


class _Draft(msgspec.Struct):
    """What has been understood so far."""

    number: str = ""
    date: str = ""
    total: str = ""
    active: str = ""
    variants: set[str] = msgspec.field(default_factory=set)
    pieces: dict[int, str] = msgspec.field(default_factory=dict)


def read(words: list[str], family: Family) -> ModelName | None:
    """The name that the words make behind this family, or None when one of them is not understood."""
    known = table(family)
    draft = _Draft()
    at = 0
    while at < len(words):
        used = _take(draft, words, at, known)
        if used == 0:
            loose = _unglue(words[at], known)
            if len(loose) == 1:
                return None
            words[at : at + 1] = loose
        at += used
    return _finish(draft, family, known)


def _unglue(word: str, known: Table) -> tuple[str, ...]:
    """A word and its number apart, when the family's line names the word (or word and number)."""
    if (found := _WORD_NUMBER.fullmatch(word)) and f"{found[1]}-{found[2]}" in known.variants:
        return found[1], found[2]
    if (found := _NUMBER_WORD.fullmatch(word)) and found[2] in known.variants:
        return found[1], found[2]
    return (word,)


def _take(draft: _Draft, words: Sequence[str], at: int, known: Table) -> int:
    """How many words from here some part understood; 0 = none, or they contradict what is told already."""
    return (
        _take_listed(draft, words, at, known)
        or _take_quant(draft, words, at)
        or _take_version(draft, words, at, known)
        or _take_size(draft, words[at])
        or _take_word(draft, words[at])
    )


def _take_listed(draft: _Draft, words: Sequence[str], at: int, known: Table) -> int:
    """The longest run of words that the family's own line names as a variant or a size."""
    for used in range(min(known.longest, len(words) - at), 0, -1):
        run = "-".join(words[at : at + used])
        if run in known.variants:
            draft.variants.add(known.variants[run])
            return used
        if run in known.sizes:
            return used if _set(draft, "total", known.sizes[run]) else 0
    return 0


def _take_quant(draft: _Draft, words: Sequence[str], at: int) -> int:
    piece = quants.read(words, at)
    if piece is None or draft.pieces.setdefault(piece.place, piece.text) != piece.text:
        return 0
    return piece.used


def _take_version(draft: _Draft, words: Sequence[str], at: int, known: Table) -> int:
    """A number (`3`, `v0.3`, `2-5`), a date, or what the family's line names as a version (`3n`, `k2`)."""
    word, after = words[at], words[at + 1] if at + 1 < len(words) else ""
    if word in _MONTHS and after in _YEARS:  # `08-2024`
        return 2 if _set(draft, "date", f"{word}-{after}") else 0
    if _DATE.fullmatch(word):
        return 1 if _set(draft, "date", word) else 0
    found = _NUMBER.fullmatch(word)
    if found is None:
        return 1 if word in known.versions and _set(draft, "number", known.versions[word]) else 0
    split = "." not in word and len(after) == 1 and after.isdigit()
    number = f"{found[1]}.{after}" if split else found[1]
    while number.endswith(".0"):  # `granite4` and `granite-4.0` are one version
        number = number.removesuffix(".0")
    if number in known.versions and number.startswith(f"{draft.number}."):
        draft.number = number  # `internlm2:7b-chat-v2.5`: the second is the same, told better
    return 1 + split if _set(draft, "number", number) else 0


def is_size(word: str) -> bool:
    """Whether a word counts parameters: `8b`, `8x7b`, `e4b`."""
    return _TOTAL.fullmatch(word) is not None


def _take_size(draft: _Draft, word: str) -> int:
    if is_size(word):
        return int(_set(draft, "total", word))
    return int(bool(_ACTIVE.fullmatch(word)) and _set(draft, "active", word))


def _take_word(draft: _Draft, word: str) -> int:
    """A word that any family may have, silent or not, or the window of its training (`128k`)."""
    common = index().words
    if word not in common and not (word[-1] == "k" and word[:-1].isdigit()):
        return 0
    draft.variants.add(common.get(word, word))
    return 1


def _set(draft: _Draft, part: str, text: str) -> bool:
    """Tell a part; False, and nothing changed, when it was told otherwise before."""
    if getattr(draft, part) not in {"", text}:
        return False
    setattr(draft, part, text)
    return True


def _finish(draft: _Draft, family: Family, known: Table) -> ModelName | None:
    quant = quants.write(draft.pieces)
    if quant is None:
        return None
    size = "-".join(filter(None, (draft.total, "" if draft.active in draft.total else draft.active)))
    size = known.sizes.get(size, size)
    version = "-".join(filter(None, (draft.number, draft.date)))
    if _is_unsaid(size, {"", version, *draft.variants}, family):
        size = ""
    words = sorted(filter(None, draft.variants), key=lambda word: (_rank(word, known), word))
    return ModelName(family.name, version, size, "-".join(words), quant, known=True)


def _rank(word: str, known: Table) -> int:
    listed = known.ranks.get(word)
    return _AFTER_LISTED + index().ranks.get(word, 0) if listed is None else listed


def _is_unsaid(size: str, beside: set[str], family: Family) -> bool:
    """Whether the maker's own name leaves this size out beside one of these words."""
    rules = (entry.rpartition("+") for entry in family.unsaid.split())
    return any(size == unsaid and word in beside for word, _, unsaid in rules)
