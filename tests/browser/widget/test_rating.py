"""Rating: one tap is kept; it can be taken back, changed and explained; what is shown is what is sent."""

import json
from typing import Final

import pytest
from playwright.sync_api import Locator, expect

from tests.support.host_page import widget
from tests.support.visit import MODEL, Visit, says

STARS: Final = widget(model=MODEL, product_id="chat", product_version="1.4")
TEN_SECONDS: Final = 11_000


def star(found: Locator, name: str) -> Locator:
    """One of the five, by what a screen reader says."""
    return found.get_by_role("radio", name=name)


def added(visit: Visit) -> list[tuple[object, ...]]:
    """Stars, reasons and task of what is stored."""
    return [
        tuple(row.get(name) for name in ("rating", "reasons", "task_category")) for row in visit.home.rows()
    ]


def test_one_tap_on_a_star_is_kept(visit: Visit) -> None:
    found = visit.open(STARS)
    star(found, "4: Good").click()
    says(found, "Kept: 4 of 5.")
    (row,) = visit.home.rows()
    assert (row["rating"], row["model"], row["product_id"], row["product_version"]) == (
        4,
        MODEL,
        "chat",
        "1.4",
    )
    expect(star(found, "4: Good")).to_be_checked()


@pytest.mark.parametrize(("name", "thumb"), [("Yes, it helped", "up"), ("No, it did not", "down")])
def test_one_tap_on_a_thumb_is_kept(visit: Visit, name: str, thumb: str) -> None:
    found = visit.open(widget(model=MODEL, scale="thumbs"))
    found.get_by_role("button", name=name).click()
    says(found, f"Kept: {name}.")
    assert [row["thumb"] for row in visit.home.rows()] == [thumb]
    assert found.get_by_role("button", name=name).get_attribute("aria-pressed") == "true"


def test_an_undo_within_ten_seconds_leaves_nothing(visit: Visit) -> None:
    found = visit.open(STARS)
    star(found, "2: Weak").click()
    expect(found.get_by_text("10 s")).to_be_visible()
    found.get_by_role("button", name="Undo").click()
    says(found, "Taken back.")
    assert visit.home.rows() == []
    assert found.get_by_role("radio", checked=True).count() == 0


def test_after_an_undo_another_rating_counts(visit: Visit) -> None:
    """A deleted key never comes back, so the second rating needs a key of its own."""
    found = visit.open(STARS)
    star(found, "2: Weak").click()
    found.get_by_role("button", name="Undo").click()
    says(found, "Taken back.")
    star(found, "5: Excellent").click()
    says(found, "Kept: 5 of 5.")
    assert [row["rating"] for row in visit.home.rows()] == [5]


def test_after_ten_seconds_it_can_still_be_changed_and_removed(visit: Visit) -> None:
    visit.page.clock.install()
    found = visit.open(STARS)
    star(found, "4: Good").click()
    says(found, "Kept: 4 of 5.")
    visit.page.clock.run_for(TEN_SECONDS)
    says(found, "Kept: 4 of 5. Choose again to change it.")
    expect(found.get_by_role("button", name="Undo")).to_have_count(0)
    star(found, "1: Useless").click()
    says(found, "Kept: 1 of 5. Choose again to change it.")
    visit.until(lambda: [row["rating"] for row in visit.home.rows()] == [1])
    found.get_by_role("button", name="Remove").click()
    says(found, "Taken back.")
    assert visit.home.rows() == []


def test_reasons_and_task_are_one_tap_each_and_follow_the_stars(visit: Visit) -> None:
    found = visit.open(STARS)
    star(found, "5: Excellent").click()
    found.get_by_role("button", name="Accurate").click()
    found.get_by_role("button", name="Fast").click()
    found.get_by_role("button", name="More").click()
    expect(found.get_by_role("button", name="Rather not say")).to_be_focused()
    found.get_by_role("button", name="Finding a bug").click()
    expect(found.get_by_role("button", name="Finding a bug")).to_have_attribute("aria-pressed", "true")
    visit.until(lambda: added(visit) == [(5, ["accurate", "fast"], "debugging")])
    star(found, "2: Weak").click()
    found.get_by_role("button", name="Made up").click()
    visit.until(lambda: added(visit) == [(2, ["made_up"], "debugging")])


def test_a_task_that_the_host_gives_is_not_asked_for(visit: Visit) -> None:
    found = visit.open(widget(model=MODEL, task="translation"))
    star(found, "3: Fair").click()
    says(found, "Kept: 3 of 5.")
    assert found.get_by_text("What kind of task was it?").count() == 0
    assert [row["task_category"] for row in visit.home.rows()] == ["translation"]


def test_what_is_shown_is_what_is_sent(visit: Visit) -> None:
    found = visit.open(widget(model=MODEL, product_id="chat", local_only=True, runs_on="remote", variant="b"))
    star(found, "4: Good").focus()
    found.get_by_role("button", name="What is shared").click()
    shown = json.loads(found.locator("[part=record]").inner_text())
    assert shown["rating"] == 4
    star(found, "4: Good").click()
    says(found, "Kept: 4 of 5.")
    assert visit.sent() == [shown]


def test_two_columns_say_what_stays_and_what_may_go(visit: Visit) -> None:
    found = visit.open(STARS)
    star(found, "4: Good").click()
    says(found, "Kept: 4 of 5.")
    found.get_by_role("button", name="What is shared").click()
    with visit.home.owner() as owner:
        bucket = owner.get("/v1/hardware").json["hardware_bucket"]
    expect(found.get_by_text(bucket)).to_be_visible()
    stays, goes = found.locator("ul").all()
    assert stays.get_by_role("listitem").all_inner_texts() == [
        "Your prompt",
        "The answer",
        "Your files",
        "The time of day",
        "Your reasons",
    ]
    assert goes.get_by_role("listitem").all_inner_texts() == [
        "llama-3.1-8b-instruct:q4_k_m",
        "4 of 5",
        "1.4",
        bucket,
    ]


def test_a_record_that_stays_local_says_that_nothing_goes(visit: Visit) -> None:
    found = visit.open(widget(model=MODEL, local_only=True))
    found.get_by_role("button", name="What is shared").click()
    assert found.locator("ul").last.get_by_role("listitem").all_inner_texts() == ["Nothing"]


def test_a_rating_of_another_day_can_be_changed(visit: Visit) -> None:
    with visit.home.owner() as owner:
        kept = owner.post("/v1/feedback", {"feedback_type": "rating", "model": MODEL, "rating": 4}).json
    found = visit.open(widget(model=MODEL, feedback_id=kept["feedback_id"], value="4"))
    expect(star(found, "4: Good")).to_be_checked()
    star(found, "3: Fair").click()
    says(found, "Kept: 3 of 5. Choose again to change it.")
    visit.until(lambda: [row["rating"] for row in visit.home.rows()] == [3])
    found.get_by_role("button", name="Remove").click()
    says(found, "Taken back.")
    assert visit.home.rows() == []


def test_a_widget_that_gets_the_next_answer_asks_anew(visit: Visit) -> None:
    found = visit.open(STARS)
    star(found, "4: Good").click()
    says(found, "Kept: 4 of 5.")
    found.evaluate("each => { each.model = 'mistral:7b' }")
    expect(found.get_by_role("radio", checked=True)).to_have_count(0)
    star(found, "1: Useless").click()
    says(found, "Kept: 1 of 5.")
    assert sorted((row["model"], row["rating"]) for row in visit.home.rows()) == [
        (MODEL, 4),
        ("mistral:7b", 1),
    ]


def test_events_tell_the_host_what_became_of_it(visit: Visit) -> None:
    found = visit.open(STARS)
    star(found, "4: Good").wait_for()
    visit.page.evaluate(
        """() => { self.heard = [];
        for (const name of ["kept", "changed", "undone"])
          document.addEventListener(`feedback-${name}`, event => heard.push([name, event.detail])) }"""
    )
    star(found, "4: Good").click()
    says(found, "Kept: 4 of 5.")
    star(found, "5: Excellent").click()
    says(found, "Kept: 5 of 5.")
    found.evaluate("each => each.undo()")
    says(found, "Taken back.")
    heard = visit.page.evaluate("heard")
    assert [name for name, _ in heard] == ["kept", "changed", "undone"]
    assert len({detail["feedbackId"] for _, detail in heard}) == 1
    assert heard[0][1]["record"]["rating"] == 4
    assert [detail["queued"] for _, detail in heard] == [False] * 3


def test_what_the_daemon_refuses_is_said_and_not_kept(visit: Visit) -> None:
    visit.away = True
    found = visit.open(widget(model="?"))
    star(found, "4: Good").click()
    says(found, "Not kept: The record does not fit the schema")
    assert found.get_by_role("radio", checked=True).count() == 0
    visit.page.reload()
    star(found, "4: Good").wait_for()
    assert len(visit.sent()) == 1


def test_without_a_model_there_is_nothing_to_rate(visit: Visit) -> None:
    found = visit.open(widget(), widget(model=MODEL, id="other"))
    star(visit.page.locator("#other"), "4: Good").wait_for()
    assert found.inner_text() == ""
