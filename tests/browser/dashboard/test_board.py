"""The board: a person moves, labels, merges and splits requests, by keys or by hand, and takes it back."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.daemon import Daemon, start
from tests.support.dashboard import person
from tests.support.seeded import BUCKET, stamped, store
from tests.support.wishes import many_texts

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MANY = 5_000
LONG_TASKS = """
window.long = [];
new PerformanceObserver((list) => long.push(...list.getEntries().map((each) => each.duration)))
  .observe({ type: "longtask", buffered: true });
"""
SCROLL = """async () => {
  const list = document.querySelector(".col .list");
  const gaps = [];
  let most = 0;
  let before = performance.now();
  for (let step = 0; step < 60; step += 1) {
    list.scrollTop += 900;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    gaps.push(now - before);
    before = now;
    most = Math.max(most, list.querySelectorAll(".card").length);
  }
  gaps.sort((a, b) => a - b);
  return { median: gaps[30], most, seen: list.querySelector(".card").getAttribute("aria-posinset") };
}"""


def requests(daemon: Daemon) -> dict[str, dict[str, Any]]:
    """The requests as the daemon knows them, by their summary."""
    with daemon.caller(manages=True) as owner:
        return {row["summary"]: row for row in owner.get("/v1/insights/requests").json["rows"]}


def card(page: "Page", words: str) -> Any:  # noqa: ANN401  # a locator
    return page.locator(".card", has_text=words)


def saved(page: "Page") -> Any:  # noqa: ANN401  # a context manager of playwright's
    return page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok)


def test_keys_move_label_and_take_back(own: Callable[[], Daemon], browser: "Browser") -> None:
    daemon = own()
    with person(browser, daemon) as someone:
        page = someone.open("requests")
        card(page, "Dark mode").focus()
        with saved(page):
            page.keyboard.press("ArrowRight")
        assert requests(daemon)["Dark mode for the list of models"]["state"] == "planned"
        assert "Dark mode" in someone.focused().inner_text(), "the focus stays on what was moved"
        with saved(page):
            page.keyboard.press("z")
        page.locator('[data-state="new"] .card', has_text="Dark mode").wait_for()
        assert requests(daemon)["Dark mode for the list of models"]["state"] == "new"
        card(page, "Dark mode").focus()
        page.keyboard.press("e")
        assert someone.focused().get_attribute("data-focus") == "category"
        with saved(page):
            page.locator("[data-focus=category]").select_option("performance")
        found = requests(daemon)["Dark mode for the list of models"]
        assert (found["category"], found["confidence"]) == ("performance", 1.0)
        assert someone.complaints() == []


def test_arrows_walk_the_cards_of_a_column(seeded: Daemon, browser: "Browser") -> None:
    with person(browser, seeded) as someone:
        page = someone.open("requests")
        page.locator(".card").first.focus()
        walked = []
        for _ in range(4):
            page.keyboard.press("ArrowDown")
            walked.append(someone.focused().get_attribute("aria-posinset"))
        assert walked == ["2", "3", "4", "5"]
        page.keyboard.press("Home")
        assert someone.focused().get_attribute("aria-posinset") == "1"
        assert page.locator('[data-state="new"] .card[tabindex="0"]').count() == 1


def test_m_merges_two_and_undo_parts_them_as_they_were(own: Callable[[], Daemon], browser: "Browser") -> None:
    daemon = own()
    before = requests(daemon)
    keep, unload = (name for name in before if "Keep the model" in name or "Do not unload" in name)
    with person(browser, daemon) as someone:
        page = someone.open("requests")
        card(page, unload).focus()
        page.keyboard.press("m")
        card(page, keep).focus()
        with saved(page):
            page.keyboard.press("m")
        page.locator(".chosen .notes li", has_text="Do not unload").first.wait_for()
        merged = requests(daemon)
        assert merged[keep]["votes"] == before[keep]["votes"] + before[unload]["votes"]
        assert unload not in merged
        page.get_by_role("button", name="Undo").click()
        card(page, unload).wait_for()
    after = requests(daemon)
    assert {name: (row["votes"], row["state"]) for name, row in after.items()} == {
        name: (row["votes"], row["state"]) for name, row in before.items()
    }


def test_a_card_is_dragged_to_another_state(own: Callable[[], Daemon], browser: "Browser") -> None:
    daemon = own()
    with person(browser, daemon) as someone:
        page = someone.open("requests")
        with saved(page):
            card(page, "Export a chat").drag_to(page.locator('.col[data-state="declined"]'))
        assert requests(daemon)["Export a chat as Markdown"]["state"] == "declined"
        assert someone.complaints() == []


def test_a_small_screen_shows_one_state_at_a_time(seeded: Daemon, browser: "Browser") -> None:
    with person(browser, seeded, width=360) as someone:
        page = someone.open("requests")
        assert page.locator(".col:visible").count() == 1
        page.get_by_role("button", name="Planned").click()
        assert page.locator(".col:visible").get_attribute("data-state") == "planned"


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with five thousand wishes."""
    folder = tmp_path_factory.mktemp("crowded") / "data"
    rng = random.Random(7)
    told = [{"feedback_type": "feature_request", "feature_description": text} for text in many_texts(MANY)]
    store(folder, [stamped(each, 0, BUCKET, rng) for each in told])
    return folder


def test_five_thousand_requests_scroll_as_five(crowded: Path, browser: "Browser") -> None:
    with start(crowded).ready() as daemon, person(browser, daemon) as someone:
        someone.page.add_init_script(LONG_TASKS)
        someone.page.set_default_timeout(120_000)  # triage takes its seconds, more where others compute too
        page = someone.open("requests")
        page.locator(".col h2 span", has_text="5,000").wait_for(timeout=60_000)
        page.evaluate("window.long.length = 0")
        found = page.evaluate(SCROLL)
        assert found["most"] < 40, "only the cards in sight exist"
        assert int(found["seen"]) > 400
        assert page.evaluate("Math.max(0, ...window.long)") <= 100
        assert found["median"] < 50, found
        page.locator(".card").first.focus()
        page.keyboard.press("End")
        assert someone.focused().get_attribute("aria-posinset") == "5000"
        assert someone.complaints() == []
