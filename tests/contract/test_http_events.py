"""`GET /v1/events`: the owner's pages hear that the store has changed, and nothing else."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sidecar.api.streams import MOST
from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import least
from tests.support.plain_http import ask, host_of, ours, url_of
from tests.support.problem import problem
from tests.support.secure import secure
from tests.support.signin import OUR_PAGE, Browser

STREAM = "text/event-stream"
WAITS_SECONDS = 20.0  # bounds a hang


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with start(tmp_path / "data").ready() as daemon:
        yield daemon


class Listening:
    """A page that waits for news, without a browser."""

    def __init__(self, daemon: Daemon, *headers: tuple[str, str]) -> None:
        parts = urlsplit(url_of(daemon))
        self._line = socket.create_connection((parts.hostname, parts.port), WAITS_SECONDS)
        named = [("Host", host_of(url_of(daemon))), ("Accept", STREAM), *headers]
        told = "".join(f"{name}: {value}\r\n" for name, value in named)
        self._line.sendall(f"GET /v1/events HTTP/1.1\r\n{told}\r\n".encode())
        self._held = b""

    def until(self, mark: bytes) -> bytes:
        """What comes up to a mark, the mark included."""
        ends = time.monotonic() + WAITS_SECONDS  # a stream that lives on beats, and never times out
        while mark not in self._held:
            assert time.monotonic() < ends, f"{mark!r} did not come"
            came = self._line.recv(4096)
            assert came, f"it ended without {mark!r}: {self._held!r}"
            self._held += came
        before, _, self._held = self._held.partition(mark)
        return before + mark

    def revision(self) -> bytes:
        """The next one."""
        self.until(b"event: revision\ndata: ")
        return self.until(b"\n\n").strip()

    def rest(self) -> bytes:
        """All that still comes, until it ends."""
        while came := self._line.recv(4096):
            self._held += came
        return self._held

    def close(self) -> None:
        """Hang up."""
        self._line.close()


@contextmanager
def listening(daemon: Daemon, *headers: tuple[str, str]) -> Iterator[Listening]:
    """One that hangs up at the end; the holder of the token unless headers say otherwise."""
    page = Listening(daemon, *(headers or [("Authorization", f"Bearer {daemon.token}")]))
    try:
        yield page
    finally:
        page.close()


def store(app: Caller) -> None:
    """Let the store change."""
    assert app.post("/v1/feedback", least("rating")).status == 201


def test_a_page_hears_of_every_change_and_of_nothing_but_the_revision(daemon: Daemon) -> None:
    with listening(daemon) as page, daemon.caller() as app:
        head = page.until(b"\r\n\r\n")
        assert b"text/event-stream" in head
        assert b"Content-Security-Policy: default-src 'none'" in head
        heard = [page.revision()]
        for _ in range(2):
            store(app)
            heard.append(page.revision())
        assert len(set(heard)) == 3
        assert all(each.replace(b".", b"").isdigit() for each in heard)


def test_a_burst_is_one_piece_of_news(daemon: Daemon) -> None:
    with listening(daemon) as page, daemon.caller() as app:
        first = page.revision()
        for _ in range(50):
            store(app)
        heard = {first}
        with daemon.caller(manages=True) as owner:
            last = owner.get("/v1/events").body.partition(b"data: ")[2].strip()
        news = 0
        while last not in heard:
            heard.add(page.revision())
            news += 1
        assert news <= 10


def test_who_asks_for_no_stream_gets_one_event(daemon: Daemon) -> None:
    with daemon.caller(manages=True) as owner:
        answer = secure(owner.get("/v1/events"))
    assert (answer.status, answer.headers["content-type"]) == (200, STREAM)
    assert answer.body.count(b"data: ") == 1
    url = url_of(daemon)
    headers = ours(url, ("Authorization", f"Bearer {daemon.token}"), ("Accept", STREAM))
    assert ask(url, "HEAD", "/v1/events", headers).body == b""


def test_only_the_owner_hears_anything(daemon: Daemon) -> None:
    url = url_of(daemon)
    problem(ask(url, "GET", "/v1/events", ours(url, ("Accept", STREAM))), 401, "manage-token-needed")
    browser = Browser(daemon)
    elsewhere = [("Cookie", browser.cookie), ("Sec-Fetch-Site", "same-site"), ("Accept", STREAM)]
    problem(ask(url, "GET", "/v1/events", ours(url, *elsewhere)), 401, "manage-token-needed")


def test_streams_are_few_and_a_place_that_is_left_is_free_again(daemon: Daemon) -> None:
    token = ("Authorization", f"Bearer {daemon.token}")
    pages = [Listening(daemon, token) for _ in range(MOST)]
    for page in pages:
        page.revision()
    one_more = Listening(daemon, token)
    assert b" 503 " in one_more.until(b"\r\n\r\n")
    assert b"too-many-streams" in one_more.until(b"}")
    for page in (*pages, one_more):
        page.close()
    with daemon.caller() as app:
        store(app)  # they notice that nobody is there
    until = time.monotonic() + WAITS_SECONDS
    while True:
        with listening(daemon) as page:
            if b" 200 " in page.until(b"\r\n\r\n"):
                return
        assert time.monotonic() < until, "no place became free"


def test_a_stream_ends_with_its_session(daemon: Daemon) -> None:
    browser = Browser(daemon)
    with listening(daemon, ("Cookie", browser.cookie), OUR_PAGE) as page:
        page.revision()
        assert browser.ask("DELETE", "/v1/session", csrf=browser.csrf).status == 200
        page.until(b"0\r\n\r\n")


def test_a_stream_does_not_hold_up_the_stop(daemon: Daemon) -> None:
    with listening(daemon) as page:
        page.revision()
        assert daemon.stop(seconds=10) == 0
        assert page.rest().endswith(b"0\r\n\r\n"), "it ended as it should, and was not cut off"
