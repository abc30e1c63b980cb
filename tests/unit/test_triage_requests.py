"""Requests: gathered wishes, their votes, and a priority with every part beside it."""

from math import sqrt
from pathlib import Path

import pytest

from sidecar.triage.priority import HALF_LIFE_WEEKS
from sidecar.triage.requests import triage
from sidecar.triage.rows import RequestRow
from sidecar.triage.wish import Wish
from tests.support.wishes import WEEK, wish


def rows(*wishes: Wish) -> dict[str, RequestRow]:
    """The rows by the number of their request."""
    return {row.request_id.lstrip("0"): row for row in triage(wishes, WEEK, str)}


def test_priority_is_what_its_parts_say() -> None:
    """Worked by hand: 3 of 4 votes; Wilson's lower bound with z = 1.6449 is .3562."""
    found = rows(
        wish(1, "A dark theme"),
        wish(2, "dark mode", request=1),
        wish(3, "Dark theme please", request=1, effort=None),
        wish(4, "Export chats"),
    )["1"]
    z = 1.6448536269514722
    low = (3 + z * z / 2 - z * sqrt(3 * 1 / 4 + z * z / 4)) / (4 + z * z)
    assert low == pytest.approx(0.3562, abs=1e-4)
    parts = found.parts
    assert (parts.votes, parts.all_votes, parts.share) == (3.0, 4.0, 0.75)
    assert parts.share_low == pytest.approx(low)
    assert (parts.severity, parts.effort) == (0.75, 1.5)
    assert found.priority == round(100 * low * 0.75 / 1.5, 1) == 17.8
    page = (Path(__file__).parents[2] / "docs" / "triage.md").read_text("utf-8")
    for figure in (f"{3 + z * z / 2:.3f}", f"{z * sqrt(3 * 1 / 4 + z * z / 4):.3f}", f"{low:.4f}", "17.8"):
        assert f"| {figure} |" in page


def test_vote_loses_half_its_weight_in_eight_weeks() -> None:
    found = rows(wish(1, "A dark theme", week=WEEK - HALF_LIFE_WEEKS), wish(2, "Export chats"))
    assert found["1"].parts.votes == 0.5
    assert found["2"].parts.votes == 1.0
    assert found["1"].votes == 1, "the count itself does not age"


def test_vote_from_a_clock_ahead_weighs_no_more_than_one() -> None:
    assert rows(wish(1, "A dark theme", week=WEEK + 500))["1"].parts.votes == 1.0


def test_merge_moves_the_votes() -> None:
    apart = rows(wish(1, "A dark theme"), wish(2, "dark mode"))
    together = rows(wish(1, "A dark theme"), wish(2, "dark mode", request=1))
    assert (apart["1"].votes, apart["2"].votes) == (1, 1)
    assert (together["1"].votes, together["1"].n, list(together)) == (2, 2, ["1"])
    assert together["1"].priority > apart["1"].priority


@pytest.mark.parametrize("state", ["done", "declined"])
def test_what_is_settled_has_no_priority_and_its_votes_count_no_more(state: str) -> None:
    found = rows(wish(1, "A dark theme", state=state), wish(2, "Export chats"))
    assert found["1"].priority == 0.0
    assert found["2"].parts.all_votes == 1.0
    assert list(found) == ["2", "1"]


def test_what_loses_work_is_severe_unless_a_person_says_otherwise() -> None:
    crash = "It crashes when I save"
    assert rows(wish(1, crash))["1"].parts.severity == 1.0
    assert rows(wish(1, crash, severity="low"))["1"].parts.severity == 0.5
    assert rows(wish(1, "A dark theme"))["1"].parts.severity == 0.75


def test_effort_divides() -> None:
    small, large = (rows(wish(1, "A dark theme", effort=word))["1"].priority for word in ("small", "large"))
    assert small == pytest.approx(3 * large, abs=0.2)


def test_person_decides_the_category() -> None:
    found = rows(wish(1, "A dark theme", category="docs"))["1"]
    assert (found.category, found.confidence, found.unsure) == ("docs", 1.0, False)


def test_main_wish_names_the_request_and_stands_first() -> None:
    found = rows(wish(1, "dark mode", request=2), wish(2, "A dark theme. Bright screens hurt.\nEyes!"))["2"]
    assert found.summary == "A dark theme."
    assert [member.lstrip("0") for member in found.members] == ["2", "1"]
    assert found.openings == ["A dark theme.", "dark mode"]


def test_long_opening_is_cut_for_the_list() -> None:
    found = rows(wish(1, "very " * 200))["1"]
    assert len(found.summary) <= 120
    assert found.summary.endswith("...")


def test_no_wish_makes_no_request() -> None:
    assert triage([], WEEK, str) == []
