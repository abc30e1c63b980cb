"""Signing a browser in: a code once and within a minute, and a cookie that never suffices for a change."""

import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from sidecar import proof
from sidecar.api.pageroutes import PAGES
from sidecar.api.route import Route
from sidecar.api.sessions import MOST_SESSIONS
from tests.support.daemon import Daemon, start
from tests.support.field_table import LEAST, least
from tests.support.needs import need
from tests.support.plain_http import JSON, ask, host_of, ours, url_of
from tests.support.problem import problem
from tests.support.secure import without_cors
from tests.support.shell import Shell
from tests.support.signin import OUR_PAGE, Browser, code_of, exchange
from tests.support.squatter import Squatter

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

HOSTILE_FILE = "<img src=x onerror=alert(1)>.toml"
"""The name of a product file that is at fault: a note, and so on the page."""

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
PURGE = json.dumps({"product_id": "nobody"}).encode()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    data_dir = tmp_path_factory.mktemp("login") / "data"
    (data_dir / "products.d").mkdir(parents=True)
    (data_dir / "products.d" / HOSTILE_FILE).write_text("tasks = 1\n")
    data_dir.chmod(0o700)
    with start(data_dir, settings={"HARDWARE_BUCKET": "ram16-19_gpuTrue"}) as running:
        with running.caller() as caller:
            for kind in LEAST:
                assert caller.post("/v1/feedback", least(kind)).status == 201
        yield running


@pytest.fixture(scope="module")
def browser(daemon: Daemon) -> Browser:
    """One that is signed in, and stays so."""
    return Browser(daemon)


def milliseconds() -> int:
    return time.time_ns() // 1_000_000


def minted(daemon: Daemon, *, expires_ms: int, host: str | None = None, token: str | None = None) -> str:
    """A code as only a holder of the token can make it."""
    code = proof.Code("5" * 32, expires_ms)
    return proof.write_code(token or daemon.token, host or host_of(url_of(daemon)), code)


def test_a_code_opens_once(daemon: Daemon) -> None:
    code = code_of(daemon)
    answer = exchange(daemon, code)
    assert answer.status == 201
    assert answer.json["by"] == "session"
    again = exchange(daemon, code)
    problem(again, 401, "login-code-refused")
    assert "set-cookie" not in again.headers


def test_a_code_that_is_old_forged_or_for_another_address_opens_nothing(daemon: Daemon) -> None:
    soon = milliseconds() + proof.CODE_MS - 100  # fresh but for what is wrong with it
    for code in (
        minted(daemon, expires_ms=milliseconds() - 1),
        minted(daemon, expires_ms=milliseconds() + 3_600_000),
        minted(daemon, expires_ms=soon, host="127.0.0.1:1"),
        minted(daemon, expires_ms=soon, host=host_of(url_of(daemon)).replace("127.0.0.1", "localhost")),
        minted(daemon, expires_ms=soon, token="f" * 64),
    ):
        answer = exchange(daemon, code)
        problem(answer, 401, "login-code-refused")
        assert "set-cookie" not in answer.headers


def test_a_code_of_before_the_start_opens_nothing(tmp_path: Path) -> None:
    """A restart forgets which codes were used; so none of them is taken any more."""
    with start(tmp_path / "data") as first:
        token = first.token
    made = milliseconds()
    with start(tmp_path / "data") as second:
        assert second.token == token
        problem(exchange(second, minted(second, expires_ms=made + proof.CODE_MS)), 401, "login-code-refused")


@pytest.mark.parametrize(
    "body", [b"{}", b'{"code":1}', b'{"code":"x"}', b'{"code":"","more":1}', b"[]", b"null"]
)
def test_what_is_no_code_is_told_so_without_repeating_it(daemon: Daemon, body: bytes) -> None:
    answer = ask(url_of(daemon), "POST", "/v1/session", ours(url_of(daemon), JSON), body)
    problem(answer, answer.status)
    assert answer.status in {400, 422}


def test_the_cookie_is_for_this_daemon_and_no_script(daemon: Daemon) -> None:
    answer = exchange(daemon, code_of(daemon))
    pair, *attributes = answer.headers["set-cookie"].split("; ")
    name, _, value = pair.partition("=")
    assert name == f"sidecar-session-{urlsplit(url_of(daemon)).port}"
    assert len(value) == 64
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Strict"]
    assert answer.json["csrf"] != value


def test_a_session_reads_and_with_its_csrf_token_steers(browser: Browser) -> None:
    assert browser.ask("GET", "/v1/feedback").status == 200
    told = browser.ask("GET", "/v1/session").json
    assert (told["by"], told["csrf"]) == ("session", browser.csrf)
    assert browser.ask("POST", "/v1/purge", PURGE, csrf=browser.csrf).json == {"deleted": 0}


def test_a_cookie_alone_changes_nothing(daemon: Daemon, browser: Browser) -> None:
    other = Browser(daemon)
    for csrf in (None, "", "x", other.csrf, other.cookie.partition("=")[2], browser.csrf + "0"):
        problem(browser.ask("POST", "/v1/purge", PURGE, csrf=csrf), 403, "csrf-token-needed")
        problem(browser.ask("DELETE", "/v1/session", csrf=csrf), 403, "csrf-token-needed")
    assert browser.ask("GET", "/v1/session").status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_cookie_counts_for_nothing_when_another_page_asks(
    daemon: Daemon, browser: Browser, site: str
) -> None:
    """Cookies know no ports: a page of another local server is of the same site as ours."""
    told = [("Sec-Fetch-Site", site)]
    for mode in ([], [("Sec-Fetch-Mode", "no-cors")], [("Sec-Fetch-Mode", "navigate")]):
        problem(without_cors(browser.ask("GET", "/v1/session", headers=[*told, *mode])), 401)
        problem(browser.ask("POST", "/v1/purge", PURGE, csrf=browser.csrf, headers=[*told, *mode]), 401)
    for origin in ("http://127.0.0.1:1", "http://localhost", "null", "https://evil.example.org"):
        headers = [OUR_PAGE, ("Origin", origin)]
        answer = browser.ask("POST", "/v1/purge", PURGE, csrf=browser.csrf, headers=headers)
        problem(without_cors(answer), 403, "origin-not-paired")
        answer = ask(
            url_of(daemon), "POST", "/v1/session", ours(url_of(daemon), JSON, ("Origin", origin)), b"{}"
        )
        problem(without_cors(answer), 403, "origin-not-paired")
    embedded = browser.ask("GET", "/", headers=[*told, ("Sec-Fetch-Dest", "iframe")])
    assert (embedded.status, embedded.body) == (303, b"")


def test_a_planted_cookie_does_not_lock_the_owner_out(daemon: Daemon, browser: Browser) -> None:
    """Another local server may set one of the same name, which the browser then sends too."""
    name, _, value = browser.cookie.partition("=")
    url = url_of(daemon)
    for planted in ("x", "f" * 64, '"', "a;b=c", "\u00e9"):
        cookies = ("Cookie", f"{name}={planted}; {name}={value}")
        answer = ask(url, "GET", "/v1/session", ours(url, cookies, OUR_PAGE))
        assert answer.status == 200, planted
    flood = "; ".join([f"{name}={'e' * 64}"] * 40)
    problem(ask(url, "GET", "/v1/session", ours(url, ("Cookie", flood), OUR_PAGE)), 401)
    assert "WARN" not in daemon.log


def test_a_wrong_token_is_not_rescued_by_a_cookie(browser: Browser) -> None:
    headers = [OUR_PAGE, ("Authorization", f"Bearer {'0' * 64}")]
    problem(browser.ask("GET", "/v1/session", headers=headers), 401, "manage-token-needed")


def test_signing_out_ends_the_session(daemon: Daemon) -> None:
    leaving, staying = Browser(daemon), Browser(daemon)
    answer = leaving.ask("DELETE", "/v1/session", csrf=leaving.csrf)
    assert answer.json == {"ended": 1}
    assert "Max-Age=0" in answer.headers["set-cookie"]
    problem(leaving.ask("GET", "/v1/session"), 401)
    assert staying.ask("GET", "/v1/session").status == 200


def test_the_token_signs_every_browser_out(tmp_path: Path) -> None:
    with start(tmp_path / "data") as running, running.caller(manages=True) as owner:
        browsers = [Browser(running) for _ in range(3)]
        assert owner.get("/v1/session").json == {"by": "token", "csrf": None, "ends_in_seconds": None}
        assert owner.delete("/v1/session").json == {"ended": 3}
        for browser in browsers:
            problem(browser.ask("GET", "/v1/session"), 401)


def test_sessions_are_few(tmp_path: Path) -> None:
    with start(tmp_path / "data") as running:
        browsers = [Browser(running) for _ in range(MOST_SESSIONS + 1)]
        problem(browsers[0].ask("GET", "/v1/session"), 401)
        assert all(each.ask("GET", "/v1/session").status == 200 for each in browsers[1:])


@pytest.mark.parametrize(
    "page", [page for page in PAGES if not page.path_parameters], ids=lambda page: page.path
)
def test_a_page_lets_in_nothing_but_what_the_daemon_serves(browser: Browser, page: Route) -> None:
    answer = without_cors(browser.ask("GET", page.path))
    assert answer.status == 200
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy == POLICY
    assert answer.headers["content-type"].partition(";")[0] == page.media[0]
    expected = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
    }
    assert {name: answer.headers.get(name) for name in expected} == expected
    for foreign in (b"http://", b"https://", b"style=", b"<script>"):
        assert foreign not in answer.body.replace(b"http://www.w3.org/2000/svg", b""), foreign


def test_the_overview_is_for_who_signed_in(daemon: Daemon, browser: Browser) -> None:
    url = url_of(daemon)
    for headers in ([], [("Authorization", f"Bearer {daemon.token}")], [("Cookie", browser.cookie + "0")]):
        answer = ask(url, "GET", "/", ours(url, *headers))
        assert (answer.status, answer.headers["location"], answer.body) == (303, "/login", b"")
    page = browser.ask("GET", "/").body.decode()
    assert "5 records came in; none has left this machine." in page
    assert "ram16-19_gpuTrue" in page


def test_words_from_elsewhere_are_text_on_the_page(browser: Browser) -> None:
    page = browser.ask("GET", "/").body.decode()
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img" not in page


def chromium(folder: Path) -> "Iterator[BrowserContext]":
    """A real Chromium with an empty profile in `folder`."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    need(path, "chromium is not installed")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  # a machine without it skips
    except ImportError:
        need(None, "playwright is not installed")
    flags = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
    quiet = ("--disable-background-networking", "--disable-component-update")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(folder), executable_path=path, headless=True, args=[*flags, *quiet]
        )
        try:
            yield context
        finally:
            context.close()


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return tmp_path / "profile"


@pytest.fixture
def chrome(profile: Path) -> "Iterator[BrowserContext]":
    yield from chromium(profile)


def faults_of(page: "Page") -> list[str]:
    """What the browser itself complains of from now on."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def test_a_real_browser_signs_in_once_and_keeps_no_secret(
    daemon: Daemon, chrome: "BrowserContext", profile: Path, tmp_path: Path
) -> None:
    shell = Shell(tmp_path)
    shell.environment["SIDECAR_DATA_DIR"] = str(daemon.data_dir)
    link = shell("open", "--print").out.strip()
    code, url = link.partition("#")[2], url_of(daemon)
    page = chrome.new_page()
    faults = faults_of(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(link)
    page.wait_for_url(f"{url}/")
    page.wait_for_selector("#view:not([aria-busy])")
    with page.expect_response("**/v1/welcome"):
        page.click("#welcome [data-go=skip]")
    assert "5 records came in" in page.inner_text("h1")
    assert "onerror" in page.inner_text(".notes")
    assert page.evaluate("document.cookie") == ""
    assert {urlsplit(each).netloc for each in asked} == {host_of(url)}
    assert not any("#" in each and each != link for each in asked)
    history = chrome.new_cdp_session(page).send("Page.getNavigationHistory")
    assert code not in json.dumps(history)
    assert [entry["url"] for entry in history["entries"]][-1] == f"{url}/"
    (cookie,) = chrome.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")
    assert faults == []

    second = chrome.new_page()
    second.goto(link)
    second.wait_for_selector("#refused:not([hidden])")
    assert second.url == f"{url}/login"

    page.click("#sign-out")
    page.wait_for_url(f"{url}/login")
    page.goto(f"{url}/")
    assert page.url == f"{url}/login"
    assert chrome.cookies() == []
    chrome.close()
    kept = [path for path in profile.rglob("*") if path.is_file()]
    for secret in (daemon.token, cookie["value"]):
        assert not [path.name for path in kept if secret.encode() in path.read_bytes()]
    with sqlite3.connect(profile / "Default" / "History") as visited:
        urls = [row[0] for row in visited.execute("SELECT url FROM urls")]
    visited.close()
    assert f"{url}/" in urls
    # Chromium remembers what it was told to open before any script runs; by then that is no secret any more.
    dead = [each for each in urls if "#" in each]
    assert set(dead) <= {link}
    problem(exchange(daemon, code), 401, "login-code-refused")


ATTEMPT = """async url => {
  const outcome = [];
  for (const [path, method] of [["/v1/session", "GET"], ["/v1/export", "GET"], ["/v1/purge", "POST"]]) {
    try {
      const answer = await fetch(url + path, { method, mode: "no-cors", credentials: "include" });
      outcome.push(`${answer.type} ${(await answer.text()).length}`);
    } catch { outcome.push("refused"); }
  }
  return outcome;
}"""


def refused_so_far(daemon: Daemon) -> int:
    """How often it said 401."""
    with daemon.caller(manages=True) as owner:
        lines = owner.get("/metrics").body.decode().splitlines()
    return int(
        next((line.split()[1] for line in lines if line.startswith('sidecar_answers_total{status="401"}')), 0)
    )


def test_a_page_of_another_local_server_gets_nothing_with_the_cookie(
    daemon: Daemon, chrome: "BrowserContext", tmp_path: Path
) -> None:
    """The browser sends our cookie along, because ports are of one site; the daemon counts it for nothing."""
    url = url_of(daemon)
    page = chrome.new_page()
    page.goto(f"{url}/login#{code_of(daemon)}")
    page.wait_for_url(f"{url}/")
    with Squatter(tmp_path / "record") as other:
        elsewhere = chrome.new_page()
        elsewhere.goto(f"{other.url}/page")
        before = refused_so_far(daemon)
        said = elsewhere.evaluate(ATTEMPT, url)
    assert set(said) <= {"opaque 0", "refused"}
    assert refused_so_far(daemon) == before + 2, "the two that read came, and were not let in"
    with daemon.caller(manages=True) as owner:
        assert len(owner.rows("/v1/feedback")) == len(LEAST)
