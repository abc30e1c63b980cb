"""Rating: one tap is kept; it can be taken back, changed and explained; what is shown is what is sent."""

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.host_page import widget

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL = "llama3.1:8b-instruct-q4_K_M"
STARS = widget(model=MODEL, product_id="chat", product_version="1.4")


def test_one_tap_on_a_star_is_kept(visit) -> None:
    found = visit.open(STARS)
    found.get_by_role("radio", name="4: Good").click()
    expect(found.get_by_role("status")).to_have_text("Kept: 4 of 5.")
    (row,) = visit.home.rows()
    assert (row["rating"], row["model"], row["product_id"], row["product_version"]) == (4, MODEL, "chat", "1.4")
    assert found.get_by_role("radio", checked=True).get_attribute("data-value") == "4"
