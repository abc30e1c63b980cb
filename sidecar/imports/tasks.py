"""Tasks: what a foreign file calls a task, in the words of the schema.

Job: apply `--task-map`, and find the words that a product has declared for itself.
Must not: guess; a task that nobody maps is refused with the ways to map it.
"""

from collections.abc import Collection, Mapping, Sequence

from sidecar import vocabulary
from sidecar.errors import UsageError


def read_map(said: Sequence[str]) -> dict[str, str]:
    """`["koala=chat,vicuna=chat"]` -> `{"koala": "chat", "vicuna": "chat"}`, names folded.

    Raises:
        UsageError: not of the form FROM=TO, or one name mapped twice.
    """
    found: dict[str, str] = {}
    for pair in (pair for words in said for pair in words.split(",")):
        source, equals, target = pair.partition("=")
        name = vocabulary.fold(source)
        if not (name and equals and target.strip()):
            raise UsageError("--task-map takes FROM=TO, several joined by commas")
        if found.setdefault(name, target.strip()) != target.strip():
            raise UsageError("--task-map names one task twice")
    return found


class Tasks:
    """How the tasks of one file are read.

    Args:
        mapped: from `--task-map`; comes first.
        declared: the `x_` words of the product that the rows belong to; `koala` finds `x_koala` there.
    """

    def __init__(self, mapped: Mapping[str, str], declared: Collection[str]) -> None:
        self._mapped = mapped
        self._declared = frozenset(declared)

    def read(self, task: str) -> str:
        """The word that the schema takes; an unknown one comes back as it is, for the schema to refuse."""
        name = vocabulary.fold(task)
        if name in self._mapped:
            return self._mapped[name]
        own = f"{vocabulary.OWN_PREFIX}{name}"
        return own if own in self._declared else task
