"""The question page in a real Chromium: an application can have it opened, and only a person can answer."""

import contextlib
import json
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sidecar.client import FeedbackClient
from tests.support.chromium import chromium
from tests.support.daemon import Daemon
from tests.support.plain_http import JSON, ask, ours, url_of
from tests.support.sharing import Collector, sharing_daemon
from tests.support.signin import Browser as SignedIn

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RATING = {"feedback_type": "rating", "model": "llama3.1:8b", "rating": 4, "product_id": "chat"}
OPEN_SECONDS = 20.0


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with (
        Collector() as collector,
        sharing_daemon(tmp_path_factory.mktemp("question"), collector.url) as daemon,
    ):
        with daemon.caller() as app:
            assert app.post("/v1/feedback", RATING).status == 201
        yield daemon


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with chromium({}) as browser:
        yield browser


@contextlib.contextmanager
def question(browser: "Browser", daemon: Daemon, query: str = "?consent=acme") -> "Iterator[Page]":
    """The page, for somebody who signed in; nothing on it may go wrong."""
    context = browser.new_context()
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text))
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with FeedbackClient(data_dir=daemon.data_dir) as client:
        link = client.login_link().replace("/login#", f"/login{query}#")
    page.goto(link)
    page.wait_for_url(lambda url: "/login" not in url)
    yield page
    assert faults == []
    assert [url for url in asked if not url.startswith(url_of(daemon))] == []
    context.close()


def state(daemon: Daemon) -> str:
    with daemon.caller() as app:
        return str(app.get("/v1/consent/acme/state").json["state"])


def test_nothing_is_ticked_and_a_no_is_as_easy_as_a_yes(browser: "Browser", daemon: Daemon) -> None:
    with question(browser, daemon) as page:
        assert page.locator("input:checked").count() == 0
        no, yes = page.locator("#no"), page.locator("#yes")
        sizes = [button.bounding_box() for button in (no, yes)]
        assert sizes[0] is not None
        assert sizes[1] is not None
        assert all(sizes[0][side] == sizes[1][side] for side in ("width", "height"))
        look = "e => { const s = getComputedStyle(e); return [s.color, s.backgroundColor, s.fontWeight]; }"
        assert no.evaluate(look) == yes.evaluate(look)
        yes.click()
        assert page.locator("#none").is_visible()
        assert state(daemon) == "not_asked"
        no.click()
        page.locator("#said-no").wait_for()
        assert state(daemon) == "declined"


def test_the_page_shows_every_word_of_the_text_and_a_yes_names_its_digest(
    browser: "Browser", daemon: Daemon
) -> None:
    with daemon.caller(manages=True) as owner:
        (row,) = owner.get("/v1/consent").json["destinations"]
    with question(browser, daemon) as page:
        page.locator("summary").click()
        shown = page.locator("details pre").inner_text()
        assert shown.split() == row["text"].split()
        for name in ("controller", "url", "purpose", "contact", "privacy_url", "retention"):
            assert row[name] in page.locator("dl").inner_text()
        sample = json.loads(page.locator("pre[aria-label='Exact text of a batch']").inner_text())
        assert sample["cells"][0]["counts"] == [0, 0, 0, 1, 0]
        page.check("#ratings")
        page.locator("#yes").click()
        page.locator("#said-yes").wait_for()
    with daemon.caller(manages=True) as owner:
        (row,) = owner.get("/v1/consent").json["destinations"]
        assert (row["state"], row["scopes"]) == ("granted", ["ratings"])
        owner.ask("PUT", "/v1/consent", {"destination": "acme", "revoke": True})


def test_no_address_answers_or_leads_elsewhere(browser: "Browser", daemon: Daemon) -> None:
    before = state(daemon)
    for query in (
        "?consent=acme&scopes=ratings&yes=1",
        "?consent=//evil.example.org",
        "?consent=../v1/purge",
    ):
        with question(browser, daemon, query) as page:
            assert page.url.startswith(url_of(daemon))
            assert page.locator("input:checked").count() == 0
    assert state(daemon) == before


def test_a_page_of_somebody_else_can_neither_frame_nor_answer_the_question(daemon: Daemon) -> None:
    signed_in = SignedIn(daemon)
    page = signed_in.ask("GET", "/consent/acme", headers=[("Sec-Fetch-Dest", "document")])
    assert page.status == 200
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    framed = signed_in.ask("GET", "/consent/acme", headers=[("Sec-Fetch-Dest", "iframe")])
    assert (framed.status, framed.headers["location"]) == (303, "/login?consent=acme")
    yes = json.dumps({"destination": "acme", "revoke": True}).encode()
    assert signed_in.ask("PUT", "/v1/consent", yes).status == 403  # no CSRF token
    elsewhere = [("Sec-Fetch-Site", "same-site"), ("Origin", "http://localhost:3000")]
    assert signed_in.ask("PUT", "/v1/consent", yes, csrf=signed_in.csrf, headers=elsewhere).status == 403
    url = url_of(daemon)
    assert ask(url, "PUT", "/v1/consent", ours(url, JSON), yes).status == 401


def test_asking_opens_our_own_page_once_and_nothing_else(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >> {opened}\n')
    program.chmod(stat.S_IRWXU)
    with (
        Collector() as collector,
        sharing_daemon(tmp_path, collector.url, DISPLAY=":99", BROWSER=str(program)) as daemon,
        daemon.caller() as app,
    ):
        for name in ("acme", "acme", "nobody", "../../etc"):
            app.post("/v1/consent/ask", {"destination": name})
        until = time.monotonic() + OPEN_SECONDS
        while not opened.exists() or not opened.read_text():
            assert time.monotonic() < until, "no page was opened"
        login = tmp_path / "data" / "run" / "login.html"
        assert opened.read_text().splitlines() == [login.as_uri()]
        assert f"{url_of(daemon)}/login?consent=acme#" in login.read_text()
        assert stat.S_IMODE(login.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
