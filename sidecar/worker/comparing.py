"""Comparisons for the worker: a fit that takes from a tenth of a second to seconds.

Job: say what is asked, refuse what no answer could hold, answer it.
Must not: read a store; the counts come with the question.
"""

import random
from collections.abc import Hashable
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sidecar.errors import InvalidQuery
from sidecar.insight.comparisons import (
    MOST_CONTESTANTS,
    ComparisonAnswer,
    ComparisonQuestion,
    answer,
    contestants,
)

if TYPE_CHECKING:
    from sidecar.worker.ask import Worker

SEED: Final = 1952
"""The same counts give the same answer, to the last digit."""


class Compare(Struct, frozen=True, tag="compare"):
    """What the process is told."""

    question: ComparisonQuestion


async def compare(worker: "Worker", question: ComparisonQuestion, revision: Hashable) -> ComparisonAnswer:
    """The answer, from memory where the same was asked of the same store.

    Args:
        worker: does it.
        question: counts and what to make of them.
        revision: equal as long as the store that the counts are from has not changed.

    Raises:
        InvalidQuery: more models than one answer can hold.
        InsightUnavailable: the process died, hung, or gave no answer.
    """
    if len(contestants(question)) > MOST_CONTESTANTS:
        raise InvalidQuery(f"at most {MOST_CONTESTANTS} models are compared at once; narrow the question")
    return await worker.ask(Compare(question), revision, ComparisonAnswer)


def compared(told: Compare) -> ComparisonAnswer:
    """The work, inside the process."""
    draw = random.Random(SEED).gauss  # noqa: S311  a simulation, no secret
    return answer(told.question, lambda: draw(0.0, 1.0))
