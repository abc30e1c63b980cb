"""What the tests of the widget share: a browser, a daemon, and a visit to a page that is judged at its end.

Job: start them once, and hand each test an empty store and a browser without a past.
Must not: let a page pass that wrote an error or asked a stranger.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.chromium import chromium
from tests.support.host_page import Host, host_page
from tests.support.visit import UNPAIRED, Home, Visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium({UNPAIRED: "127.0.0.1"}) as browser:
        yield browser


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with host_page() as host:
        yield host


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("widget") / "data").start()
    yield home
    home.kill()


@pytest.fixture
def clean(home: Home) -> Home:
    """The daemon is there and holds nothing."""
    if home.daemon is None:
        home.start()
    with home.owner() as owner:
        assert owner.post("/v1/purge", {}).status == 200
    return home


@pytest.fixture
def visit(browser: "Browser", host: Host, clean: Home) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 480, "height": 640})
    context.set_default_timeout(10_000)
    visit = Visit(context.new_page(), host, clean)
    yield visit
    context.close()
    visit.judge()
