"""What a person changes on the dashboard is changed in the store, and what others change is shown."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.support.daemon import Daemon
from tests.support.dashboard import DRAWN, Person, person
from tests.support.field_table import least
from tests.support.signin import code_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ELSEWHERE = "https://app.example.org"


def test_a_record_is_mended_and_deleted(own: Callable[[], Daemon], browser: "Browser") -> None:
    daemon = own()
    with person(browser, daemon) as someone, daemon.caller(manages=True) as owner:
        made = owner.post("/v1/feedback", least("rating", rating=2)).json["feedback_id"]
        page = someone.open("records?kind=rating")
        page.locator(".rec summary").first.click()
        with page.expect_response(lambda answer: answer.request.method == "PATCH" and answer.ok):
            page.get_by_role("button", name="5 stars").click()
        page.locator(".rec summary", has_text="5 of 5").first.wait_for()
        (row,) = (row for row in owner.rows("/v1/feedback") if row["feedback_id"] == made)
        assert row["rating"] == 5
        page.get_by_role("button", name="Delete").click()
        assert made in {row["feedback_id"] for row in owner.rows("/v1/feedback")}, "one click asks first"
        with page.expect_response(lambda answer: answer.request.method == "DELETE" and answer.ok):
            page.get_by_role("button", name="Delete for ever").click()
        assert made not in {row["feedback_id"] for row in owner.rows("/v1/feedback")}
        assert someone.complaints() == []


def test_more_records_follow_the_newest(seeded: Daemon, browser: "Browser") -> None:
    with person(browser, seeded) as someone:
        page = someone.open("records")
        assert page.locator(".rec").count() == 50
        page.get_by_role("button", name="Show 50 more").click()
        page.locator(".rec").nth(99).wait_for()
        assert page.locator(".rec").count() == 100


def test_an_app_is_paired_and_unpaired(own: Callable[[], Daemon], browser: "Browser") -> None:
    daemon = own()
    with person(browser, daemon) as someone, daemon.caller(manages=True) as owner:
        page = someone.open("apps")
        page.fill("#origin", "not an origin")
        page.keyboard.press("Enter")
        page.locator("#failed:not([hidden])").wait_for()
        page.fill("#origin", ELSEWHERE)
        page.keyboard.press("Enter")
        page.get_by_role("button", name=f"Unpair {ELSEWHERE}").wait_for()
        assert page.locator("#failed").is_hidden()
        assert [row["origin"] for row in owner.get("/v1/origins").json["rows"] if row["paired"]] == [
            ELSEWHERE
        ]
        page.get_by_role("button", name=f"Unpair {ELSEWHERE}").click()
        page.locator(".empty").wait_for()
        assert owner.get("/v1/origins").json["rows"] == []


def test_what_comes_in_is_shown_without_asking(own: Callable[[], Daemon], browser: "Browser") -> None:
    daemon = own()
    with person(browser, daemon) as someone, daemon.caller() as app:
        page = someone.open("records")
        page.locator("#live", has_text="live").wait_for()
        wish = least("feature_request", feature_description="Fold long answers")
        assert app.post("/v1/feedback", wish).status == 201
        page.locator(".rec", has_text="Fold long answers").wait_for()
        assert someone.complaints() == []


def test_a_view_says_when_the_daemon_is_gone(own: Callable[[], Daemon], browser: "Browser") -> None:
    daemon = own()
    with person(browser, daemon) as someone:
        page = someone.open("records")
        page.locator("#live", has_text="live").wait_for()
        assert daemon.stop() == 0
        page.locator("#live", has_text="does not answer").wait_for()
        page.locator("[data-focus=kind]").select_option("rating")
        page.locator("#failed", has_text="does not answer").wait_for()


def test_the_welcome_is_shown_once_and_ticks_nothing(own: Callable[[], Daemon], browser: "Browser") -> None:
    daemon = own()
    context = browser.new_context()
    first = Person(context.new_page(), daemon)
    dialog = first.page.locator("#welcome[open]")
    assert "without their content" in dialog.inner_text()
    assert dialog.locator("input").count() == 0
    assert first.focused().inner_text() == "Next"
    first.page.keyboard.press("Enter")
    assert "There is no field for a prompt or an answer." in dialog.inner_text()
    first.page.keyboard.press("Enter")
    assert "No choice means: everything stays here." in dialog.inner_text()
    with first.page.expect_response("**/v1/welcome"):
        first.page.keyboard.press("Enter")
    assert first.complaints() == []
    context.close()
    second = Person(browser.new_context().new_page(), daemon)
    assert second.page.locator("#welcome").count() == 0
    second.open("machine").get_by_text("Show the welcome again").click()
    second.page.locator("#welcome[open]").wait_for()
    with second.page.expect_response("**/v1/welcome"):
        second.page.keyboard.press("Escape")
    assert second.page.url == f"{second.url}/"
    second.page.context.close()


def test_signing_out_leads_to_the_login_and_back(seeded: Daemon, browser: "Browser") -> None:
    with person(browser, seeded) as someone:
        page = someone.open("ratings")
        page.click("#sign-out")
        page.wait_for_url(f"{someone.url}/login")
        page.goto(f"{someone.url}/login#{code_of(seeded)}")
        page.wait_for_url(f"{someone.url}/")
        page.wait_for_selector(DRAWN)
