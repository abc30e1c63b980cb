"""The sentence says what the comparisons say, and no more."""

import pytest

from sidecar.insight.comparisons import ComparisonQuestion, answer
from sidecar.insight.tallies import PairCounts
from tests.support.contests import TASK, ask


def counts(first: str, second: str, wins: int = 0, losses: int = 0, ties: int = 0) -> PairCounts:
    return PairCounts(first, second, TASK, wins, losses, ties)


@pytest.mark.parametrize(
    ("table", "verdict", "enough"),
    [
        ((), "For chat: nothing was compared yet.", False),
        ((counts("a", "b", 1),), "For chat: not enough data, 1 of at least 10 comparisons.", False),
        ((counts("a", "b", 12, 10),), "For chat: a or b; 22 comparisons cannot tell them apart.", False),
        ((counts("a", "b", 40, 3),), "For chat: a, the best of 2 in 43 comparisons.", True),
        (
            (counts("a", "b", 900, 900),),
            "For chat: a or b; 1,800 comparisons show that they are about equally good.",
            True,
        ),
        (
            (counts("a", "b", 12, 10), counts("a", "c", 30, 1), counts("b", "c", 30, 1)),
            "For chat: a or b; 84 comparisons cannot tell them apart.",
            True,
        ),
        (
            (counts("a", "b", 40, 3), counts("c", "d", 6, 5)),
            "For chat: a among 2; nothing to tell c and d apart; "  # noqa: ISC004  # one sentence
            "these groups were not compared with each other (54 comparisons).",
            True,
        ),
        (
            tuple(counts(a, b, 2, 2) for a, b in ("ab", "bc", "cd", "de")),
            "For chat: one of 5 (a, b, c, d and others); 16 comparisons cannot tell them apart.",
            False,
        ),
    ],
)
def test_the_sentence_says_what_is_known(table: tuple[PairCounts, ...], verdict: str, enough: bool) -> None:  # noqa: FBT001  # pytest passes it by name
    found = ask(table, TASK)
    assert found.verdict == verdict
    assert found.enough is enough


def test_the_sentence_names_the_machine_and_all_tasks() -> None:
    question = ComparisonQuestion(pairs=(counts("a", "b", 40, 3),), hardware_bucket="ram16-19_gpuTrue")
    said = answer(question, lambda: 0.5).verdict
    assert said == "For all tasks together on ram16-19_gpuTrue: a, the best of 2 in 43 comparisons."


def test_what_is_missing_is_said_in_words() -> None:
    assert ask((counts("a", "b", 1),), TASK).why_not == "Not enough data: 1 of at least 10 comparisons."
    apart = "The comparisons cannot tell the models apart yet."
    assert ask((counts("a", "b", 12, 10),), TASK).why_not == apart
