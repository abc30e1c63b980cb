"""Names in a wish: models and encodings, which no list of words can keep up with.

Job: say that a text names a model, an encoding, or something new that is to be supported.
Must not: say which one.
"""

import re
from functools import cache
from typing import Final

from sidecar.modelnames.public import index

MODEL: Final = "MODEL"
QUANT: Final = "QUANT"
NEW: Final = "NEW"
MARKS: Final = (MODEL, QUANT, NEW)
"""Stand for such names in the table of phrases; no stem is in capitals."""

_SIZE: Final = re.compile(r"(?<![\w.])(?:\d+x)?\d+(?:\.\d+)?[bB](?:-?[aA]\d+[bB])?(?![\w])")
_QUANT: Final = re.compile(
    r"(?<![a-z0-9])(?:i?q\d(?:_[0-9a-z]+)*|tq\d|(?:nv|mx)?fp[468]|int[248]|bf16|w\da\d+|[2-8]-?bits?|"
    r"ternary|imatrix|bitnet)(?![a-z0-9])",
    re.IGNORECASE,
)
_WANTED: Final = re.compile(
    r"\bsupport(?:s|ing)?(?:\s+(?:for|of|the|running|loading|new))*\s+[\"'`]?"
    r"(?=\S*[A-Z])(?=\S*[A-Z0-9]\S*[A-Z0-9]|\S*\d)[\w./-]+",
)
_WORD: Final = re.compile(r"[a-z]+(?:-[a-z]+)*")
_RUNTIMES: Final = frozenset({"llama", "mlx", "hermes", "aya", "jan", "command", "orca", "o", "gpt"})
"""Families whose name is also a runtime's, or an ordinary word: they need a size beside them."""


@cache
def _families() -> frozenset[str]:
    return frozenset(spelling for spelling in index().families if spelling not in _RUNTIMES)


def marks(text: str) -> list[str]:
    """`MODEL`, `QUANT`, `NEW`, each at most once."""
    found = []
    lower = text.lower()
    if _SIZE.search(text) or any(word in _families() for word in _WORD.findall(lower)):
        found.append(MODEL)
    if _QUANT.search(text):
        found.append(QUANT)
    if _WANTED.search(text):
        found.append(NEW)
    return found
