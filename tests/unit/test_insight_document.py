"""docs/statistics.md: what is worked by hand there is what the code gives."""

from pathlib import Path

import pytest

from sidecar.insight.intervals import NORMAL_QUANTILES, student_t
from sidecar.insight.priors import FLAT, MILLER, moments, posterior
from sidecar.insight.ratings import RatingCounts, estimate_ratings
from sidecar.insight.usage import answer_rate, quantiles

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


@pytest.mark.parametrize("level", sorted(NORMAL_QUANTILES))
def test_every_accepted_level_is_documented(level: float) -> None:
    line = next(line for line in DOCUMENT.splitlines() if line.startswith("`level` is"))
    assert str(level) in line
