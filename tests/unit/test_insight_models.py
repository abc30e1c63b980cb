"""Best model: four answers side by side, and what a machine struggles with is marked."""

import msgspec
import pytest

from sidecar.insight.models import ModelCounts, ModelInsight, ModelRow, side_by_side
from sidecar.insight.ratings import RatingCounts
from sidecar.insight.tallies import PairCounts
from tests.support.contests import TASK, ask

HERE = "ram16-19_gpuTrue"
COMPARED = ask((PairCounts("a", "b", TASK, 40, 3, 5),), TASK)


def shown(*counts: ModelCounts, bucket: str | None = HERE) -> ModelInsight:
    return side_by_side(COMPARED, counts, bucket)


def row(found: ModelInsight, name: str) -> ModelRow:
    (only,) = [each for each in found.models if each.model == name]
    return only


def test_each_answer_stands_beside_the_others_and_none_changes_another() -> None:
    counts = ModelCounts(
        model="b",
        ratings=RatingCounts((0, 0, 0, 0, 50)),
        tokens_per_second={32: 20},
        generations=95,
        errors=5,
    )
    found = row(shown(counts), "b")
    alone = COMPARED.models[1]
    for name in ("strength", "low", "high", "rank_low", "rank_high", "top", "wins", "losses", "ties"):
        assert getattr(found, name) == getattr(alone, name)
    assert found.rating is not None
    assert found.rating.mean == 5
    assert found.speed is not None
    assert found.speed.n == 20
    assert found.errors is not None
    assert (found.errors.rate, found.errors.enough) == (0.05, True)
    assert not found.struggles


def test_what_nobody_counted_is_null() -> None:
    found = row(shown(), "a")
    assert (found.rating, found.speed, found.errors, found.why_struggles) == (None, None, None, None)
    other = row(shown(ModelCounts(model="c", generations=3)), "c")
    assert (other.strength, other.rank_low, other.top, other.rating) == (None, None, False, None)


def test_compared_ones_come_first_then_the_best_rated() -> None:
    good = ModelCounts(model="z", ratings=RatingCounts((0, 0, 0, 5, 30)))
    bad = ModelCounts(model="c", ratings=RatingCounts((30, 5, 0, 0, 0)))
    assert [each.model for each in shown(bad, good, ModelCounts(model="b")).models] == ["a", "b", "z", "c"]


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        (ModelCounts(model="a", tokens_per_second={2: 30}), "below reading speed"),
        (ModelCounts(model="a", generations=30, errors=20, did_not_fit=20), "20 of 50 runs"),
        (ModelCounts(model="a", tokens_per_second={2: 9}), None),
        (ModelCounts(model="a", tokens_per_second={2: 15, 32: 16}), None),
        (ModelCounts(model="a", generations=5, errors=4, did_not_fit=4), None),
        (ModelCounts(model="a", generations=95, errors=60, did_not_fit=5), None),
    ],
    ids=["slow", "too large", "slow, few", "slow, half", "too large, few", "other errors"],
)
def test_a_model_that_the_machine_struggles_with_is_marked(counts: ModelCounts, why: str | None) -> None:
    found = row(shown(counts), "a")
    assert found.struggles is (why is not None)
    assert (why or "") in (found.why_struggles or "")


def test_the_sentence_warns_of_a_best_model_that_the_machine_struggles_with() -> None:
    slow = ModelCounts(model="a", tokens_per_second={2: 30})
    assert shown(slow).verdict == f"{COMPARED.verdict} This machine struggles with a."
    assert shown(ModelCounts(model="b", tokens_per_second={2: 30})).verdict == COMPARED.verdict


def test_a_mixture_of_machines_marks_nothing() -> None:
    slow = ModelCounts(model="a", tokens_per_second={2: 30})
    assert not row(shown(slow, bucket=None), "a").struggles


def test_the_answer_is_json_and_comes_back_the_same() -> None:
    found = shown(ModelCounts(model="a", tokens_per_second={2: 30}, generations=5))
    assert msgspec.json.decode(msgspec.json.encode(found), type=ModelInsight) == found
