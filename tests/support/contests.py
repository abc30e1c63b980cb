"""Contests of known strength: what was true, and what a person would have preferred.

Job: draw comparisons from Davidson's model with a seeded generator, and ask our code about them.
Must not: estimate anything.
"""

import random
from collections import Counter
from math import exp
from typing import NamedTuple

from sidecar.insight.comparisons import ComparisonAnswer, ComparisonQuestion, answer
from sidecar.insight.tallies import PairCounts

TASK = "chat"


class Truth(NamedTuple):
    """Strengths by name in the task `chat`, and the comparisons that were drawn in all tasks."""

    strengths: dict[str, float]
    pairs: tuple[PairCounts, ...]


def contest(  # noqa: PLR0913  a world has that many knobs, all named where they are turned
    rng: random.Random, *, size: int, n: int, sd: float, tasks: int = 1, task_sd: float = 0.0, nu: float = 0.5
) -> Truth:
    """`n` comparisons of random pairs for each task; strengths N(0, sd^2), moved by task_sd in each task."""
    names = [f"m{i}" for i in range(size)]
    overall = {name: rng.gauss(0, sd) for name in names}
    truths, counts = [], Counter[tuple[str, str, str, str]]()
    for task in (TASK, *(f"other{i}" for i in range(1, tasks))):
        strengths = {name: at + rng.gauss(0, task_sd) for name, at in overall.items()}
        truths.append(strengths)
        for _ in range(n):
            a, b = rng.sample(names, 2)
            win, loss = exp(strengths[a]), exp(strengths[b])
            tie = nu * exp((strengths[a] + strengths[b]) / 2)
            (outcome,) = rng.choices(("wins", "losses", "ties"), (win, loss, tie))
            counts[a, b, task, outcome] += 1
    pairs = tuple(PairCounts(a, b, task, **{outcome: k}) for (a, b, task, outcome), k in counts.items())
    return Truth(truths[0], pairs)


def ask(
    pairs: tuple[PairCounts, ...],
    task: str | None = None,
    *,
    ties: str = "davidson",
    prior_sd: float = 2.0,
    seed: int = 0,
) -> ComparisonAnswer:
    """Our answer, with seeded chance."""
    rng = random.Random(seed)
    question = ComparisonQuestion(
        pairs=pairs,
        task_category=task,
        ties="half" if ties == "half" else "davidson",
        prior_sd=prior_sd,
    )
    return answer(question, lambda: rng.gauss(0, 1))
