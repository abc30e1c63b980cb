"""The daemon is away: what was said waits in the browser and arrives once, changed or taken back as it was.

The page brings its own copy of the widget, as an application does: it must load without the daemon.
"""

import json
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.widget.test_modes import MESSAGE, STORED
from tests.support.host_page import widget
from tests.support.visit import MODEL, Visit, says

if TYPE_CHECKING:
    from playwright.sync_api import Route

QUEUED: Final = "Kept in this browser. It is delivered once, when the sidecar runs again."


def opened(visit: Visit, *, leave: bool = True, **attributes: str | bool) -> Locator:
    """A page that saw the daemon once, and then lost it."""
    given = {"model": MODEL, "endpoint": visit.home.url} | attributes
    found = visit.open(widget(**given), bundled=True)
    found.locator("[part=question]").wait_for()
    if leave:
        visit.away = True
        visit.home.kill()
    return found


def star(found: Locator, name: str) -> Locator:
    """One of the five."""
    return found.get_by_role("radio", name=name)


def ratings(visit: Visit) -> list[int]:
    """The stars that are stored."""
    return [row["rating"] for row in visit.home.rows()]


def test_a_rating_survives_a_reload_and_arrives_once(visit: Visit) -> None:
    found = opened(visit)
    star(found, "4: Good").click()
    says(found, QUEUED)
    visit.page.reload()
    expect(star(found, "4: Good")).to_be_visible()
    visit.home.start()
    visit.page.reload()
    visit.until(lambda: ratings(visit) == [4])
    for _ in range(2):
        visit.page.reload()
        star(found, "4: Good").wait_for()
    assert ratings(visit) == [4]
    assert json.loads(visit.page.evaluate(STORED))[0] == []


def test_a_page_that_stays_open_delivers_by_itself_and_says_so(visit: Visit) -> None:
    visit.page.clock.install()
    found = opened(visit)
    star(found, "4: Good").click()
    says(found, QUEUED)
    visit.home.start()
    visit.page.clock.run_for(5_000)
    says(found, "Kept: 4 of 5.")
    assert ratings(visit) == [4]


def test_an_answer_that_was_lost_does_not_count_twice(visit: Visit) -> None:
    """The daemon stores the record, and the browser never hears of it."""
    visit.away = True

    def lose(route: "Route") -> None:
        if route.request.method == "POST":
            route.fetch()
            route.abort()
        else:
            route.continue_()

    found = opened(visit, leave=False)
    visit.page.route(f"{visit.home.url}/v1/feedback", lose)
    star(found, "4: Good").click()
    says(found, QUEUED)
    assert ratings(visit) == [4]
    visit.page.unroute_all()
    visit.page.reload()
    visit.until(lambda: json.loads(visit.page.evaluate(STORED))[0] == [])
    assert ratings(visit) == [4]


@pytest.mark.parametrize("heard", [True, False], ids=["after an answer", "before any answer"])
def test_a_change_and_an_undo_wait_too(visit: Visit, heard: bool) -> None:  # noqa: FBT001  # a case of the table
    found = opened(visit, leave=not heard)
    star(found, "4: Good").click()
    says(found, "Kept: 4 of 5." if heard else QUEUED)
    if heard:
        visit.away = True
        visit.home.kill()
    star(found, "2: Weak").click()
    says(found, QUEUED)
    found.get_by_role("button", name="Made up").click()
    expect(found.get_by_role("button", name="Made up")).to_have_attribute("aria-pressed", "true")
    visit.until(lambda: "made_up" in visit.page.evaluate(STORED))
    visit.home.start()
    visit.page.reload()
    visit.until(
        lambda: [(row["rating"], row.get("reasons")) for row in visit.home.rows()] == [(2, ["made_up"])]
    )


@pytest.mark.parametrize("heard", [True, False], ids=["after an answer", "before any answer"])
def test_what_was_taken_back_meanwhile_never_counts(visit: Visit, heard: bool) -> None:  # noqa: FBT001  # as above
    found = opened(visit, leave=not heard)
    star(found, "4: Good").click()
    says(found, "Kept: 4 of 5." if heard else QUEUED)
    if heard:
        visit.away = True
        visit.home.kill()
    found.get_by_role("button", name="Undo").click()
    says(found, "Taken back.")
    visit.home.start()
    visit.page.reload()
    visit.until(lambda: json.loads(visit.page.evaluate(STORED))[0] == [])
    assert ratings(visit) == []


def test_two_pages_that_deliver_at_once_deliver_once(visit: Visit) -> None:
    found = opened(visit)
    for name in ("4: Good", "5: Excellent"):
        star(found, name).click()
        says(found, QUEUED)
        visit.page.reload()
        star(found, name).wait_for()
    visit.home.start()
    others = [visit.page.context.new_page() for _ in range(3)]
    for other in others:
        other.goto(visit.host.url, wait_until="commit")
    visit.until(lambda: sorted(ratings(visit)) == [4, 5])
    visit.until(lambda: json.loads(visit.page.evaluate(STORED))[0] == [])
    assert sorted(ratings(visit)) == [4, 5]


def test_the_message_of_an_error_never_waits_in_the_browser(visit: Visit) -> None:
    found = opened(visit, mode="error")
    found.evaluate("(each, words) => { each.errorMessage = words }", MESSAGE)
    found.get_by_role("button", name="Report").click()
    says(found, "Kept in this browser without the error message, which is never stored here.")
    stored = visit.page.evaluate(STORED)
    assert "zebrafloxin" not in stored
    assert "CUDA" not in stored
    visit.home.start()
    visit.page.reload()
    visit.until(lambda: [row["error_type"] for row in visit.home.rows("error_report")] == ["other"])


def test_a_wish_is_not_kept_without_a_daemon_and_can_be_sent_later(visit: Visit) -> None:
    found = opened(visit, mode="request")
    found.get_by_role("textbox").fill("A dark theme")
    found.get_by_role("button", name="Send").click()
    says(found, "Not kept: the sidecar does not run, and your words are never stored in a browser.")
    assert "dark theme" not in visit.page.evaluate(STORED)
    expect(found.get_by_role("textbox")).to_have_value("A dark theme")
    visit.home.start()
    found.get_by_role("button", name="Send").click()
    visit.until(lambda: len(visit.home.rows("feature_request")) == 1)


def test_where_no_daemon_was_ever_seen_nothing_is_asked(visit: Visit) -> None:
    visit.away = True
    visit.home.kill()
    found = visit.open(widget(model=MODEL, endpoint=visit.home.url), bundled=True)
    visit.page.wait_for_load_state("networkidle")
    assert found.inner_text() == ""
    visit.home.start()
    visit.page.evaluate("dispatchEvent(new Event('focus'))")
    star(found, "4: Good").wait_for()
