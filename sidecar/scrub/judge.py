"""One line judged: what stays as written, and which hole stands for the rest.

Job: apply the rules of `names`, `numbers` and `words` to the pieces of a line, quoted text included.
Must not: keep a piece that no rule allowed; look at more than one line.

The order matters: quotes, names, paths and sizes first, because they end runs of words; then words; numbers
last, because a number is explained only by words that stay.
"""

import re
from collections.abc import Sequence
from typing import Final

from sidecar.scrub import holes
from sidecar.scrub.attested import Vocabulary
from sidecar.scrub.lists import LOG_KEYS, STRONG
from sidecar.scrub.names import is_model_name, public_file, public_name
from sidecar.scrub.numbers import LOOPBACK, is_unit, public_hex, public_number, size
from sidecar.scrub.pieces import (
    FILE,
    FLAG,
    GAP,
    HEX,
    HOLE,
    NAME,
    NUMBER,
    PATH,
    QUOTE,
    STOP,
    WORD,
    Pieces,
)
from sidecar.scrub.quotes import values
from sidecar.scrub.words import kept, runs

MAX_VALUE: Final = 24
"""Pieces of a quoted value that may be kept whole; a longer one is content."""

_HUMP: Final = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")
_BASE_NAME: Final = re.compile(r"([A-Za-z_][\w+-]*(?:\.[\w+-]+)*\.[A-Za-z]{1,11})(?::\d+){0,2}\Z", re.ASCII)
_BETWEEN: Final = frozenset(":=[(#.,<>!{)\"'`")
_PLAIN: Final = frozenset({WORD, GAP})
_LOOK_BACK: Final = 6
_EXPLAINING_WORDS: Final = 3


def judge(pieces: Pieces, vocabulary: Vocabulary) -> str:
    """The line with holes for all that is not public; the pieces are changed."""
    if QUOTE in pieces.kinds:
        for start, stop in values(pieces):
            _settle_value(pieces, start, stop, vocabulary)
    _settle_names(pieces, vocabulary)
    _settle_words(pieces, vocabulary)
    _settle_numbers(pieces)
    return "".join(
        [" " + text if blank else text for blank, text in zip(pieces.blanks, pieces.texts, strict=True)]
    )


def _settle_value(pieces: Pieces, start: int, stop: int, vocabulary: Vocabulary) -> None:
    shown = _value(pieces.part(start + 1, stop), vocabulary)
    for inside in range(start + 1, stop + 1):
        _hole(pieces, inside, "")
        pieces.blanks[inside] = False
    _hole(pieces, start, shown)


def _hole(pieces: Pieces, index: int, shown: str) -> None:
    pieces.kinds[index] = HOLE
    pieces.texts[index] = shown


def _value(value: Pieces, vocabulary: Vocabulary) -> str:
    """A quoted value: one public name, or words that all stay; else a hole."""
    written = "".join(value.texts)
    if is_model_name(written) and not any(value.blanks[1:]):
        return f"'{written}'"
    if len(value.kinds) == 1:
        if value.kinds[0] == HOLE:
            return value.texts[0]
        name = _public(value.kinds[0], value.texts[0], vocabulary)
        return holes.STRING if name is None else f"'{name}'"
    if (
        not 0 < len(value.kinds) <= MAX_VALUE
        or QUOTE in value.kinds
        or any("'" in text for text in value.texts)
    ):
        return holes.STRING
    value.blanks[0] = False
    shown = judge(value, vocabulary)
    return holes.STRING if holes.HOLE.search(shown) or '"' in shown else f'"{shown}"'


def _public(kind: int, text: str, vocabulary: Vocabulary) -> str | None:
    if kind in (NAME, FLAG) or (kind == WORD and _HUMP.search(text)):
        return public_name(text, vocabulary)
    if (kind == WORD and text.lower() in STRONG) or (kind == FILE and public_file(text, vocabulary)):
        return text
    return None


def _settle_names(pieces: Pieces, vocabulary: Vocabulary) -> None:
    texts = pieces.texts
    for index, kind in enumerate(pieces.kinds):
        if kind in _PLAIN:
            continue
        if kind in (NAME, FLAG, FILE):
            texts[index] = _public(kind, texts[index], vocabulary) or holes.NAME
        elif kind == NUMBER:
            _settle_size(pieces, index)
        elif kind == PATH:
            base = _BASE_NAME.search(texts[index])
            known = base is not None and public_file(base[1], vocabulary)
            _hole(pieces, index, f"{holes.PATH} {base[1]}" if base and known else holes.PATH)
        elif kind == HEX:
            texts[index] = public_hex(texts[index]) or holes.HEX
        elif texts[index] == "~":
            texts[index] = " "


def _settle_size(pieces: Pieces, index: int) -> None:
    unit = pieces.texts[index + 1] if index + 1 < len(pieces.kinds) and pieces.blanks[index + 1] else ""
    measured = size(pieces.texts[index], unit)
    if measured is None:
        return
    if is_unit(unit):
        _hole(pieces, index + 1, "")
        pieces.blanks[index + 1] = False
    _hole(pieces, index, measured)


def _settle_words(pieces: Pieces, vocabulary: Vocabulary) -> None:
    texts = pieces.texts
    for run in runs(pieces):
        stays = kept([texts[index].lower() for index in run], vocabulary)
        for at, index in enumerate(run):
            if not stays[at]:
                texts[index] = _lone(pieces, index, vocabulary, single=len(run) == 1)
    if "/" in texts:
        for index, text in enumerate(texts):
            if text == "/" and not _joins_words(texts, index):
                texts[index] = " "  # beside a hole it would read as a path


def _joins_words(texts: Sequence[str], index: int) -> bool:
    return 0 < index < len(texts) - 1 and texts[index - 1].isalpha() and texts[index + 1].isalpha()


def _lone(pieces: Pieces, index: int, vocabulary: Vocabulary, *, single: bool) -> str:
    """A word that its neighbours do not vouch for: a public name with a hump, or the key of a log line."""
    word = pieces.texts[index]
    if not word.islower() and _HUMP.search(word):
        return public_name(word, vocabulary) or holes.WORDS
    follows = pieces.texts[index + 1][:1] if index + 1 < len(pieces.kinds) else ""
    return word if single and follows in (":", "=") and word.lower() in LOG_KEYS else holes.WORDS


def _settle_numbers(pieces: Pieces) -> None:
    for index, kind in enumerate(pieces.kinds):
        if kind == NUMBER:
            text = pieces.texts[index]
            trimmed = text.rstrip(".")
            beside = (_before(pieces, index), _after(pieces, index))
            stays = trimmed in LOOPBACK or (
                not _in_number_run(pieces, index) and public_number(trimmed, *beside)
            )
            if not stays:
                pieces.texts[index] = holes.NUMBER + "." * (len(text) > len(trimmed))


def _in_number_run(pieces: Pieces, index: int) -> bool:
    """Whether another number or a sign stands beside it: part of a telephone or card number, of a date."""
    kinds, texts = pieces.kinds, pieces.texts
    before = index - 1 - (index > 0 and kinds[index - 1] == GAP)
    after = index + 1 + (index + 1 < len(kinds) and kinds[index + 1] == GAP)
    signed = index > 0 and texts[index - 1][-1:] in ("+", "-")
    return (
        signed
        or (before >= 0 and (kinds[before] == NUMBER or texts[before] == holes.NUMBER))
        or (after < len(kinds) and (kinds[after] == NUMBER or texts[after] == holes.NUMBER))
    )


def _before(pieces: Pieces, index: int) -> list[str]:
    """Up to three lower-case words that stay, before a number, with nothing but light punctuation between."""
    words: list[str] = []
    for at in range(index - 1, max(index - 1 - _LOOK_BACK, -1), -1):
        kind, text = pieces.kinds[at], pieces.texts[at]
        if text in LOOPBACK or (kind in (WORD, NAME) and not text.startswith("<")):
            words.append(text.lower())
        elif kind not in (GAP, STOP, QUOTE) or not _BETWEEN.issuperset(text):
            break
        if len(words) == _EXPLAINING_WORDS:
            break
    return words[::-1]


def _after(pieces: Pieces, index: int) -> str:
    after = index + 1
    return pieces.texts[after].lower() if after < len(pieces.kinds) and pieces.blanks[after] else ""
