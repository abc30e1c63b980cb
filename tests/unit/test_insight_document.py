"""docs/statistics.md: what is worked by hand there is what the code gives."""

from math import exp
from pathlib import Path

import pytest

from sidecar.insight.intervals import NORMAL_QUANTILES, student_t
from sidecar.insight.priors import FLAT, MILLER, moments, posterior
from sidecar.insight.ratings import RatingCounts, estimate_ratings
from sidecar.insight.tallies import PairCounts
from sidecar.insight.usage import answer_rate, quantiles
from sidecar.insight.versions import VersionCounts, compare_versions
from tests.support.contests import ask

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")


def row(step: str) -> str:
    """The last cell of the one table row that begins with this step."""
    lines = [line for line in DOCUMENT.splitlines() if line.startswith(f"| {step} |")]
    assert len(lines) == 1, step
    return lines[0].strip("| ").rsplit(" | ", 1)[1]


def test_rating_worked_by_hand_is_what_the_code_gives() -> None:
    found = estimate_ratings([RatingCounts((0, 0, 1, 3, 5), up=2)])[0]
    seen = moments((0, 0, 1, 3, 5))
    _, variance = posterior(seen, FLAT)
    assert "`counts: [0, 0, 1, 3, 5]`" in DOCUMENT
    assert row("ratings, sum, sum of squares") == "{}, {}, {}".format(*seen)
    assert row("add three imaginary ratings") == "12, 49, 215"
    assert row("mean as given") == f"{found.mean:.3f}"
    assert row("estimate") == f"{found.estimate:.3f}"
    assert row("variance of the mean") == f"{variance:.5f}"
    assert row("Student's t, 12 - 1 = 11 degrees of freedom") == f"{student_t(NORMAL_QUANTILES[0.9], 11):.3f}"
    assert row("lower bound") == f"{found.low:.3f}"
    assert row("upper bound") == f"{found.high:.3f}"
    assert row("sort key: five imaginary ratings, one of each star") == f"{found.sort_key:.3f}"
    assert f"sqrt({posterior(seen, MILLER)[1]:.5f})" in DOCUMENT
    assert found.why_not is not None
    assert found.why_not in " ".join(DOCUMENT.split())
    thumbs = f"share (2 + 1/2) / (2 + 1) = {found.thumbs_estimate:.3f}, interval {found.thumbs_low:.3f} to "
    assert f"{thumbs}{found.thumbs_high:.3f}" in " ".join(DOCUMENT.split())


def test_order_of_an_unrated_cell_is_as_documented() -> None:
    assert f"has one too, {estimate_ratings([RatingCounts((0, 0, 0, 0, 0))])[0].sort_key:.3f}," in DOCUMENT


def test_usage_worked_by_hand_is_what_the_code_gives() -> None:
    found = quantiles({16: 4, 23: 5})
    assert found is not None
    assert row("p10") == f"{found.p10:.2f}"
    assert row("p50") == f"{found.p50:.2f}"
    assert row("p90") == f"{found.p90:.2f}"
    assert row("interval of the median") == f"{found.low} to {found.high}"
    assert "`resolution: [{}]`".format(", ".join(f'"{label}"' for label in found.resolution)) in DOCUMENT


def test_answer_rate_worked_by_hand_is_what_the_code_gives() -> None:
    found = answer_rate(asked=20, dismissed=12)
    assert found is not None
    assert f"give 8 / 20 = {found.rate:.3f}, Wilson {found.low:.3f} to {found.high:.3f}" in " ".join(
        DOCUMENT.split()
    )


def test_comparison_worked_by_hand_is_what_the_code_gives() -> None:
    found = ask((PairCounts("a", "b", "chat", 9, 3),), "chat")
    a, b = found.models
    gap = a.strength - b.strength
    share = 1 / (1 + exp(-gap))
    error = (a.high - a.low) / NORMAL_QUANTILES[0.9]
    assert 12 * share + gap / 8 == pytest.approx(9)
    assert row("the most probable gap solves") == f"d = {gap:.3f}"
    assert row("share of wins at that gap") == f"{share:.3f}"
    assert row("curvature there") == f"{12 * share * (1 - share) + 1 / 8:.3f}"
    assert row("standard error of the gap") == f"{error:.3f}"
    assert row("strength of a, and of b") == f"{a.strength:.3f}, {b.strength:.3f}"
    assert row("bounds of the strength of a") == f"{a.low:.3f} to {a.high:.3f}"
    assert row("lead of a over b") == f"{gap / error:.2f}"
    assert f'"{found.verdict}"' in " ".join(DOCUMENT.split())


def test_versions_worked_by_hand_are_what_the_code_gives() -> None:
    before, after = (0, 0, 4, 10, 16), (3, 6, 9, 8, 4)
    assert f"1.0 was rated `{list(before)}`, version 1.1 `{list(after)}`" in DOCUMENT
    versions = [VersionCounts("1.0", RatingCounts(before)), VersionCounts("1.1", RatingCounts(after))]
    (found,) = compare_versions(versions)
    assert found.stars is not None
    assert row("difference of the means") == f"{found.stars.difference:.3f}"
    assert row("reach, p = 0.3") == f"{(found.stars.high - found.stars.low) / 2:.3f}"
    assert row("interval of the difference") == f"{found.stars.low:.3f} to {found.stars.high:.3f}"
    assert f'"{found.verdict}"' in DOCUMENT


@pytest.mark.parametrize("level", sorted(NORMAL_QUANTILES))
def test_every_accepted_level_is_documented(level: float) -> None:
    line = next(line for line in DOCUMENT.splitlines() if line.startswith("`level` is"))
    assert str(level) in line
