"""A real Chromium: what a page of another origin tries neither arrives, nor is read, nor framed.

Each attempt is counted where it met the daemon, so that a browser that gave up by itself proves nothing;
and the same attempt on a server that defends nothing does arrive, so that it could have succeeded here.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest

from sidecar.api.routes import ROUTES
from tests.support.caller import Caller
from tests.support.chromium import chromium
from tests.support.daemon import Daemon, start
from tests.support.field_table import least
from tests.support.hostile import NAIVE, Hostile, hostile
from tests.support.plain_http import url_of
from tests.support.routes import path_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Frame, Page, Route

EVIL: Final = "http://evil.example.org"
REBOUND: Final = "rebound.example.org"
ARRIVES_SECONDS: Final = 20.0  # bounds a hang
BROWSER_REFUSES: Final = 0

SENDING: Final = {
    "fetch text": 403,
    "fetch text/plain": 403,
    "fetch form": 403,
    "fetch multipart": 403,
    "fetch untyped bytes": 403,
    "fetch JSON": 403,
    "fetch JSON by blob": 403,
    "fetch JSON with credentials": 403,
    "fetch JSON kept alive": 403,
    "fetch JSON with a token": 403,
    "fetch JSON as if same origin": BROWSER_REFUSES,
    "no-cors text/plain": 403,
    "no-cors form": 403,
    "no-cors multipart": 403,
    "no-cors untyped bytes": 403,
    "no-cors JSON": 403,
    "no-cors JSON by blob": 403,
    "no-cors without referrer": 403,
    "fetch PATCH": 403,
    "fetch DELETE": 403,
    "fetch PUT": 403,
    "XHR": 403,
    "XHR with credentials": 403,
    "XHR text/plain": 403,
    "form urlencoded": 403,
    "form multipart": 403,
    "form text/plain": 403,
    "beacon string": 403,
    "beacon form": 403,
    "beacon multipart": 403,
    "beacon JSON": 403,
    "ping": 403,
    "sandboxed frame": 403,
    "frame from data": 403,
    "worker": 403,
}
"""Attempts to store something -> what the daemon answers."""
READING: Final = {
    "image": 200,
    "image with CORS": 403,
    "script": 200,
    "script of the questions": 200,
    "module": 403,
    "dynamic import": 403,
    "stylesheet": 200,
    "video": 200,
    "track": 403,
    "font": 403,
    "prefetch": 401,
    "preload": 403,
    "module preload": 403,
    "WebSocket": 403,
    "EventSource": 403,
    "worker that imports": 401,
    "service worker of ours": 403,
    "service worker of theirs": BROWSER_REFUSES,
}
"""Attempts to read: where a page names no origin the daemon answers 200, and its headers forbid the use."""
ATTEMPTS: Final = SENDING | READING
FRAMES: Final = ("iframe", "sandboxed iframe", "object", "embed")
GETS: Final = sorted({path_of(route) for route in ROUTES if route.method == "GET"})
EMBEDDABLE: Final = {path_of(route) for route in ROUTES if route.anyone}
"""Pages that hold nothing of anybody: a page of another origin may have them, unread."""


@pytest.fixture(scope="module")
def stranger() -> Iterator[Hostile]:
    with hostile() as server:
        yield server


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with start(tmp_path_factory.mktemp("browser") / "data") as daemon:
        yield daemon.ready()


@pytest.fixture(scope="module")
def owner(daemon: Daemon) -> Iterator[Caller]:
    with daemon.caller(manages=True) as caller:
        yield caller


@pytest.fixture(scope="module")
def kept(owner: Caller) -> str:
    """A record that no page may touch."""
    found: str = owner.post("/v1/feedback", least("rating", product_id="kept")).json["feedback_id"]
    return found


@pytest.fixture(scope="module")
def browser(daemon: Daemon, stranger: Hostile) -> Iterator["Browser"]:
    """evil.example.org is the stranger's; rebound.example.org has just become ours."""
    assert url_of(daemon)
    names = {"evil.example.org": stranger.address, REBOUND: "127.0.0.1"}
    with chromium(names, secure_origins=(EVIL, rebound(daemon))) as browser:
        yield browser


@pytest.fixture(scope="module")
def visitor(browser: "Browser") -> Iterator["BrowserContext"]:
    """Somebody who meets one bad page after the other."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def evil(visitor: "BrowserContext") -> Iterator["Page"]:
    """A new page of evil.example.org."""
    yield from opened(visitor)


@pytest.fixture(scope="module")
def sending(visitor: "BrowserContext") -> Iterator["Page"]:
    """A page of evil.example.org that sends all day; what it asked once it asks again, there is no cache."""
    yield from opened(visitor)


def opened(context: "BrowserContext") -> Iterator["Page"]:
    """A page of evil.example.org, closed at the end."""
    page = context.new_page()
    page.goto(EVIL)
    yield page
    page.close()


def rebound(daemon: Daemon) -> str:
    """The origin of a page whose name leads to the daemon since a moment ago."""
    return f"http://{REBOUND}:{urlsplit(url_of(daemon)).port}"


def answered(owner: Caller) -> Counter[int]:
    """Status -> answers so far, this one not counted."""
    text = owner.get("/metrics").body.decode()
    found = re.findall(r'^sidecar_answers_total\{status="(\d+)"\} (\d+)$', text, re.MULTILINE)
    return Counter({int(status): int(n) for status, n in found})


def arrived(owner: Caller, before: Counter[int], status: int) -> Counter[int]:
    """What was answered since, once an answer of this status is among it."""
    own = Counter({200: 1})  # the look before
    until = time.monotonic() + ARRIVES_SECONDS
    while True:
        since = answered(owner) - before - own
        if status == BROWSER_REFUSES or since[status]:
            return since
        assert time.monotonic() < until, since
        own[200] += 1


def untouched(owner: Caller, kept: str) -> None:
    """The one record is there, as it was, and no other."""
    (row,) = owner.rows("/v1/feedback")
    assert (row["feedback_id"], row["rating"]) == (kept, 4)


def attempt(page: "Page", name: str, target: str, kept: str) -> str:
    """What a page could read or run."""
    found: str = page.evaluate("([name, u, id]) => attempts[name](u, id)", [name, target, kept])
    return found


def test_every_attempt_is_in_the_tables(evil: "Page") -> None:
    assert sorted(evil.evaluate("Object.keys(attempts)")) == sorted(ATTEMPTS)
    assert evil.evaluate("Object.keys(frames)") == list(FRAMES)


@pytest.mark.parametrize("name", SENDING)
def test_a_page_of_another_origin_stores_nothing(
    sending: "Page", daemon: Daemon, owner: Caller, kept: str, name: str
) -> None:
    before = answered(owner)
    assert attempt(sending, name, url_of(daemon), kept) == "nothing"
    assert set(arrived(owner, before, SENDING[name])) <= {SENDING[name]}
    untouched(owner, kept)


@pytest.mark.parametrize("name", READING)
def test_a_page_of_another_origin_reads_and_runs_nothing(
    evil: "Page", daemon: Daemon, owner: Caller, kept: str, name: str
) -> None:
    before = answered(owner)
    assert attempt(evil, name, url_of(daemon), kept) == "nothing"
    assert set(arrived(owner, before, READING[name])) <= {READING[name]}
    untouched(owner, kept)


def test_each_attempt_reaches_a_server_that_defends_nothing(browser: "Browser", stranger: Hostile) -> None:
    """And those that read do read: the attempts are real ones."""
    naive = f"http://127.0.0.1:{stranger.port}{NAIVE}"
    could_read = set()
    context = browser.new_context()
    page = context.new_page()
    for name, status in ATTEMPTS.items():
        page.goto(EVIL)
        stranger.arrived.clear()
        if attempt(page, name, naive, "0" * 32) != "nothing":
            could_read.add(name)
        until = time.monotonic() + ARRIVES_SECONDS
        while status != BROWSER_REFUSES and not any(method != "OPTIONS" for method, _ in stranger.arrived):
            assert time.monotonic() < until, name
    context.close()
    assert {"fetch JSON", "fetch PATCH", "fetch DELETE", "XHR", "EventSource"} <= could_read
    assert {"image", "script", "stylesheet", "module", "dynamic import"} <= could_read
    assert {"sandboxed frame", "frame from data", "worker", "worker that imports"} <= could_read
    assert "service worker of ours" in could_read


@pytest.mark.parametrize("path", GETS)
def test_no_page_can_be_read_across_origins(
    evil: "Page", daemon: Daemon, owner: Caller, kept: str, path: str
) -> None:
    for options in ({}, {"credentials": "include"}, {"mode": "no-cors"}):
        ask = "([u, path, options]) => reading(u, path, options)"
        assert evil.evaluate(ask, [url_of(daemon), path, options]) == "nothing"
    sealed = "url => fetch(url, {mode: 'no-cors'}).then(() => 'is in the page', () => 'never got there')"
    expected = "is in the page" if path in EMBEDDABLE else "never got there"
    assert evil.evaluate(sealed, url_of(daemon) + path) == expected
    untouched(owner, kept)


@pytest.mark.parametrize("tag", FRAMES)
def test_no_page_can_be_framed(evil: "Page", daemon: Daemon, stranger: Hostile, tag: str) -> None:
    """Not one route is shown inside a page of somebody else; a page that forbids nothing is."""
    show = "([tag, urls]) => Promise.all(urls.map(url => frames[tag](url)))"
    urls = [url_of(daemon) + path for path in GETS]
    naive = f"http://127.0.0.1:{stranger.port}{NAIVE}"
    assert set(evil.evaluate(show, [tag, [naive, *urls]])) == {"nothing"}
    assert [words for frame in evil.frames[1:] if (words := shown(frame))] == ["secret"]


def shown(frame: "Frame") -> str:
    """The words in a frame; none where the browser shows its own error instead, or took the frame away."""
    if frame.is_detached() or frame.url.startswith("chrome-error:"):
        return ""
    words: str = frame.evaluate("document.body ? document.body.innerText : ''")
    return words


def test_a_window_that_was_opened_gives_its_opener_nothing(
    evil: "Page", daemon: Daemon, owner: Caller, kept: str
) -> None:
    """The daemon's page cuts the tie: its opener can neither look in nor steer it."""
    with evil.context.expect_page() as opened:
        evil.evaluate("u => { self.other = open(u + '/healthz') }", url_of(daemon))
    opened.value.wait_for_load_state()
    assert '"status"' in opened.value.content()
    evil.wait_for_function("other.closed", timeout=ARRIVES_SECONDS * 1000)
    assert opened.value.evaluate("opener") is None
    opened.value.close()
    untouched(owner, kept)


def test_a_report_of_the_browser_stores_nothing(
    browser: "Browser", daemon: Daemon, owner: Caller, kept: str
) -> None:
    """A page can have the browser post where it likes: a violation of its own policy."""
    before = answered(owner)
    page = browser.new_page()
    page.goto(f"{EVIL}/reporting?{url_of(daemon)}/v1/feedback")
    page.evaluate("element('img', {src: '/pixel'})")
    assert set(arrived(owner, before, 403)) == {403}
    page.close()
    untouched(owner, kept)


def test_a_page_from_a_file_sends_and_reads_nothing(
    browser: "Browser", daemon: Daemon, owner: Caller, kept: str, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><title>saved</title>", encoding="utf-8")
    before = answered(owner)
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    for mode in ("cors", "no-cors"):
        sent = "fetch(u + '/v1/feedback', {method: 'POST', mode, body: '{}'})"
        ask = f"([u, mode]) => {sent}.then(answer => answer.text(), () => '')"
        assert page.evaluate(ask, [url_of(daemon), mode]) == ""
    assert set(arrived(owner, before, 403)) == {403}
    page.close()
    untouched(owner, kept)


def same_origin(browser: "Browser", daemon: Daemon) -> "Page":
    """A page that came from an attacker's server while its name led there; now it leads to the daemon."""

    def from_before(route: "Route") -> None:
        body = "<!doctype html><title>rebound</title><body></body>"
        route.fulfill(content_type="text/html", body=body)

    page = browser.new_context(service_workers="allow").new_page()
    page.route("**/attack.html", from_before)
    page.goto(f"{rebound(daemon)}/attack.html")
    return page


REBINDING: Final = """async ([paths, record, id]) => {
  const found = {};
  const ask = async (name, path, options) => {
    const answer = await fetch(path, options);
    found[name] = [answer.status, (await answer.json()).type];
  };
  const type = {"content-type": "application/json"};
  for (const path of paths) await ask("GET " + path, path, {});
  for (const path of paths) await ask("token " + path, path, {headers: {authorization: "Bearer guess"}});
  await ask("JSON", "/v1/feedback", {method: "POST", headers: type, body: record});
  await ask("text", "/v1/feedback", {method: "POST", body: record});
  await ask("batch", "/v1/feedback/batch", {method: "POST", headers: type, body: `{"records":[${record}]}`});
  await ask("PATCH", "/v1/feedback/" + id, {method: "PATCH", headers: type, body: '{"rating": 1}'});
  await ask("DELETE", "/v1/feedback/" + id, {method: "DELETE"});
  await ask("purge", "/v1/purge", {method: "POST", headers: type, body: "{}"});
  navigator.sendBeacon("/v1/feedback", new Blob([record], {type: "application/json"}));
  const events = [
    new Promise(done => { const s = new WebSocket(location.href.replace("http", "ws")); s.onerror = done; }),
    new Promise(done => { const s = new EventSource("/v1/feedback"); s.onerror = () => done(s.close()); }),
    navigator.serviceWorker.register("/healthz").then(() => { found.worker = "ran" }, () => 0),
  ];
  await Promise.all(events);
  return found;
}"""


def test_a_rebound_page_is_misdirected_whatever_it_asks(
    browser: "Browser", daemon: Daemon, owner: Caller, kept: str
) -> None:
    """For the browser it has the daemon's origin: no preflight, no Origin on a GET, each answer readable."""
    before = answered(owner)
    page = same_origin(browser, daemon)
    record = '{"feedback_type": "rating", "model": "planted", "rating": 1}'
    found: dict[str, Any] = page.evaluate(REBINDING, [GETS, record, kept])
    assert {name: each for name, each in found.items() if each != [421, "/problems/unknown-host"]} == {}
    assert len(found) == 2 * len(GETS) + 6
    since = arrived(owner, before, 421)
    assert set(since) == {421}
    assert since[421] >= len(found) + 3, "the socket, the events and the worker arrived too"
    page.context.close()
    untouched(owner, kept)


def test_a_rebound_name_shows_nothing_when_it_is_visited(browser: "Browser", daemon: Daemon) -> None:
    page = browser.new_page()
    for path in ("/", "/healthz", "/v1/export"):
        answer = page.goto(rebound(daemon) + path)
        assert answer is not None
        assert (answer.status, answer.json()["type"]) == (421, "/problems/unknown-host")
    page.close()


def test_a_page_of_this_machine_may_submit_and_read_its_answer(
    browser: "Browser", daemon: Daemon, stranger: Hostile, owner: Caller, kept: str
) -> None:
    """So the browser of these tests lets through what the daemon allows."""
    page = browser.new_page()
    page.goto(f"http://localhost:{stranger.port}/")
    found = attempt(page, "fetch JSON", url_of(daemon), kept)
    assert found.startswith("read 201 {")
    planted = [row for row in owner.rows("/v1/feedback") if row["feedback_id"] != kept]
    assert [row["model"] for row in planted] == ["planted"]
    assert owner.delete(f"/v1/feedback/{planted[0]['feedback_id']}").status == 200
    assert attempt(page, "fetch text", url_of(daemon), kept).startswith("read 415 {")
    page.close()
    untouched(owner, kept)
