"""What a world remembers of one machine: which records there are, what its owner granted, what was sealed.

Job: the plain model that the oracles compare the file with; it is copied with a backup or a clone.
Must not: ask the product.
"""

from collections import Counter
from typing import NamedTuple

from msgspec import Struct, field

Paper = tuple[str, ...]
"""Everything that a consent text says of a destination; another paper is another text."""
Gids = tuple[int, ...]
"""Records by the number that they have in the whole world, whatever copies of them there are."""


class Known(NamedTuple):
    """A record as it was given."""

    gid: int
    seq: int
    kind: str
    product: str
    safe: bool
    amount: int


class Granted(NamedTuple):
    """A grant as it was given."""

    paper: Paper
    scopes: dict[str, int]
    revision: int


class Sealed(NamedTuple):
    """A batch as it was first seen: what a preview shows.

    A part of one that was on its way was looked at as the whole; a revision keeps the hold of the first.
    """

    number: int
    destination: str
    product: str
    body: str
    sha256: str
    cells: tuple[Gids, ...]
    at: float
    changes: int
    is_part: bool
    is_again: bool
    gone: frozenset[int]


class Memory(Struct):
    """All of it.

    Attributes:
        known: record id -> the record, as long as it is live.
        seqs: sequence number -> the record, for good.
        gone: undone or purged.
        changed: gid -> at which of the `changes` it was changed last.
        grants: destination -> what is granted now.
        cells: batch row -> cell row -> the records it was counted from.
        sealed: batch id -> the batch.
        dropped: ids of batches that were on their way when their grant was taken back.
        kept: (lane row, gid) that stay here: they are too old, or say nothing to others -> kind and reason.
        aged: (kind, reason) -> records that retention or the quota took.
        restored: (kind, reason) -> records that a restore keeps here.
        departed: ids of batches that were armed.
        unsure: no record up to this number may leave: another copy of the file may have sent it.
        is_copied: another file with the same records lives on beside this one.
        is_muted: the owner chose another mode than `share`, and granted nothing since.
        spoilt: records of batches whose rows were spoilt on the disk.
    """

    known: dict[bytes, Known] = field(default_factory=dict)
    seqs: dict[int, Known] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    changed: dict[int, int] = field(default_factory=dict)
    changes: int = 0
    grants: dict[str, Granted] = field(default_factory=dict)
    cells: dict[int, dict[int, Gids]] = field(default_factory=dict)
    sealed: dict[bytes, Sealed] = field(default_factory=dict)
    seen: int = 0
    kept: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    aged: Counter[tuple[str, str]] = field(default_factory=Counter)
    departed: set[bytes] = field(default_factory=set)
    dropped: set[bytes] = field(default_factory=set)
    restored: Counter[tuple[str, str]] = field(default_factory=Counter)
    unsure: int = 0
    is_copied: bool = False
    is_muted: bool = False
    spoilt: set[int] = field(default_factory=set)

    def copy(self) -> "Memory":
        """As it is now, to be remembered apart."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return Memory(
            **{name: value.copy() if hasattr(value, "copy") else value for name, value in fields.items()}
        )
