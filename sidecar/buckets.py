"""Half-octave buckets: how a speed, a delay or a context length becomes one of 49 small words.

Job: say once where a bucket begins and what it is called, for the writer that stores the lower edge, the
packer that sends the label, and the insight that reads both.
Must not: know what is measured, or keep more of a number than its bucket.

The edges are the whole numbers at or above 2^(k/2): 0, 1, 2, 3, 4, 6, 8, 12, 16, 23, 32, 46, 64, 91, 128 …
A bucket runs from its edge to just below the next one, fractions included: 22.9 lies in `16-22`.
"""

import math
from bisect import bisect_right
from itertools import pairwise
from typing import Final

TOP_EDGE: Final = 1 << 24
"""`16777216+`: 4.7 hours in milliseconds, and more tokens than a context holds; beyond, all is one bucket."""


def _edges() -> tuple[int, ...]:
    """Whole-number arithmetic, so that every machine has the same edges to the last one."""
    powers = range(2 * TOP_EDGE.bit_length() - 1)
    # isqrt(2^k - 1) + 1 is the square root of 2^k rounded up.
    return tuple(sorted({0, *(math.isqrt((1 << k) - 1) + 1 for k in powers)}))


EDGES: Final = _edges()
_UPPER: Final[dict[int, int | None]] = {**dict(pairwise(EDGES)), TOP_EDGE: None}


def half_octave(value: float) -> int:
    """The lower edge of the bucket that a measured value falls into.

    Raises:
        ValueError: below zero, or no finite number.
    """
    if not 0 <= value < math.inf:
        raise ValueError("a measured value is zero or more, and finite")
    return EDGES[bisect_right(EDGES, value) - 1]


def upper_edge(low_edge: int) -> int | None:
    """Where the next bucket begins; None for the top one, which has no end.

    Raises:
        ValueError: the number is no edge.
    """
    if low_edge not in _UPPER:
        raise ValueError("not the lower edge of a bucket")
    return _UPPER[low_edge]


def _label(low_edge: int) -> str:
    upper = _UPPER[low_edge]
    if upper is None:
        return f"{low_edge}+"
    return str(low_edge) if upper == low_edge + 1 else f"{low_edge}-{upper - 1}"


_LABELS: Final = {edge: _label(edge) for edge in EDGES}
_EDGE_OF: Final = {label: edge for edge, label in _LABELS.items()}


def bucket_label(low_edge: int) -> str:
    """`16` -> `16-22`, `3` -> `3`, the top one `16777216+`: the whole numbers that the bucket holds.

    Raises:
        ValueError: the number is no edge.
    """
    if low_edge not in _LABELS:
        raise ValueError("not the lower edge of a bucket")
    return _LABELS[low_edge]


def parse_label(label: str) -> int:
    """`16-22` -> `16`: the lower edge of a bucket from its label, and from nothing but its label.

    Raises:
        ValueError: no bucket is called so.
    """
    if label not in _EDGE_OF:
        raise ValueError("a bucket is written as 16-22")
    return _EDGE_OF[label]
