"""Everything by keyboard alone; letters rest in fields and can be turned off."""

from typing import TYPE_CHECKING

from sidecar.web.panels import PANELS
from tests.support.daemon import Daemon
from tests.support.dashboard import DRAWN, person

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_g_and_a_letter_lead_to_each_view(seeded: Daemon, browser: "Browser") -> None:
    with person(browser, seeded) as someone:
        page = someone.open("")
        for panel in [*PANELS[1:], PANELS[0]]:
            page.keyboard.press("g")
            page.keyboard.press(panel.key)
            page.wait_for_url(f"{someone.url}{panel.path}")
            page.wait_for_selector(DRAWN)
        assert someone.complaints() == []


def test_the_keys_of_a_view_are_listed_and_closed_again(seeded: Daemon, browser: "Browser") -> None:
    with person(browser, seeded) as someone:
        page = someone.open("requests")
        page.keyboard.press("?")
        dialog = page.locator("dialog.keys[open]")
        assert "merge with another" in dialog.inner_text()
        page.keyboard.press("Escape")
        dialog.wait_for(state="detached")
        assert someone.complaints() == []


def test_letters_rest_in_fields_and_can_be_turned_off(seeded: Daemon, browser: "Browser") -> None:
    with person(browser, seeded) as someone:
        page = someone.open("apps")
        page.focus("#origin")
        page.keyboard.type("?gr")
        assert page.input_value("#origin") == "?gr"
        assert page.locator("dialog.keys").count() == 0
        page.locator("#keys").focus()
        page.keyboard.press("Enter")
        page.uncheck("#letters")
        page.keyboard.press("Escape")
        page.locator("dialog.keys").wait_for(state="detached")
        page.keyboard.press("?")
        assert page.locator("dialog.keys").count() == 0
        page.reload()
        page.wait_for_selector(DRAWN)
        page.keyboard.press("?")
        assert page.locator("dialog.keys").count() == 0


def test_arrows_move_through_the_heat_map_and_the_readout_follows(seeded: Daemon, browser: "Browser") -> None:
    with person(browser, seeded) as someone:
        page = someone.open("ratings")
        page.locator(".cell[tabindex='0']").focus()
        first = page.inner_text(".read")
        page.keyboard.press("ArrowDown")
        below = page.inner_text(".read")
        page.keyboard.press("ArrowLeft")
        beside = page.inner_text(".read")
        assert len({first, below, beside}) == 3
        assert page.locator(".cell[tabindex='0']").count() == 1
        assert page.get_attribute(".read", "aria-live") == "polite"


def test_errors_are_walked_and_opened_by_keyboard(seeded: Daemon, browser: "Browser") -> None:
    with person(browser, seeded) as someone:
        page = someone.open("errors")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        assert page.locator(".err").nth(1).get_attribute("open") is not None
        page.keyboard.press("k")
        assert "CUDA" in someone.focused().inner_text()


def test_a_skip_link_leads_past_the_views(seeded: Daemon, browser: "Browser") -> None:
    with person(browser, seeded) as someone:
        page = someone.open("")
        page.keyboard.press("Tab")
        assert someone.focused().inner_text() == "Skip to content"
        page.keyboard.press("Enter")
        assert someone.focused().get_attribute("id") == "main"
