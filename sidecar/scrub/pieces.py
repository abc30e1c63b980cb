"""A line cut into pieces: words, names, numbers, paths, and what stands between.

Job: say what each stretch of a plain line *is*, the same way for a message and for a public literal.
Must not: decide what may be kept; know the vocabulary.

    WORD   letters only, an apostrophe inside allowed: `memory`, `can't`
    NAME   letters with digits, underscores or dots: `n_ctx_2`, `torch.cuda.OutOfMemoryError`
    NUMBER digits first: `42`, `4480.00`, `0.6.3.post1`, `8B`
    HEX    `0xC0000005`
    FLAG   `--tensor-parallel-size`
    FILE   a base name with the ending of a source or model file: `ggml-cuda.cu`
    PATH   what holds a slash, a backslash or an `@`, or starts with `~`: also addresses and mail
    HOLE   a placeholder of ours, so that a template reads as itself
    QUOTE  one or more quotation marks
    GAP    a comma, hyphen or slash: words on both sides are neighbours, as over a blank
    STOP   other punctuation: they are not

Kinds are plain numbers, the groups of one expression, and a line is three lists: this is the inner loop.
"""

import re
from typing import Final

from sidecar.scrub.holes import HOLE_PATTERN

HOLE: Final = 1
HEX: Final = 2
FILE: Final = 3
NUMBER: Final = 4
FLAG: Final = 5
NAME: Final = 6
QUOTE: Final = 7
GAP: Final = 8
STOP: Final = 9
WORD: Final = 10
PATH: Final = 11

SOLID: Final = frozenset({WORD, NAME, NUMBER, HEX, FLAG, FILE})
"""Kinds that can stand directly before an apostrophe or after one that closes nothing."""

_DRESSED: Final = re.compile(r"([(\[{]*)([A-Za-z]+(?:'[a-z]{1,2})?)([.:;!?)\]},]*)")
_ENDINGS: Final = (
    r"(?:cpp|cuh|cu|cc|c|hpp|hip|h|mm|m|metal|comp|cl|pyx|py|go|rs|js|ts|cs|swift|sh|so(?:\.\d{1,3}){0,3}|dll|dylib|json|jsonl|toml|yaml|yml|"
    r"txt|bin|gguf|ggml|safetensors|onnx|model|pt|pth|jinja|tar|zip|whl)"
)
_TOKEN: Final = re.compile(
    rf"({HOLE_PATTERN})"
    r"|(0[xX][0-9A-Fa-f]+(?![\w.]))"
    rf"|([A-Za-z_][\w+-]{{0,63}}(?:\.[\w+-]{{1,32}}){{0,3}}\.{_ENDINGS}(?![\w.\x00+-]))"
    r"|(\d[\w#.\x00]*(?:\+[\w.]+)?)"
    r"|((?<![\w-])--[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*)"
    r"|([A-Za-z_\x00][\w#\x00]*(?:'[a-z]{1,2}(?![\w'])|(?:(?:\.|::|->)\w[\w#\x00]*)*))"
    r"|([\"'`]+)"
    r"|([,/-])"
    r"|([\s\S])",
    re.ASCII,
)
_PATH_MARK: Final = re.compile(r"[/\\@]|(?<![\w.])~(?!\d)|\bwww\.", re.ASCII)
_SLASHED_WORDS: Final = re.compile(r"[(\[\"']*[A-Za-z]{1,24}(?:/[A-Za-z]{1,24}){1,2}[.,:;!?)\]\"']*")
_FRACTION: Final = re.compile(r"[(\[\"']*\d{1,9}/\d{1,9}[.,:;!?)\]\"']*", re.ASCII)
_PATH_HEAD: Final = re.compile(r"[\"'`(<\[{=,;]+")
_PATH_TAIL: Final = re.compile(r"[\"'`)>\]},;:.!?]+\Z")


class Pieces:
    """The pieces of a line.

    Attributes:
        kinds: what each piece is.
        texts: as written.
        blanks: whether a blank stands before it.
    """

    __slots__ = ("blanks", "kinds", "texts")

    def __init__(self, kinds: list[int], texts: list[str], blanks: list[bool]) -> None:
        self.kinds = kinds
        self.texts = texts
        self.blanks = blanks

    def part(self, start: int, stop: int) -> "Pieces":
        """A copy of some neighbouring pieces."""
        return Pieces(self.kinds[start:stop], self.texts[start:stop], self.blanks[start:stop])


def split(line: str) -> Pieces:
    """The pieces of a plain line, in order."""
    pieces = Pieces([], [], [])
    kinds, texts, blanks = pieces.kinds, pieces.texts, pieces.blanks
    for chunk in line.split(" "):
        if chunk.isalpha():
            kinds.append(WORD)
            texts.append(chunk)
            blanks.append(True)
        elif chunk:
            _cut(chunk, pieces)
            blanks.append(True)
            blanks.extend([False] * (len(kinds) - len(blanks)))
    return pieces


def _cut(chunk: str, pieces: Pieces) -> None:
    dressed = _DRESSED.fullmatch(chunk)
    if dressed is not None:
        before, word, after = dressed.groups()
        kinds = [STOP, WORD, GAP if after == "," else STOP]
        _extend(
            pieces, [(kind, text) for kind, text in zip(kinds, (before, word, after), strict=True) if text]
        )
    elif _is_path(chunk):
        _extend(pieces, _path(chunk))
    else:
        _extend(pieces, _tokens(chunk))


def _extend(pieces: Pieces, found: list[tuple[int, str]]) -> None:
    for kind, text in found:
        pieces.kinds.append(kind)
        pieces.texts.append(text)


def _is_path(chunk: str) -> bool:
    if (
        "/" not in chunk
        and "\\" not in chunk
        and "@" not in chunk
        and "~" not in chunk
        and "www." not in chunk
    ):
        return False  # what most chunks are; five scans in C cost less than one expression
    return (
        _PATH_MARK.search(chunk) is not None
        and _SLASHED_WORDS.fullmatch(chunk) is None
        and _FRACTION.fullmatch(chunk) is None
    )


def _path(chunk: str) -> list[tuple[int, str]]:
    """What stands before the path, the path to the end of the chunk, and the punctuation that closes it."""
    mark = _PATH_MARK.search(chunk)
    head = _PATH_HEAD.search(chunk, 0, mark.start() if mark else 0)
    start = head.end() if head else 0
    tail = _PATH_TAIL.search(chunk, start)
    end = tail.start() if tail else len(chunk)
    return [*_tokens(chunk[:start]), (PATH, chunk[start:end]), *_tokens(chunk[end:])]


def _tokens(chunk: str) -> list[tuple[int, str]]:
    found = [(match.lastindex or STOP, match[0]) for match in _TOKEN.finditer(chunk)]
    return [
        (WORD, text) if kind == NAME and text.replace("'", "").isalpha() else (kind, text)
        for kind, text in found
    ]
