"""Every view, in both themes, on a large and a small screen: whole, readable, and of this daemon alone."""

from typing import TYPE_CHECKING

import pytest

from sidecar.web.panels import PANELS
from tests.support.daemon import Daemon
from tests.support.dashboard import axe, axe_violations, person

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PATHS = [panel.path.removeprefix("/") for panel in PANELS]
OPEN_ALL = "for (const each of [...document.querySelectorAll('main details')].slice(0, 6)) each.open = true"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_every_view_can_be_read_by_everybody(
    seeded: Daemon, browser: "Browser", theme: str, width: int
) -> None:
    source = axe()
    with person(browser, seeded, width=width, theme=theme) as someone:
        for path in PATHS:
            page = someone.open(path)
            page.evaluate(OPEN_ALL)
            assert axe_violations(page, source) == [], path
            assert someone.faint() == [], path
            assert someone.overflow() <= 0, path
            assert someone.complaints() == [], path


@pytest.mark.parametrize("width", [320, 1280, 3840])
def test_a_view_of_nothing_says_what_to_do_next(empty: Daemon, browser: "Browser", width: int) -> None:
    source = axe()
    with person(browser, empty, width=width) as someone:
        for path in PATHS:
            page = someone.open(path)
            assert axe_violations(page, source) == [], path
            assert someone.overflow() <= 0, path
            assert someone.complaints() == [], path
            if path not in {"", "machine"}:
                assert page.locator(".empty").first.is_visible(), path


def test_the_first_line_is_the_answer(seeded: Daemon, browser: "Browser") -> None:
    with person(browser, seeded) as someone:
        headlines = {path: someone.open(path).inner_text("h1") for path in PATHS}
    assert "share the lead" in headlines[""] or "rated best" in headlines[""]
    assert headlines["models"].startswith("For all tasks together: ")
    assert "1.4.0 is rated worse than 1.3.0" in headlines["versions"]
    assert headlines["errors"] == "The main trouble is CUDA out of memory: 9 reports in 8 weeks."
    assert headlines["requests"].startswith("10 requests")
    assert headlines["sharing"].startswith("Not one packet leaves")
    assert headlines["machine"] == "This machine counts as 16\u201319 GiB, GPU."


@pytest.mark.parametrize("path", ["ratings", "ratings?by=model", "models", "versions"])
def test_a_plot_says_what_it_shows_and_has_its_numbers_behind_it(
    seeded: Daemon, browser: "Browser", path: str
) -> None:
    with person(browser, seeded) as someone:
        page = someone.open(path)
        plot = page.locator("figure svg").first
        assert plot.locator("title").first.text_content()
        assert "table below" in (plot.locator("desc").text_content() or "")
        page.locator("details.same > summary").first.click()
        assert page.locator("details.same tbody tr").count() > 3


def test_a_plot_is_laid_out_anew_for_its_width(seeded: Daemon, browser: "Browser") -> None:
    with person(browser, seeded) as someone:
        page = someone.open("models")
        wide = page.locator("figure svg").get_attribute("width")
        page.set_viewport_size({"width": 400, "height": 900})
        page.wait_for_function("() => document.querySelector('figure svg').width.baseVal.value < 400")
        assert wide is not None
        assert int(wide) > 800
        assert page.locator("figure svg text", has_text="tok/s").count() > 0
        assert someone.complaints() == []


def test_the_view_shows_what_the_route_answers(seeded: Daemon, browser: "Browser") -> None:
    with seeded.caller(manages=True) as owner:
        answered = owner.get("/v1/insights/ratings?group_by=task_category,hardware_bucket").json["rows"]
    first = next(row for row in answered if row["enough"])
    with person(browser, seeded) as someone:
        page = someone.open("ratings")
        assert page.locator(".cell").count() == len([row for row in answered if row["n"]])
        page.locator(f'.cell[data-cell="{answered.index(first)}"]').hover()
        told = page.inner_text(".read")
    assert f"{first['estimate']:.1f}" in told
    assert f"{first['low']:.1f} \u2013 {first['high']:.1f}" in told
    assert f"{first['n']:,}" in told


def test_no_view_is_shown_to_who_did_not_sign_in(seeded: Daemon, browser: "Browser") -> None:
    assert seeded.endpoint is not None
    context = browser.new_context()
    page = context.new_page()
    for path in PATHS:
        page.goto(f"{seeded.endpoint.url}/{path}")
        assert page.url == f"{seeded.endpoint.url}/login"
    context.close()
