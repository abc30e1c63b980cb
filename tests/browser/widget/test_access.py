"""By keyboard alone, by ear, in light and dark, in five languages and both directions, on 320 pixels."""

from typing import Final

import pytest
from playwright.sync_api import Locator, expect

from sidecar.prompts import LANGUAGES, catalogue
from tests.support.axe import violations
from tests.support.host_page import widget
from tests.support.visit import MODEL, OTHER, Visit, says

ALL: Final = (
    widget(model=MODEL, id="idle"),
    widget(model=MODEL, id="rated", product_version="1.4"),
    widget(model=MODEL, id="thumbs", scale="thumbs"),
    widget(mode="comparison", model_a=OTHER, model_b=MODEL, id="pair"),
    widget(mode="error", id="types"),
    widget(mode="error", id="report"),
    widget(mode="request", id="wish"),
)
PAINTED: Final = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("body { background: light-dark(#fafaf8, #101416) }");
  document.adoptedStyleSheets = [sheet];
}"""
"""axe takes a page without a background of its own for white, also in the dark."""

WIDE: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CLIPPED: Final = """() => [...document.querySelectorAll("feedback-sidecar")].flatMap(host =>
  [...host.shadowRoot.querySelectorAll("button, p, h3, li, b, pre")]
    .filter(each => each.scrollWidth > each.clientWidth + 1 && each.clientWidth)
    .map(each => each.textContent))"""


def opened(visit: Visit, lang: str = "en", direction: str = "ltr") -> None:
    """Every mode, once untouched and once in use, with what is shared laid open."""
    visit.open(*ALL, lang=lang, direction=direction)
    page = visit.page
    page.evaluate(PAINTED)
    page.locator("#wish textarea").wait_for()
    page.locator("#report").evaluate("each => { each.errorMessage = 'CUDA out of memory' }")
    page.locator("#report [part=later]").wait_for()
    page.locator("#report [part=send]").click()
    page.locator("#report [part=remedy]").wait_for()
    for name, value in (("rated", "4"), ("thumbs", "down"), ("pair", "first")):
        page.locator(f"#{name} [data-value='{value}']").click()
        page.locator(f"#{name} [part~=undo]").wait_for()
    page.locator("#rated [part~=more]").click()
    for name in ("rated", "pair", "types", "report", "wish"):
        page.locator(f"#{name} [part~=share]").click()
        page.locator(f"#{name} pre").wait_for()
    page.locator("#types [data-value=timeout]").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Visit, scheme: str) -> None:
    visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
    opened(visit)
    assert violations(visit.page) == []


def test_axe_would_find_a_button_without_a_name(visit: Visit) -> None:
    opened(visit)
    visit.page.locator("#thumbs [part=thumb]").first.evaluate("each => each.removeAttribute('aria-label')")
    assert [each.partition(":")[0] for each in violations(visit.page)] == ["button-name"]


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_language_fits_320_pixels_in_a_page_of_either_direction(
    visit: Visit, lang: str, direction: str
) -> None:
    visit.page.set_viewport_size({"width": 320, "height": 640})
    opened(visit, lang, direction)
    page, words = visit.page, catalogue(lang)
    assert page.evaluate(WIDE) == 0
    assert page.evaluate(CLIPPED) == []
    root = page.locator("#idle [part=root]")
    assert (root.get_attribute("lang"), root.get_attribute("dir")) == (lang, words.direction)
    expect(page.locator("#idle [part=question]")).to_have_text(words.kinds.rating.may_ask[0].ask)
    first, last = page.locator("#idle [role=radio]").first, page.locator("#idle [role=radio]").last
    boxes = [each.bounding_box() for each in (first, last)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert (boxes[0]["x"] < boxes[1]["x"]) is (words.direction == "ltr")
    assert violations(page) == []


def press(visit: Visit, *keys: str) -> None:
    """One key after the other."""
    for key in keys:
        visit.page.keyboard.press(key)


def focused(found: Locator) -> Locator:
    """What has the focus."""
    return found.locator(":focus")


def test_rating_by_keyboard_alone(visit: Visit) -> None:
    found = visit.open(widget(model=MODEL))
    found.get_by_role("radio").first.wait_for()
    press(visit, "Tab", "ArrowRight", "ArrowRight", "ArrowRight")
    expect(focused(found)).to_have_attribute("aria-label", "4: Good")
    expect(found.get_by_text("4 · Good")).to_be_visible()
    press(visit, "Home", "ArrowLeft", "1", "3", "Space")
    says(found, "Kept: 3 of 5.")
    press(visit, "5", "Enter")
    says(found, "Kept: 5 of 5.")
    press(visit, "Tab", "Tab")
    expect(focused(found)).to_have_text("What is shared")
    press(visit, "Enter", "Tab")
    expect(focused(found)).to_have_text("Accurate")
    press(visit, "Space")
    expect(focused(found)).to_have_attribute("aria-pressed", "true")
    press(visit, "Shift+Tab", "Shift+Tab")
    expect(focused(found)).to_have_text("Undo")
    press(visit, "Enter")
    says(found, "Taken back.")
    visit.until(lambda: visit.home.rows() == [])


def test_stars_go_the_other_way_in_arabic(visit: Visit) -> None:
    found = visit.open(widget(model=MODEL, lang="ar"))
    found.get_by_role("radio").first.wait_for()
    press(visit, "Tab", "ArrowLeft")
    expect(focused(found)).to_have_attribute("data-value", "2")


def test_a_letter_in_a_field_is_a_letter(visit: Visit) -> None:
    found = visit.open(widget(mode="request"))
    found.get_by_role("textbox").focus()
    press(visit, "5", "Space", "x")
    expect(found.get_by_role("textbox")).to_have_value("5 x")


def test_comparison_error_and_wish_by_keyboard_alone(visit: Visit) -> None:
    found = visit.open(widget(mode="comparison", model_a=OTHER, model_b=MODEL))
    found.get_by_role("button", name="Equally good").wait_for()
    press(visit, "Tab", "Tab", "Space")
    says(found, "Kept: Equally good.")
    found = visit.open(widget(mode="error"))
    found.get_by_role("button", name="Report").wait_for()
    press(visit, "Tab", "Space")
    expect(focused(found)).to_have_attribute("aria-pressed", "true")
    found.get_by_role("button", name="Report").focus()
    press(visit, "Space")
    says(found, "Kept: Out of memory.")
    found = visit.open(widget(mode="request"))
    found.get_by_role("textbox").wait_for()
    press(visit, "Tab")
    visit.page.keyboard.type("A dark theme")
    found.get_by_role("button", name="Send").focus()
    press(visit, "Enter")
    expect(found.get_by_role("button", name="Undo")).to_be_visible()


def test_touch_is_as_good_as_a_mouse(visit: Visit) -> None:
    context = visit.page.context.browser
    assert context is not None
    touched = context.new_context(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 640})
    other = Visit(touched.new_page(), visit.host, visit.home)
    found = other.open(widget(model=MODEL))
    star = found.get_by_role("radio", name="4: Good")
    star.tap()
    says(found, "Kept: 4 of 5.")
    sizes = [each.bounding_box() for each in found.get_by_role("button").all()]
    assert all(size and size["height"] >= 40 for size in sizes)
    touched.close()
    other.judge()


def test_nothing_moves_for_who_wants_no_motion(visit: Visit) -> None:
    found = visit.open(widget(model=MODEL))
    star = found.get_by_role("radio").first
    seconds = "each => getComputedStyle(each).transitionDuration"
    assert star.evaluate(seconds) != "0s"
    visit.page.emulate_media(reduced_motion="reduce")
    assert star.evaluate(seconds) == "0s"


def test_the_page_says_light_or_dark_and_may_name_its_own_colours(visit: Visit) -> None:
    found = visit.open(widget(model=MODEL))
    question = found.locator("[part=question]")
    colour = "each => getComputedStyle(each).color"
    light = question.evaluate(colour)
    found.evaluate("each => { each.theme = 'dark' }")
    assert question.evaluate(colour) != light
    found.evaluate("each => each.style.setProperty('--feedback-ink', 'rgb(1, 2, 3)')")
    assert question.evaluate(colour) == "rgb(1, 2, 3)"
