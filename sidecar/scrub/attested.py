"""The shipped vocabulary: is this fragment or identifier written in a public runtime?

Job: answer membership, from a sorted table of hashes that is read on the first question.
Must not: hold or give back any text. The file has none; `scripts/build_vocabulary.py` makes it.

The file: 8 bytes of magic, 2^16 + 1 big-endian 32-bit offsets, then 3 bytes for each entry. An entry is 40
bits of personalised BLAKE2b: 16 choose the bucket, 24 are stored, sorted within it. With B entries in the
mean bucket a stranger is taken for a member with probability B * 2^-24.
"""

import sys
from array import array
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec

VOCABULARY_VERSION: Final = "2026.11"
"""Of `data/vocabulary.bin`; the record beside it says the same."""

_DATA: Final = Path(__file__).parent / "data"  # importlib.resources would cost 10 ms of each start
MAGIC: Final = b"scrubv1\n"
BUCKETS: Final = 1 << 16
ENTRY_BYTES: Final = 3
_OFFSETS: Final = len(MAGIC)
_ENTRIES: Final = _OFFSETS + 4 * (BUCKETS + 1)
_PERSON: Final = b"scrub-vocabulary"  # keeps these hashes apart from every other use of BLAKE2b

FRAGMENT: Final = "4 "
"""Kind: four words that follow one another in a public message."""
PHRASE: Final = "s "
"""Kind: a whole public message, or a part of one between stops, of one to three words."""
IDENTIFIER: Final = "i "
"""Kind: a name out of public code."""
SHAPE: Final = "g "
"""Kind: an identifier with each run of digits written as `#`."""
TENSOR: Final = "t "
"""Kind: one part of a tensor name, as between dots in `blk.0.attn_q.weight`."""
MODULE: Final = "m "
"""Kind: dotted name of a public module."""
FILE: Final = "f "
"""Kind: base name of a public source file."""


def key(kind: str, text: str) -> bytes:
    """40 bits that stand for one entry."""
    return blake2b((kind + text).encode(), digest_size=5, person=_PERSON).digest()


def pack(keys: Iterable[bytes]) -> bytes:
    """The file for these keys; duplicates count once."""
    ordered = sorted(set(keys))
    offsets = [0] * (BUCKETS + 1)
    for each in ordered:
        offsets[int.from_bytes(each[:2], "big") + 1] += 1
    for bucket in range(BUCKETS):
        offsets[bucket + 1] += offsets[bucket]
    heads = b"".join(offset.to_bytes(4, "big") for offset in offsets)
    return MAGIC + heads + b"".join(each[2:] for each in ordered)


class Vocabulary:
    """Membership over one packed file."""

    __slots__ = ("_offsets", "_packed")

    def __init__(self, packed: bytes) -> None:
        if not packed.startswith(MAGIC):
            raise ValueError("not a scrub vocabulary")
        self._packed = packed
        self._offsets = array("I", packed[_OFFSETS:_ENTRIES])
        if sys.byteorder == "little":
            self._offsets.byteswap()

    def __len__(self) -> int:
        return self._offsets[BUCKETS]

    def has(self, kind: str, text: str) -> bool:
        """Whether the text is attested as that kind."""
        digest = blake2b((kind + text).encode(), digest_size=5, person=_PERSON).digest()
        bucket = digest[0] << 8 | digest[1]
        low = _ENTRIES + ENTRY_BYTES * self._offsets[bucket]
        high = _ENTRIES + ENTRY_BYTES * self._offsets[bucket + 1]
        wanted = digest[2:]
        found = self._packed.find(wanted, low, high)
        while found >= 0 and (found - _ENTRIES) % ENTRY_BYTES:
            found = self._packed.find(wanted, found + 1, high)
        return found >= 0


class Provenance(msgspec.Struct, frozen=True):
    """What the vocabulary was made from; `data/vocabulary.json`."""

    version: str
    sha256: str
    entries: int
    false_positive_rate: float
    sources: dict[str, str]


@cache
def shipped() -> Vocabulary:
    """The vocabulary of this release, read once, on the first question."""
    return Vocabulary((_DATA / "vocabulary.bin").read_bytes())


@cache
def provenance() -> Provenance:
    """Builder's record of the shipped vocabulary."""
    return msgspec.json.decode((_DATA / "vocabulary.json").read_bytes(), type=Provenance)
