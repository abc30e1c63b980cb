"""Wishes for tests of triage: made-up ones, and the labelled ones that stand beside the repository.

Job: make thousands of wishes from a seed; read labelled rows where they are; measure a ranking.
Must not: copy a labelled row into the repository.
"""

import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from sidecar.triage.wish import Wish
from tests.support.needs import need

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
WEEK: Final = 2961
_SYLLABLES: Final = ("ba", "ko", "mi", "ru", "te", "sa", "lo", "ne", "vi", "du", "fa", "go", "hi", "pa", "zu")


def labelled(name: str) -> list[dict[str, Any]]:
    """The rows of a labelled file."""
    path = DATA / name
    need(path.exists(), f"shared/data/{name} is not here")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def wish(number: int, text: str, request: int | None = None, **fields: Any) -> Wish:  # noqa: ANN401  # of a wish
    """A wish with ids made of numbers, of its own request unless another is named."""
    told = number if request is None else request
    ids = {"feedback_id": f"{number:032x}", "request_id": f"{told:032x}"}
    return msgspec.convert({**ids, "week": WEEK, "text": text, **fields}, Wish)


def many_texts(count: int, seed: int = 7) -> list[str]:
    """Wishes of 25 made-up words; few words are frequent, most are rare, as in a language."""
    chance = random.Random(seed)
    words = ["".join(chance.choices(_SYLLABLES, k=chance.choice((2, 3, 3)))) for _ in range(4_000)]
    weights = [1 / (place + 20) for place in range(len(words))]
    found = chance.choices(words, weights, k=25 * count)
    return [
        f"{' '.join(found[place : place + 9])}. {' '.join(found[place + 9 : place + 25])}"
        for place in range(0, 25 * count, 25)
    ]


def area_under_curve(marked: Sequence[bool], scores: Sequence[float]) -> float:
    """Share of pairs of a marked and an unmarked one in which the marked one has the higher score."""
    pairs = list(zip(marked, scores, strict=True))
    yes = [score for mark, score in pairs if mark]
    no = [score for mark, score in pairs if not mark]
    wins = sum((a > b) + 0.5 * (a == b) for a in yes for b in no)
    return wins / (len(yes) * len(no))


def macro_f1(pairs: Iterable[tuple[str, str]]) -> float:
    """Mean over the true classes of 2 hits / (2 hits + wrong + missed), from (truth, answer)."""
    pairs = list(pairs)
    classes = sorted({truth for truth, _ in pairs})
    found = []
    for name in classes:
        hits = sum(truth == answer == name for truth, answer in pairs)
        either = sum((truth == name) + (answer == name) for truth, answer in pairs)
        found.append(2 * hits / either)
    return sum(found) / len(found)
