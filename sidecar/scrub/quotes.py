"""Quoted text: which quotes belong together, and what they hold.

Job: pair the quotation marks of a line, and tell a quoted value from an error's own words in quotes.
Must not: decide what a value may show; `judge` does.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from sidecar.scrub.pieces import GAP, HOLE, QUOTE, SOLID, STOP, WORD, Pieces

_TEXT_KEYS: Final = frozenset(
    (
        "error",
        "err",
        "errors",
        "msg",
        "message",
        "detail",
        "details",
        "reason",
        "cause",
        "title",
        "exception",
        "exc",
        "why",
    ),
)
"""Keys under which logs and JSON carry an error's own words; other quoted text is a value."""
_TOLD_BY: Final = ("Error", "Exception")
_ONE_NAME: Final = 5
"""Pieces of a quoted name with its quotes; more are a sentence."""
_KEY_REACH: Final = 4
"""Pieces before a quote that are read for its key."""
_LITERAL_PREFIX: Final = frozenset({"b", "f", "r", "u", "rb", "br"})
LINE_END: Final = "|"
"""Between the lines of a template: what stands before it explains nothing after it."""
_WORDY: Final = SOLID | {HOLE}


def values(pieces: Pieces) -> Iterator[tuple[int, int]]:
    """First and last index of each quoted value, in order; quotes that only wrap are dropped on the way."""
    quotes = [index for index, kind in enumerate(pieces.kinds) if kind == QUOTE]
    marks = {index: pieces.texts[index] for index in quotes}
    closers = {mark: [at for at in quotes if mark in marks[at] and _may_close(pieces, at)] for mark in "\"'`"}
    after = -1
    for index in quotes:
        if index <= after or pieces.kinds[index] != QUOTE:
            continue
        close = _closer(pieces, index, closers[marks[index][0]])
        if close is None or _is_text(pieces, index, close):
            _drop(pieces, index)
            if close is not None and close != index:
                _drop(pieces, close)
        else:
            yield index, close
            after = close


def _may_close(pieces: Pieces, index: int) -> bool:
    after = index + 1
    return after == len(pieces.kinds) or pieces.blanks[after] or pieces.kinds[after] not in SOLID


def _closer(pieces: Pieces, index: int, closers: Sequence[int]) -> int | None:
    marks = pieces.texts[index]
    if len(marks) > 1 and marks == marks[0] * len(marks):
        return index  # `''`, an empty value
    glued = index > 0 and not pieces.blanks[index] and pieces.kinds[index - 1] in SOLID
    if glued and pieces.texts[index - 1].lower() not in _LITERAL_PREFIX:
        return None
    at = bisect_right(closers, index)
    return closers[at] if at < len(closers) else None


def _is_text(pieces: Pieces, index: int, close: int) -> bool:
    """Whether the quotes hold an error's own words, or the key of a mapping."""
    if close == index + 2 and close + 1 < len(pieces.kinds) and pieces.texts[close + 1][:1] == ":":
        return True
    assigned = False
    for at in range(index - 1, max(index - 1 - _KEY_REACH, -1), -1):
        kind = pieces.kinds[at]
        if kind == WORD:
            word = pieces.texts[at]
            told = word.endswith(_TOLD_BY) and close - index > _ONE_NAME  # `KeyError: 'a whole sentence'`
            return assigned and (told or word.lower() in _TEXT_KEYS)
        if kind not in (STOP, GAP, QUOTE) or pieces.texts[at] == LINE_END:
            return False
        assigned = assigned or pieces.texts[at][-1:] in (":", "=")
    return False


def _drop(pieces: Pieces, index: int) -> None:
    """A quote that only wraps goes; a stop or a blank takes its place where words would become one."""
    kinds, blanks = pieces.kinds, pieces.blanks
    before, after = index - 1, index + 1
    while before >= 0 and kinds[before] == GAP:
        before -= 1
    while after < len(kinds) and kinds[after] == GAP:
        after += 1
    kinds[index] = STOP
    if before < 0 or after == len(kinds) or kinds[before] not in _WORDY or kinds[after] not in _WORDY:
        glued = index > 0 and not blanks[index] and pieces.texts[index - 1][-1:] in (".", ">", "-")
        pieces.texts[index] = " " if glued else ""
        if index + 1 < len(blanks):
            blanks[index + 1] = blanks[index + 1] or blanks[index]
            blanks[index] = False
    else:
        pieces.texts[index] = ";" if kinds[before] == kinds[after] == WORD else " "
