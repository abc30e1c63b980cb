"""A question that shows up by itself obeys the rhythm of the catalogue; one that waits quietly need not."""

from typing import Final

import pytest
from playwright.sync_api import expect

from sidecar.prompts import catalogue
from tests.support.host_page import widget
from tests.support.visit import MODEL, Visit, says

ASKS: Final = widget(model=MODEL, product_id="chat", asks=True)
FIRST: Final = catalogue().kinds.rating.rhythm.first_after
RHYTHM: Final = """async ([rhythm, most, told, kind, day, module]) =>
  (await import(module)).occasion(rhythm, most, told, kind, day)"""


def shows(visit: Visit) -> bool:
    """Whether the question is there, once the page has decided; a quiet widget beside it says when."""
    visit.page.reload()
    visit.page.locator("#quiet").get_by_role("radio").first.wait_for()
    return visit.page.locator("#asks").get_by_role("radio").count() > 0


def begin(visit: Visit) -> None:
    """The first page of a new person, on a day that the test turns."""
    visit.page.clock.set_system_time("2026-11-24T12:00:00")
    asks = ASKS.replace("<feedback-sidecar", "<feedback-sidecar id=asks")
    visit.open(asks, widget(model=MODEL, id="quiet"))
    visit.page.locator("#quiet").get_by_role("radio").first.wait_for()


def used(visit: Visit) -> list[str]:
    """What of the asking is stored."""
    return sorted(row["action"] for row in visit.home.rows("usage_pattern"))


def test_the_first_question_comes_after_a_few_answers_and_once_a_day(visit: Visit) -> None:
    begin(visit)
    shown = [shows(visit) for _ in range(FIRST + 3)]
    assert shown == [at == FIRST - 2 for at in range(FIRST + 3)]
    visit.until(lambda: used(visit) == ["asked"])


def test_a_no_is_remembered_until_it_is_taken_back(visit: Visit) -> None:
    begin(visit)
    assert [shows(visit) for _ in range(FIRST - 1)][-1]
    visit.page.locator("#asks").get_by_role("button", name="Not now").click()
    expect(visit.page.locator("#asks").get_by_role("radio")).to_have_count(0)
    visit.until(lambda: used(visit) == ["asked", "dismissed"])
    rhythm = catalogue().kinds.rating.rhythm
    visit.page.clock.set_system_time("2026-12-24T12:00:00")
    assert not any(shows(visit) for _ in range(rhythm.then_every + 1))
    visit.page.evaluate("customElements.get('feedback-sidecar').askAgain('chat')")
    assert [shows(visit) for _ in range(FIRST)][-1]


def test_an_answer_to_a_question_that_showed_up_is_kept(visit: Visit) -> None:
    begin(visit)
    assert [shows(visit) for _ in range(FIRST - 1)][-1]
    found = visit.page.locator("#asks")
    found.get_by_role("radio", name="4: Good").click()
    says(found, "Kept: 4 of 5.")
    visit.until(lambda: used(visit) == ["asked"])


def test_who_cannot_remember_does_not_ask(visit: Visit) -> None:
    visit.page.add_init_script("Storage.prototype.setItem = () => { throw new Error('forbidden') }")
    begin(visit)
    assert not any(shows(visit) for _ in range(FIRST + 1))


DAY: Final = "2026-11-24"
TOLD: Final = {"day": DAY, "asked": 0, "kinds": {"rating": {"seen": 9, "at": 3, "ofDay": 0, "noes": 0}}}


@pytest.mark.parametrize(
    ("told", "kind", "may"),
    [
        (None, "rating", False),
        ({"kinds": {"rating": {"seen": 1, "noes": 0}}}, "rating", False),
        ({"kinds": {"rating": {"seen": 2, "noes": 0}}}, "rating", True),
        ({"kinds": {"rating": {"seen": 2, "noes": 1}}}, "rating", False),
        ({"day": DAY, "asked": 1, "kinds": {"rating": {"seen": 2, "noes": 0}}}, "rating", False),
        ({"day": "2026-11-23", "asked": 1, "kinds": {"rating": {"seen": 2, "noes": 0}}}, "rating", True),
        ({"day": DAY, "asked": 1, "kinds": {"comparison": {"seen": 5, "at": 5, "noes": 0}}}, "rating", False),
        (TOLD, "rating", False),
        (TOLD | {"kinds": {"rating": {"seen": 22, "at": 3, "noes": 0}}}, "rating", True),
        (TOLD | {"kinds": {"rating": {"seen": 21, "at": 3, "noes": 0}}}, "rating", False),
        ("nonsense", "rating", False),
    ],
)
def test_the_rhythm_is_counted_for_each_kind_and_for_the_day(
    visit: Visit, told: object, kind: str, *, may: bool
) -> None:
    visit.open(widget(model=MODEL))
    visit.page.locator("[part=question]").wait_for()
    rhythm = {"first_after": 3, "then_every": 20, "most_per_day": 1, "stop_after_noes": 1}
    module = f"{visit.home.url}/widget.js"
    found, after = visit.page.evaluate(RHYTHM, [rhythm, 1, told, kind, DAY, module])
    assert found is may
    assert after["day"] == DAY
