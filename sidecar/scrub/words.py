"""Plain words: which of a run of neighbours may stay.

Job: keep words that public messages write in this order, and technical words that stand in technical company.
Must not: keep a word of everyday language for its own sake: prompts are made of those.

A word stays when
1. it lies inside four neighbours that a public message has in that order (a fragment), or
2. its whole run is a public phrase of at most three words, or
3. it is a word of machines alone (`lists.STRONG`), or
4. it is a word of error messages (`lists.WEAK`) with another technical word at most two words away.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from sidecar.scrub.attested import FRAGMENT, PHRASE, Vocabulary
from sidecar.scrub.lists import GLUE, STRONG, TECHNICAL, WEAK
from sidecar.scrub.pieces import GAP, STOP, WORD, Pieces

FRAGMENT_WORDS: Final = 4
MAX_FRAGMENT: Final = 7
"""Words, when four do not carry the meaning of two."""
MIN_MEANING: Final = 2
PHRASE_WORDS: Final = 3
COMPANY: Final = 2
"""How many words away another technical word still counts as company."""
PROSE_WORDS: Final = 6
PROSE_SHARE: Final = 0.7
"""A run this long of which less than this share may stay at all is prose: its weak words go."""
MAX_WORD: Final = 24
"""Longer runs of letters are tokens or hashes, not words."""


def runs(pieces: Pieces) -> Iterator[list[int]]:
    """Indices of neighbouring words: between them only blanks, commas, hyphens, slashes.

    A word before `=` is a run of its own: the key of a log line.
    """
    run: list[int] = []
    for index, kind in enumerate(pieces.kinds):
        if kind == WORD:
            run.append(index)
        elif kind != GAP and run:
            if kind == STOP and pieces.texts[index] == "=" and len(run) > 1 and run[-1] == index - 1:
                yield run[:-1]
                run = run[-1:]
            yield run
            run = []
    if run:
        yield run


def windows(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The stretches of a run that are looked up, as start and stop: four words, of which two carry meaning.

    Four words of mere glue (`has not been enabled`) say nothing of where they come from; they are looked up
    with as many neighbours, to the right and to the left, as it takes, seven words at most.
    """
    meaning = [word not in GLUE and len(word) > 1 for word in words]
    for start in range(len(words) - FRAGMENT_WORDS + 1):
        stop = start + FRAGMENT_WORDS
        lacking = MIN_MEANING - sum(meaning[start:stop])
        if lacking <= 0:
            yield start, stop
            continue
        for right in range(stop + 1, min(start + MAX_FRAGMENT, len(words)) + 1):
            if sum(meaning[stop:right]) >= lacking:
                yield start, right
                break
        for left in range(start - 1, max(stop - MAX_FRAGMENT, 0) - 1, -1):
            if sum(meaning[left:start]) >= lacking:
                yield left, stop
                break


def kept(words: Sequence[str], vocabulary: Vocabulary) -> list[bool]:
    """For each lower-case word of one run, whether it may stay."""
    count = len(words)
    if count <= PHRASE_WORDS and vocabulary.has(PHRASE, " ".join(words)):
        return [True] * count
    keep = [word in STRONG for word in words]
    if count >= FRAGMENT_WORDS:
        for start, stop in windows(words):
            if vocabulary.has(FRAGMENT, " ".join(words[start:stop])):
                keep[start:stop] = [True] * (stop - start)
    if not WEAK.isdisjoint(words):
        _keep_company(words, keep)
    return keep


def _keep_company(words: Sequence[str], keep: list[bool]) -> None:
    """Marks weak words that technical ones stand beside; support never reaches over a dropped word."""
    candidate = [stays or word in WEAK for stays, word in zip(keep, words, strict=True)]
    if len(words) >= PROSE_WORDS and sum(candidate) < len(words) * PROSE_SHARE:
        return
    technical = [fits and word in TECHNICAL for fits, word in zip(candidate, words, strict=True)]
    vouched = [fits and _near(technical, candidate, index) for index, fits in enumerate(technical)]
    sure = [
        mutual or (stays and word in STRONG) for mutual, stays, word in zip(vouched, keep, words, strict=True)
    ]
    for index, fits in enumerate(candidate):
        if fits and not keep[index]:
            keep[index] = vouched[index] or _near(sure, candidate, index)


def _near(marks: Sequence[bool], candidate: Sequence[bool], index: int) -> bool:
    """Whether a mark stands at most `COMPANY` words away with only candidates between."""
    for step in (1, -1):
        for distance in range(1, COMPANY + 1):
            at = index + step * distance
            if not 0 <= at < len(marks) or not candidate[at]:
                break
            if marks[at]:
                return True
    return False
