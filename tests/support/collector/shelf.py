"""What is known of ids: what each holds, and what must never count.

Job: keep letters by id, withdrawals and supersedings by (id, withdrawal), and say what counts.
Must not: judge a letter; `ledgerbook` does.
"""

from typing import TypeAlias

from msgspec import Struct, field

from tests.support.collector import wire
from tests.support.collector.wire import Batch, Request

Bound: TypeAlias = tuple[str, str]
"""(id, withdrawal)."""


class Stored(Struct, frozen=True, kw_only=True):
    """One id that holds bytes."""

    letter: Batch | Request
    sha256: str
    refused: tuple[int, ...]
    cells: tuple[wire.AnyCell, ...]

    @property
    def root(self) -> str | None:
        """The id that it supersedes."""
        return self.letter.supersedes if isinstance(self.letter, Batch) else None


class Shelf(Struct):
    """What is known of one kind of letter.

    Attributes:
        stored: id -> what it holds. Nothing is ever taken out: bytes that were voided are still compared.
        withdrawn, superseded: pairs that must not count, also before anything of that id arrives.
    """

    stored: dict[str, Stored] = field(default_factory=dict)
    withdrawn: set[Bound] = field(default_factory=set)
    superseded: set[Bound] = field(default_factory=set)

    def live(self, id_: str) -> bool:
        """Whether what an id holds counts."""
        held = self.stored[id_]
        withdrawal = held.letter.withdrawal
        return (id_, withdrawal) not in self.superseded and not self.is_withdrawn(id_, held)

    def is_withdrawn(self, id_: str, held: Stored) -> bool:
        """Whether it, or the root that it stands for, was withdrawn."""
        return any((each, held.letter.withdrawal) in self.withdrawn for each in (id_, held.root))

    def withdrawals(self, id_: str) -> set[str]:
        """Every hash that may withdraw an id: its own, or as a root its children's."""
        return {held.letter.withdrawal for each, held in self.stored.items() if id_ in {each, held.root}}

    def is_own_root(self, child: Stored) -> bool:
        """Whether what a child supersedes is unknown, or is a root of the same hand."""
        root = self.stored.get(child.root or "")
        return root is None or (root.root is None and root.letter.withdrawal == child.letter.withdrawal)
