"""The collectors that this folder's rules hold for.

Job: start each once for a module, and hand its address out as `collector`.
Must not: give a test any other way to it than HTTP: the rules are those of the wire.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.support.collector.letters import Pen
from tests.support.collector.server import serving


@contextmanager
def double() -> Iterator[str]:
    """The one that tests of the sender are given."""
    with serving() as server:
        yield server.url


COLLECTORS: dict[str, Callable[[], AbstractContextManager[str]]] = {"double": double}


@pytest.fixture(scope="module", params=COLLECTORS)
def collector(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where it serves; what other tests sent stays in it."""
    with COLLECTORS[request.param]() as url:
        yield url


@pytest.fixture
def pen() -> Pen:
    """Somebody with ids of their own."""
    return Pen()
