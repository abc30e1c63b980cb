"""From what was found to what is kept: fragments, phrases, names.

Job: cut each text the way the scrubber cuts a message, and choose what may enter the vocabulary.
Must not: let in fragments of mere glue: `words.windows` sees to that.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from sidecar.scrub.attested import FILE, FRAGMENT, IDENTIFIER, MODULE, PHRASE, SHAPE, TENSOR, key
from sidecar.scrub.lists import STRONG, WEAK
from sidecar.scrub.names import shape
from sidecar.scrub.pieces import FLAG, NAME, WORD, Pieces, split
from sidecar.scrub.plain import plain
from sidecar.scrub.words import MAX_WORD, PHRASE_WORDS, runs, windows

MAX_TEXT = 4_000
"""Longer literals are documentation or templates."""
_NAME_SHAPE = re.compile(r"(?=.*[A-Za-z]{2})(?:.*_.*|.*[a-z][A-Z].*|.*[A-Z]{2}[a-z].*|.*\d.*)")
_NAME_LENGTHS = range(4, 61)
_SOURCE = re.compile(r"([^/]+\.(?:py|c|cc|cpp|cu|cuh|h|hpp|m|mm|metal|go|comp|cl))\Z")


def texts(found: Iterable[str]) -> Iterator[bytes]:
    """Keys of the fragments, phrases and names inside literals."""
    for text in found:
        if len(text) > MAX_TEXT:
            continue
        for line in plain(text).split("\n"):
            pieces = split(line)
            for run in runs(pieces):
                yield from _run([pieces.texts[index].lower() for index in run])
            yield from _names_inside(pieces)


def _run(words: list[str]) -> Iterator[bytes]:
    if max(map(len, words)) > MAX_WORD:
        return
    if len(words) <= PHRASE_WORDS:
        if not (STRONG | WEAK).isdisjoint(words):
            yield key(PHRASE, " ".join(words))
        return
    for start, stop in windows(words):
        yield key(FRAGMENT, " ".join(words[start:stop]))


def _names_inside(pieces: Pieces) -> Iterator[bytes]:
    for kind, text in zip(pieces.kinds, pieces.texts, strict=True):
        if kind == FLAG:
            yield key(IDENTIFIER, text.lower())
        elif kind in (NAME, WORD):
            yield from names(re.split(r"\.|::|->", text))


def names(found: Iterable[str]) -> Iterator[bytes]:
    """Keys of identifiers: those with an underscore, a hump or a digit."""
    for name in found:
        if len(name) in _NAME_LENGTHS and _NAME_SHAPE.fullmatch(name):
            yield key(IDENTIFIER, name.lower())
            if shape(name) != name.lower():
                yield key(SHAPE, shape(name))


def frequent(counted: Counter[str]) -> Iterator[str]:
    """Names that more than one file uses; a name of one file is too rare to meet."""
    return (name for name, files in counted.items() if files > 1)


def flags(found: Iterable[str]) -> Iterator[bytes]:
    """Keys of command-line flags."""
    return (key(IDENTIFIER, flag.lower()) for flag in found)


def files(found: Iterable[str]) -> Iterator[bytes]:
    """Keys of base names."""
    return (key(FILE, name.lower()) for name in found)


def paths(found: Iterable[str]) -> Iterator[bytes]:
    """Keys of the base names of sources, and of the modules that Python files are."""
    for path in found:
        source = _SOURCE.search(path)
        if source is None:
            continue
        base = source[1].lower()
        if base not in ("__init__.py", "main.py", "test.py", "main.cpp", "main.go"):
            yield key(FILE, base)
        if base.endswith(".py"):
            yield from _modules(path)


def _modules(path: str) -> Iterator[bytes]:
    parts = path.lower().removesuffix(".py").removesuffix("/__init__").split("/")
    if "lib" in parts:  # a Debian package: usr/lib/python3.11/json/decoder.py
        parts = parts[parts.index("lib") + 2 :]
    for end in range(1, len(parts) + 1):
        yield key(MODULE, ".".join(parts[:end]))


def tensors(found: Iterable[str]) -> Iterator[bytes]:
    """Keys of the parts of tensor names, from the tables of the GGUF package."""
    for name in found:
        for part in re.split(r"\.|\{[a-z]+\}", name):
            if part.replace("_", "").isalnum() and not part.isdigit():
                yield key(TENSOR, part.lower())
