"""Comparisons: strengths that agree with others' code, and nothing ranked that was never compared."""

import math
import random
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.insight.comparisons import ComparisonAnswer
from sidecar.insight.davidson import Pair, fit
from sidecar.insight.tallies import PairCounts
from tests.support.contests import TASK, ask, contest
from tests.support.real_data import expected, pairs

Z = 1.6448536269514722
VANISHING = 1e6  # sd of a prior that says nothing


def strengths(found: ComparisonAnswer) -> dict[str, float]:
    return {row.model: row.strength for row in found.models}


def counts(first: str, second: str, wins: int = 0, losses: int = 0, ties: int = 0) -> PairCounts:
    return PairCounts(first, second, TASK, wins, losses, ties)


@pytest.mark.parametrize(
    ("table", "task"),
    [
        ("citations", None),
        ("baseball", None),
        ("dialsummeval_pairs_dev", "relevance"),
        ("dialsummeval_pairs_dev", "coherence"),
        ("dialsummeval_pairs_dev", "consistency"),
        ("dialsummeval_pairs_dev", "fluency"),
    ],
)
def test_scores_and_errors_of_real_tables_agree_with_published_code(table: str, task: str | None) -> None:
    truth = expected(f"pairwise/expected_{table}.json")
    truth = (truth[task] if task else truth)["scores"]
    found = ask(pairs(table), task, ties="half", prior_sd=VANISHING)
    assert strengths(found) == pytest.approx({name: row["score"] for name, row in truth.items()}, abs=1e-4)
    errors = {row.model: (row.high - row.low) / 2 / Z for row in found.models}
    assert errors == pytest.approx({name: row["se"] for name, row in truth.items()}, abs=1e-4)


def test_one_reference_against_all_gives_back_the_published_win_rates() -> None:
    published = expected("pairwise/expected_alpaca_eval2_dev.json")["published"]
    found = strengths(ask(pairs("alpaca_eval2_dev"), ties="half", prior_sd=VANISHING))
    for name, row in published.items():
        wins = row["n_wins"] + row["n_draws"] / 2
        ahead = math.log(wins / (row["n_total"] - wins))
        assert found[name] - found["gpt4_1106_preview"] == pytest.approx(ahead, abs=1e-4)


def by_logistic_regression(size: int, wins: np.ndarray) -> np.ndarray:
    """The likelihood's peak by another way: iteratively reweighted least squares, the last one at 0."""
    cells = [(i, j) for i in range(size) for j in range(i) if wins[i, j] + wins[j, i]]
    design = np.zeros((len(cells), size))
    for row, (i, j) in enumerate(cells):
        design[row, i], design[row, j] = 1, -1
    design = design[:, :-1]
    n = np.array([wins[i, j] + wins[j, i] for i, j in cells])
    won = np.array([wins[i, j] for i, j in cells])
    at = np.zeros(size - 1)
    for _ in range(50):
        share = 1 / (1 + np.exp(-design @ at))
        weight = n * share * (1 - share)
        at = at + np.linalg.solve(design.T @ (weight[:, None] * design), design.T @ (won - n * share))
    scores = np.append(at, 0.0)
    return np.asarray(scores - scores.mean())


def everyone_is_linked_both_ways(wins: np.ndarray) -> bool:
    """Whether the likelihood has a peak (L. R. Ford, Amer. Math. Monthly 64 (1957))."""
    reach = np.linalg.matrix_power((wins > 0).astype(float) + np.eye(len(wins)), len(wins))
    return bool((reach > 0).all())


def random_design(rng: random.Random) -> np.ndarray:
    while True:
        size = rng.randint(3, 10)
        wins = np.zeros((size, size))
        truth = [rng.gauss(0, 1) for _ in range(size)]
        for _ in range(rng.randint(3 * size, 12 * size)):
            i, j = rng.sample(range(size), 2)
            first_wins = rng.random() < 1 / (1 + math.exp(truth[j] - truth[i]))
            wins[(i, j) if first_wins else (j, i)] += 1
        if everyone_is_linked_both_ways(wins):
            return wins


def test_two_hundred_random_designs_agree_with_logistic_regression() -> None:
    rng = random.Random(200)
    for _ in range(200):
        wins = random_design(rng)
        size = len(wins)
        listed = [Pair(i, j, wins[i, j], wins[j, i], 0.0) for i, j in combinations(range(size), 2)]
        nearly_nothing = [[1e-10 * (i == j) + 1 / size for j in range(size)] for i in range(size)]
        found = np.array(fit(listed, [0.0] * size, nearly_nothing, tied=False).at)
        assert found - found.mean() == pytest.approx(by_logistic_regression(size, wins), abs=1e-5)


def log_posterior(at: np.ndarray, cells: list[tuple[int, int, int, int, int]], sd: float) -> float:
    """Davidson's model as the paper writes it, on the scale of worths."""
    worth, nu = np.exp(at[:-1]), math.exp(at[-1])
    total = -sum(at[:-1] ** 2) / (2 * sd**2) - (at[-1] - math.log(0.5)) ** 2 / (2 * sd**2)
    for i, j, wins, losses, ties in cells:
        middle = nu * math.sqrt(worth[i] * worth[j])
        all_three = worth[i] + worth[j] + middle
        for part, n in ((worth[i], wins), (worth[j], losses), (middle, ties)):
            total += n * math.log(part / all_three)
    return float(total)


def test_fit_with_ties_is_the_peak_of_the_posterior_and_its_covariance_the_curvature() -> None:
    cells = [(0, 1, 7, 3, 4), (1, 2, 5, 5, 1), (0, 2, 9, 2, 2), (2, 3, 4, 1, 0)]
    precision = [[0.25 if i == j else 0.0 for j in range(5)] for i in range(5)]
    listed = [Pair(i, j, *map(float, n)) for i, j, *n in cells]
    peak = fit(listed, [0.0] * 4 + [math.log(0.5)], precision, tied=True)
    at, step = np.array(peak.at), np.eye(5) * 1e-3

    def value(shift: np.ndarray) -> float:
        return log_posterior(at + shift, cells, 2.0)

    for i in range(5):
        assert (value(step[i]) - value(-step[i])) / 2e-3 == pytest.approx(0, abs=1e-4)
    bend = [
        [(value(a + b) - value(a - b) - value(b - a) + value(-a - b)) / -4e-6 for b in step] for a in step
    ]
    assert np.array(peak.covariance) == pytest.approx(np.linalg.inv(np.array(bend)), rel=1e-3, abs=1e-5)


def test_half_wins_are_another_scale_than_ties() -> None:
    table = (counts("a", "b", 60, 20, 40), counts("b", "c", 50, 30, 40), counts("a", "c", 80, 10, 30))
    davidson, half = strengths(ask(table)), strengths(ask(table, ties="half"))
    assert davidson["a"] > 1.15 * half["a"]
    assert sorted(davidson, key=davidson.__getitem__) == sorted(half, key=half.__getitem__)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), *[st.integers(0, 30)] * 3), max_size=12))
def test_any_counts_have_an_answer_that_holds_together(drawn: list[tuple[int, int, int, int, int]]) -> None:
    table = tuple(counts(f"m{a}", f"m{b}", *outcome) for a, b, *outcome in drawn if a != b)
    found = ask(table)
    total = sum(each.wins + each.losses + each.ties for each in table)
    assert found.n_comparisons == total
    assert sum(row.wins + row.losses + row.ties for row in found.models) == 2 * total
    assert [row.model for row in found.models] == [name for group in found.components for name in group]
    by_name = {row.model: row for row in found.models}
    for group in found.components:
        rows = [by_name[name] for name in group]
        assert len(rows) > 1
        assert sum(row.strength for row in rows) == pytest.approx(0, abs=1e-6)
        assert rows[0].top
        for place, row in enumerate(rows, 1):
            assert row.low <= row.strength <= row.high
            assert row.rank_low <= place <= row.rank_high
    assert found.enough == (found.why_not is None)


@pytest.mark.parametrize("prior_sd", [0.1, 2.0, 1e6])
def test_the_undefeated_have_a_finite_strength(prior_sd: float) -> None:
    found = ask((counts("a", "b", 10**6), counts("b", "c", 10**6, 0, 3)), prior_sd=prior_sd)
    assert all(math.isfinite(value) for row in found.models for value in (row.low, row.strength, row.high))
    assert [row.model for row in found.models] == ["a", "b", "c"]


def test_groups_that_never_met_are_not_ranked_against_each_other() -> None:
    found = ask((counts("a", "b", 30, 2), counts("c", "d", 3, 40), counts("d", "e", 40, 1)))
    assert [sorted(group) for group in found.components] == [["c", "d", "e"], ["a", "b"]]
    by_name = {row.model: row for row in found.models}
    assert by_name["a"].top
    assert by_name["d"].top
    assert (by_name["a"].rank_low, by_name["b"].rank_high) == (1, 2)
    assert "not compared with each other" in found.verdict


def test_a_chain_links_its_ends() -> None:
    table = (counts("a", "b", 5, 5), counts("c", "b", 5, 5), counts("c", "d", 5, 5))
    assert sorted(ask(table).components[0]) == ["a", "b", "c", "d"]


def test_the_order_and_direction_of_counts_do_not_matter() -> None:
    table = (counts("a", "b", 9, 4, 2), counts("b", "c", 3, 8, 1), counts("a", "b", 1, 1))
    turned = (counts("c", "b", 8, 3, 1), counts("b", "a", 5, 10, 2))
    assert ask(table) == ask(turned)


def test_the_same_counts_and_chance_give_the_same_answer() -> None:
    table = contest(random.Random(3), size=6, n=60, sd=1).pairs
    assert ask(table) == ask(table)


def test_a_contestant_against_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="itself"):
        ask((counts("a", "a", 1),))


def test_other_tasks_lend_what_a_small_task_lacks_and_no_more() -> None:
    clear = PairCounts("a", "b", "other", 300, 20, 40)
    small, large = counts("a", "b", 1, 1), counts("a", "b", 50, 250, 40)
    alone = strengths(ask((small,), TASK))
    assert alone["a"] == pytest.approx(0, abs=1e-9)
    assert strengths(ask((small, clear), TASK))["a"] > 0.5
    assert strengths(ask((large, clear), TASK))["a"] < -0.5


def test_a_task_lends_itself_nothing() -> None:
    table = (counts("a", "b", 9, 4, 2), counts("b", "c", 3, 8, 1))
    found, pooled = ask(table, TASK), ask(table, None)
    assert strengths(found) == strengths(pooled)


def test_other_tasks_do_not_link_or_add_anybody() -> None:
    table = (
        counts("a", "b", 9, 4),
        counts("c", "d", 9, 4),
        PairCounts("b", "c", "other", 5, 5),
        PairCounts("e", "a", "other", 5),
    )
    found = ask(table, TASK)
    assert sorted(map(sorted, found.components)) == [["a", "b"], ["c", "d"]]
    assert found.n_comparisons == 26


def test_pooled_errors_are_smaller_than_those_of_a_task_alone() -> None:
    rng = random.Random(6)
    pooled = alone = 0.0
    for _ in range(20):
        truth = contest(rng, size=6, n=20, sd=1.5, tasks=4, task_sd=0.6)
        own = tuple(pair for pair in truth.pairs if pair.task_category == TASK)
        with_others = strengths(ask(truth.pairs, TASK))
        centre = sum(map(truth.strengths.__getitem__, with_others)) / len(with_others)
        for name, value in strengths(ask(own, TASK)).items():
            alone += (value - truth.strengths[name] + centre) ** 2
            pooled += (with_others[name] - truth.strengths[name] + centre) ** 2
    assert pooled < 0.8 * alone
