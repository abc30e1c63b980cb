"""Tasks: what a foreign file calls a task, in the words of the schema.

Job: apply `--task-map`, and find the words that a product has declared for itself.
Must not: guess; a task that nobody maps is refused with the ways to map it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sidecar import vocabulary
from sidecar.errors import UsageError

NO_TASK: Final = (
    f"--task-map maps to a task of the closed list ({', '.join(vocabulary.TASK_CATEGORIES)}), or to an "
    f"`{vocabulary.OWN_PREFIX}` word that a product file declares"
)


def read_map(said: Sequence[str], declared: Collection[str] = ()) -> dict[str, str]:
    """`["koala=chat,vicuna=chat"]` -> `{"koala": "chat", "vicuna": "chat"}`, names folded.

    Args:
        said: what stood behind each `--task-map`.
        declared: the `x_` words of every product file.

    Raises:
        UsageError: not of the form FROM=TO, one name mapped twice, or mapped to what is no task.
    """
    found: dict[str, str] = {}
    for pair in (pair for words in said for pair in words.split(",")):
        source, equals, target = pair.partition("=")
        name = vocabulary.fold(source)
        if not (name and equals and target.strip()):
            raise UsageError("--task-map takes FROM=TO, several joined by commas")
        task = vocabulary.task_category(target)
        if task not in vocabulary.TASK_CATEGORIES and task not in declared:
            raise UsageError(NO_TASK)
        if found.setdefault(name, task) != task:
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
