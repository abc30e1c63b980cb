"""A plot can be taken along: as SVG that stands alone, as PNG, as CSV with its numbers."""

import csv
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.support.daemon import Daemon
from tests.support.dashboard import person
from tests.support.field_table import least

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PNG = b"\x89PNG\r\n\x1a\n"
COLOURS = {"models": 6, "ratings": 6, "versions": 4}
"""View -> how many colours stand out on its picture, at the least."""


def taken(page: "Page", what: str) -> Path:
    """The file that a button gives."""
    with page.expect_download() as download:
        page.get_by_role("button", name=what, exact=True).first.click()
    assert download.value.suggested_filename.endswith(what.lower())
    return Path(download.value.path())


def colours(path: Path) -> int:
    """Different dots of a PNG, without filters being undone: bytes of flat areas repeat."""
    data = path.read_bytes()
    assert data.startswith(PNG)
    width, height = struct.unpack(">II", data[16:24])
    assert width > 1_000
    assert height > 200
    at, packed = 8, b""
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + length]
        at += 12 + length
    return len(set(zlib.decompress(packed)))


@pytest.mark.parametrize("view", COLOURS)
def test_a_plot_leaves_in_three_forms(seeded: Daemon, browser: "Browser", view: str) -> None:
    with person(browser, seeded) as someone:
        page = someone.open(view)
        vector = ET.fromstring(taken(page, "SVG").read_text("utf-8"))  # noqa: S314  # our own page wrote it
        marks = [each for each in vector.iter() if each.get("fill")]
        assert len(marks) > 20
        assert not [each for each in vector.iter() if each.get("class") or each.get("style")]
        assert all("var(" not in (each.get("fill") or "") for each in marks)
        assert colours(taken(page, "PNG")) > COLOURS[view]
        with taken(page, "CSV").open(newline="", encoding="utf-8") as file:
            head, *rows = csv.reader(file)
        assert len(rows) > 3
        assert {len(row) for row in rows} == {len(head)}
        assert someone.complaints() == []


def test_no_cell_of_a_csv_is_a_formula(own: Callable[[], Daemon], browser: "Browser") -> None:
    daemon = own()
    with daemon.caller() as app:
        for _ in range(6):
            told = least("rating", model="m", product_id="p", product_version="-1+1")
            assert app.post("/v1/feedback", told).status == 201
    with person(browser, daemon) as someone:
        page = someone.open("versions")
        page.locator("section", has_text="p").get_by_role(
            "button", name="CSV"
        ).last.scroll_into_view_if_needed()
        with page.expect_download() as download:
            page.locator("[data-focus='take-versions-p-CSV']").click()
        assert "'-1+1," in Path(download.value.path()).read_text("utf-8")
