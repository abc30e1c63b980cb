"""A store whose every word is out to break the page: markup, endless words, right to left, emoji."""

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.web.panels import PANELS
from tests.support.daemon import Daemon, start
from tests.support.dashboard import axe, axe_violations, person
from tests.support.seeded import BUCKET, stamped, store

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

WORDS = (
    '<img src=x onerror="window.hit=1">',
    "</script><script>window.hit=1</script>",
    "javascript:window.hit=1//' onmouseover='window.hit=1",
    "W" * 2_000,
    "\u202eright to left \u05d0\u05d1\u05d2 \u0645\u0631\u062d\u0628\u0627",
    "\U0001f4a5" * 600 + " family \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324" * 150,
    "$bucket ${title} $$ {{7*7}} %s",
)
LONGEST = "W" * 128
OPEN_ALL = "for (const each of document.querySelectorAll('main details')) each.open = true"


def bodies() -> Iterator[dict[str, Any]]:
    """Everything that a caller may choose, chosen to break something."""
    for words in WORDS:
        yield {"feedback_type": "feature_request", "feature_description": words}
        message = words.replace("\u202e", "")
        yield {"feedback_type": "error_report", "error_type": "other", "error_message": message}
    for version in ("1.0", "V" * 64, "-1+1"):
        for _ in range(6):
            told = {
                "feedback_type": "rating",
                "rating": 4,
                "product_id": "P" * 64,
                "product_version": version,
            }
            yield {**told, "model": LONGEST, "variant": "v" * 64}
    for number in range(30):
        told = {"feedback_type": "comparison", "preferred": LONGEST, "task_category": "chat"}
        yield {**told, "alternative": f"{'M' * 120}{number % 3}"}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder: Path = tmp_path_factory.mktemp("hostile") / "data"
    rng = random.Random(7)
    store(folder, [stamped(body, 0, BUCKET, rng) for body in bodies()])
    (folder / "products.d").mkdir()
    (folder / "products.d" / f"{WORDS[0]}.toml".replace("/", "")).write_text("tasks = 1\n")
    with start(folder, settings={"HARDWARE_BUCKET": BUCKET}).ready() as daemon:
        yield daemon


@pytest.mark.parametrize("width", [1280, 360])
def test_words_stay_words_and_the_page_stays_whole(hostile: Daemon, browser: "Browser", width: int) -> None:
    source = axe()
    with person(browser, hostile, width=width) as someone:
        for panel in PANELS:
            page = someone.open(panel.path.removeprefix("/"))
            page.evaluate(OPEN_ALL)
            assert page.evaluate("window.hit") is None, panel.name
            assert page.locator("img, iframe, object, embed, script:not([src]), [onerror]").count() == 0
            assert someone.overflow() <= 0, panel.name
            assert axe_violations(page, source) == [], panel.name
            assert someone.complaints() == [], panel.name


def test_the_words_are_shown_as_they_are(hostile: Daemon, browser: "Browser") -> None:
    with person(browser, hostile) as someone:
        page = someone.open("records?kind=feature_request")
        shown = page.inner_text("#view")
    assert WORDS[0] in shown
    assert WORDS[-1] in shown
