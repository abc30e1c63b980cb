"""What the tests of the dashboard share: a browser, and daemons on stores that stay as they are.

Job: start each of them once for a file.
Must not: hand a store that a test changes to another test.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.chromium import chromium
from tests.support.daemon import Daemon, start
from tests.support.seeded import BUCKET, seed

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SETTINGS = {"HARDWARE_BUCKET": BUCKET}


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with chromium({}) as found:
        yield found


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon on a store full of everything; nobody changes it."""
    folder = tmp_path_factory.mktemp("seeded") / "data"
    seed(folder)
    with start(folder, settings=SETTINGS).ready() as daemon:
        yield daemon


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon that nobody has told anything."""
    with start(tmp_path_factory.mktemp("empty") / "data", settings=SETTINGS).ready() as daemon:
        yield daemon


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[[], Daemon]]:
    """A seeded daemon for one test, which may change it."""
    started: list[Daemon] = []

    def begin() -> Daemon:
        seed(tmp_path / "data", ratings=60)
        started.append(start(tmp_path / "data", settings=SETTINGS).ready())
        return started[-1]

    yield begin
    for daemon in started:
        daemon.__exit__(None, None, None)
