"""Sharing in a browser: what is shown is what leaves, and every way to stop it works."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.daemon import Daemon, start
from tests.support.dashboard import Person, axe, axe_violations, person
from tests.support.seeded import BUCKET
from tests.support.sharing import (
    FREE,
    Collector,
    configure,
    granted,
    held_daemon,
    settled,
    sharing_daemon,
    uploaded,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

RATING = {"feedback_type": "rating", "model": "llama3.1:8b", "rating": 4, "product_id": "chat"}
MARKUP = '<img src=x onerror="window.hit=1"> \u05d0\u05d1\u05d2 ${url} ' + "W" * 120


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@pytest.fixture
def sharing(tmp_path: Path, collector: Collector) -> Iterator[Daemon]:
    """A daemon that may share; nobody said yes yet."""
    with sharing_daemon(tmp_path, collector.url).ready() as daemon:
        yield daemon


@pytest.fixture
def held(tmp_path: Path, collector: Collector) -> Iterator[Daemon]:
    """A daemon that holds one batch."""
    with held_daemon(tmp_path, collector.url, [RATING], "ratings") as daemon:
        yield daemon


def agreed(someone: Person, *scopes: str) -> None:
    """Say yes on the question page, from the view on."""
    page = someone.open("sharing")
    page.get_by_role("link", name="Read and").click()
    for scope in scopes:
        page.check(f"#{scope}")
    page.click("#yes")
    page.locator("#said-yes").wait_for()
    page.get_by_role("link", name="Sharing").click()
    page.get_by_role("heading", name=re.compile("What Acme GmbH, Berlin may count")).wait_for()


def test_a_yes_on_the_question_page_is_shown_in_plain_words_and_can_be_taken_back(
    sharing: Daemon, collector: Collector, browser: "Browser"
) -> None:
    with person(browser, sharing) as someone:
        page = someone.open("sharing")
        assert page.inner_text("h1") == "Not one packet leaves."
        assert page.get_by_text("Connections ever: 0").is_visible()
        assert page.locator("[data-focus=mode-share]").is_disabled()
        agreed(someone, "ratings", "errors")
        assert page.inner_text("h1") == (
            "Counts are shared with Acme GmbH, Berlin; nothing is waiting to leave."
        )
        assert page.locator(".scopes .yes b").all_inner_texts() == ["Ratings", "Errors"]
        page.locator("#door b", has_text="Counts are shared").wait_for()
        page.get_by_role("button", name="Stop sharing").click()
        page.locator("h1", has_text="Not one packet leaves.").wait_for()
        page.locator(".tag", has_text="taken back").wait_for()
        page.locator("#door b", has_text="Nothing leaves").wait_for()
        assert collector.letters == []
        assert someone.complaints() == []


def test_the_bytes_of_a_held_batch_are_those_that_are_sealed_and_those_that_arrive(
    held: Daemon, collector: Collector, browser: "Browser"
) -> None:
    with person(browser, held) as someone, held.caller(manages=True) as owner:
        (sealed,) = owner.get("/v1/outbox/preview").json["batches"]
        page = someone.open("sharing")
        assert page.inner_text("h1").startswith(f"One batch of {len(sealed['body'])} bytes is held for Acme")
        assert page.get_by_text(re.compile(r"in \d+ h \d+ min")).first.is_visible()
        shown = page.locator("pre.exact").text_content() or ""
        assert shown == sealed["body"]
        assert page.locator(f'code[title="{hashlib.sha256(shown.encode()).hexdigest()}"]').count() == 1
        with page.expect_download() as taken:
            page.get_by_role("button", name="Download").click()
        assert taken.value.path().read_bytes() == shown.encode()
        page.get_by_role("button", name="Send now").click()
        page.locator("td", has_text="stored there").wait_for()
        (letter,) = collector.letters
        assert letter.text == shown.encode()
        assert page.get_by_text("1 count left in 1 batch.").is_visible()
        assert page.get_by_text("Connections ever: 1").is_visible()
        assert someone.complaints() == []


def test_what_is_discarded_stays_here(held: Daemon, collector: Collector, browser: "Browser") -> None:
    with person(browser, held) as someone, held.caller(manages=True) as owner:
        page = someone.open("sharing")
        page.get_by_role("button", name="Discard").click()
        assert len(owner.get("/v1/outbox").json["rows"]) == 1, "the first click asks"
        page.get_by_role("button", name="Discard for good").click()
        page.get_by_text("Nothing is waiting to leave.", exact=True).first.wait_for()
        settled(owner)
        assert owner.get("/v1/outbox").json["rows"] == []
        assert collector.letters == []
        assert someone.complaints() == []


def test_a_receipt_is_withdrawn_by_the_keyboard_alone(
    sharing: Daemon, collector: Collector, browser: "Browser"
) -> None:
    with sharing.caller(manages=True) as owner:
        granted(owner, "ratings")
        owner.post("/v1/feedback", RATING)
        uploaded(owner)
    with person(browser, sharing) as someone:
        page = someone.open("machine")
        page.keyboard.press("g")
        page.keyboard.press("s")
        page.wait_for_url("**/sharing")
        page.locator("td", has_text="stored there").wait_for()
        for _ in range(60):
            page.keyboard.press("Tab")
            if someone.focused().inner_text() == "Withdraw":
                break
        page.keyboard.press("Enter")
        assert someone.focused().inner_text() == "Withdraw for good"
        page.keyboard.press("Enter")
        page.get_by_role("cell", name="withdrawn", exact=True).wait_for()
        assert [letter.method for letter in collector.letters] == ["PUT", "DELETE"]
        page.locator("#lede", has_text="1 you withdrew").wait_for()
        assert someone.complaints() == []


def test_stopping_can_take_back_what_was_sent(
    sharing: Daemon, collector: Collector, browser: "Browser"
) -> None:
    with sharing.caller(manages=True) as owner:
        granted(owner, "ratings")
        owner.post("/v1/feedback", RATING)
        uploaded(owner)
    with person(browser, sharing) as someone:
        page = someone.open("sharing")
        page.get_by_role("button", name="Stop and withdraw").click()
        page.get_by_role("cell", name="withdrawn", exact=True).wait_for()
        page.locator("h1", has_text="Not one packet leaves.").wait_for()
        assert collector.letters[-1].method == "DELETE"


def test_the_draft_is_live_and_looking_at_it_is_no_news(
    sharing: Daemon, collector: Collector, browser: "Browser"
) -> None:
    with person(browser, sharing) as someone, sharing.caller(manages=True) as owner:
        granted(owner, "ratings")
        page = someone.open("sharing")
        page.get_by_text("Nothing would be sealed: nothing that is granted").wait_for()
        page.locator("#live", has_text=re.compile("^live$")).wait_for()
        owner.post("/v1/feedback", RATING)
        page.locator("summary", has_text="chat, ").click()
        (draft,) = owner.get("/v1/outbox/preview").json["draft"]
        assert page.locator("pre.exact").text_content() == draft
        before = owner.get("/v1/events").body
        assert owner.get("/v1/outbox/preview").status == 200
        assert owner.get("/v1/events").body == before
        page.get_by_role("button", name="Seal and send now").click()
        page.get_by_role("button", name="Send without a hold").click()
        page.locator("td", has_text="stored there").wait_for()
        (letter,) = collector.letters
        assert letter.text.decode() == draft
        assert someone.complaints() == []


def test_a_switch_above_the_grants_is_named(tmp_path: Path, collector: Collector, browser: "Browser") -> None:
    with (
        sharing_daemon(tmp_path, collector.url, DO_NOT_TRACK="1").ready() as daemon,
        person(browser, daemon) as someone,
    ):
        page = someone.open("sharing")
        assert page.inner_text("h1") == "Not one packet leaves: DO_NOT_TRACK forbids it."
        page.locator("[data-focus=mode-off]").click()
        page.locator("h1", has_text="Feedback is switched off").wait_for()
        page.locator("[data-focus=mode-local]").click()
        page.locator("h1", has_text="Not one packet leaves").wait_for()
        assert someone.complaints() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_it_can_be_read_by_everybody_while_held_and_once_sent(
    held: Daemon, browser: "Browser", theme: str, width: int
) -> None:
    source = axe()
    with person(browser, held, width=width, theme=theme) as someone, held.caller(manages=True) as owner:
        for sent in (False, True):
            if sent:
                uploaded(owner)
            page = someone.open("sharing")
            assert axe_violations(page, source) == []
            assert someone.faint() == []
            assert someone.overflow() <= 0
            assert someone.complaints() == []


@pytest.mark.parametrize("width", [1280, 360])
def test_words_of_a_vendor_stay_words(
    tmp_path: Path, collector: Collector, browser: "Browser", width: int
) -> None:
    path = configure(tmp_path, collector.url)
    path.write_text(path.read_text().replace('"Acme GmbH, Berlin"', f"'{MARKUP}'"))
    settings = {"CONFIG": str(path), "HARDWARE_BUCKET": BUCKET}
    source = axe()
    with (
        start(tmp_path / "data", settings=settings, environment=FREE).ready() as daemon,
        person(browser, daemon, width=width) as someone,
        daemon.caller(manages=True) as owner,
    ):
        granted(owner, "ratings")
        for path_ in ("sharing", "?welcome"):
            page = someone.open(path_)
            assert page.get_by_text('onerror="window.hit=1"').count() > 0
            assert page.evaluate("window.hit") is None
            assert page.locator("img, [onerror]").count() == 0
            assert someone.overflow() <= 0
            assert axe_violations(page, source) == []
            assert someone.complaints() == []


def test_the_welcome_names_who_asks_ticks_nothing_and_leads_to_the_question(
    sharing: Daemon, browser: "Browser"
) -> None:
    with person(browser, sharing) as someone:
        page = someone.open("?welcome")
        page.click("[data-go=next]")
        page.click("[data-go=next]")
        choice = page.locator("#choice")
        assert "Acme GmbH, Berlin" in choice.inner_text()
        assert "No choice means: everything stays here." in choice.inner_text()
        assert choice.locator("input").count() == 0
        with page.expect_response("**/v1/welcome"):
            choice.get_by_role("link", name="Read and decide").click()
        page.wait_for_url("**/consent/acme")
        assert page.locator("input:checked").count() == 0
        assert someone.complaints() == []


def test_the_welcome_says_that_nothing_leaves_where_nobody_asks(empty: Daemon, browser: "Browser") -> None:
    with person(browser, empty) as someone:
        page = someone.open("?welcome")
        assert "Nobody asks for counts" in (page.locator("#choice").text_content() or "")
        assert page.locator("#choice a").count() == 0
