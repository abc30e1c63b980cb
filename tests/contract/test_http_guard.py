"""The guard over real HTTP: which Origin and which body a request may have; Hosts: tests/attacks."""

import gzip
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from sidecar.api.route import Route
from sidecar.api.routes import ROUTES
from tests.support.caller import Answer, Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import least
from tests.support.plain_http import JSON, ask, ours, url_of
from tests.support.problem import CANARY, problem
from tests.support.routes import path_of
from tests.support.secure import secure, without_cors

RECORD = json.dumps(least("rating")).encode()
SUBMITTING = [route for route in ROUTES if route.cors]
MANAGING = [route for route in ROUTES if route.manages]
WITH_BODY = [route for route in ROUTES if route.body is not None]


def named(route: Route) -> str:
    """How a test names a route."""
    return f"{route.method} {route.path}"


def real(route: Route) -> str:
    """A path that the route matches."""
    return path_of(route)


def body_of(route: Route) -> bytes:
    """A body for the routes that take one."""
    bodies = {"Pairing": b'{"origins": []}', "Keeping": b'{"fleet": null}'}
    return b"" if route.body is None else bodies.get(getattr(route.loaded().body, "__name__", ""), b"{}")


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with start(tmp_path_factory.mktemp("guard") / "data", settings={"HARDWARE_BUCKET": "unknown"}) as daemon:
        yield daemon


@pytest.fixture
def owner(daemon: Daemon) -> Iterator[Caller]:
    """An owner whose store is empty at first."""
    with daemon.caller(manages=True) as caller:
        assert caller.post("/v1/purge", {}).status == 200
        yield caller


def stored(owner: Caller) -> int:
    """How many records there are."""
    return len(owner.rows("/v1/feedback"))


def corp(path: str) -> str:
    """The resource policy of a path."""
    return "cross-origin" if path in {"/v1/prompts", "/widget.js"} else "same-origin"


LOOPBACK = [
    "http://localhost",
    "http://localhost:3000",
    "https://localhost:8443",
    "http://app.localhost:3000",
    "https://a-b.c1.localhost",
    "http://127.0.0.1",
    "http://127.0.0.1:5173",
    "https://127.0.0.1:1",
    "http://[::1]:65535",
    "https://[::1]",
]
STRANGERS = [
    "null",
    "NULL",
    "file://",
    "file:///",
    "*",
    "",
    "localhost",
    "//localhost",
    "http://",
    "https://www.example.org",
    "http://localhost.example.org",
    "http://evil-localhost",
    "http://evillocalhost",
    "http://.localhost",
    "http://-a.localhost",
    "http://a..localhost",
    "http://a_b.localhost",
    "http://localhost.",
    "http://localhost/",
    "http://localhost:",
    "http://localhost:123456",
    "http://localhost:3000/",
    "http://localhost:3000#",
    "http://localhost:3000?",
    "http://localhost@evil.example.org",
    "http://localhost:3000@evil.example.org",
    "http://evil.example.org@localhost",
    "http://evil.example.org#.localhost",
    "http://evil.example.org/.localhost",
    "http://evil.example.org\\.localhost",
    "http://127.0.0.1.nip.io",
    "http://127.0.0.1.example.org",
    "http://127.0.0.2",
    "http://127.1",
    "http://0.0.0.0",
    "http://192.168.1.2",
    "http://[::1].example.org",
    "http://[::]",
    "http://[::ffff:127.0.0.1]",
    "HTTP://localhost",
    "http://LOCALHOST",
    "http://l\u00f6calhost",
    "http://localhost http://evil.example.org",
    "http://localhost, http://evil.example.org",
    "ws://localhost",
    "tauri://localhost",
    "app://example",
    "capacitor://localhost",
    "chrome-extension://abcdefghijklmnop",
    "data:text/html,x",
    CANARY,
]


def from_page(daemon: Daemon, origin: str, method: str = "POST", path: str = "/v1/feedback") -> Answer:
    """What a page of this origin gets."""
    url = url_of(daemon)
    body = RECORD if method == "POST" else b""
    return ask(url, method, path, ours(url, JSON, ("Origin", origin)), body)


@pytest.mark.parametrize("origin", LOOPBACK)
def test_pages_of_this_machine_may_submit_and_read_their_answer(
    daemon: Daemon, owner: Caller, origin: str
) -> None:
    answer = secure(from_page(daemon, origin))
    assert answer.status == 201
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["vary"] == "Origin"
    assert stored(owner) == 1


def test_our_own_pages_may_submit(daemon: Daemon) -> None:
    origin = url_of(daemon)
    assert from_page(daemon, origin).headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize("origin", STRANGERS)
def test_other_origins_may_neither_submit_nor_read(daemon: Daemon, owner: Caller, origin: str) -> None:
    for route in ROUTES:
        answer = from_page(daemon, origin, route.method, real(route))
        problem(secure(without_cors(answer), corp=corp(route.path)), 403, "origin-not-paired")
    assert stored(owner) == 0


def test_two_origins_are_refused(daemon: Daemon, owner: Caller) -> None:
    url = url_of(daemon)
    origins = [("Origin", "http://localhost"), ("Origin", "http://localhost")]
    problem(without_cors(ask(url, "POST", "/v1/feedback", ours(url, JSON, *origins), RECORD)), 403)
    assert stored(owner) == 0


@pytest.mark.parametrize("route", SUBMITTING, ids=named)
def test_every_answer_to_a_page_says_that_it_depends_on_the_origin(daemon: Daemon, route: Route) -> None:
    url = url_of(daemon)
    for headers in ([], [("Origin", "http://localhost")], [("Origin", "null")]):
        answer = ask(url, route.method, real(route), ours(url, JSON, *headers), body_of(route))
        assert secure(answer, corp=corp(route.path)).headers["vary"] == "Origin"


OWN_ANSWERS = {
    "PUT /v1/consent": 422,
    "POST /v1/upload": 409,
    "GET /v1/products/{product_id}": 200,
    "PUT /v1/products/{product_id}": 200,
}
"""What our own page is answered where that is not what most routes say: nothing is granted here, and of any
product there is something to show."""


@pytest.mark.parametrize("route", MANAGING, ids=named)
def test_other_pages_may_not_manage_even_with_the_token(daemon: Daemon, route: Route) -> None:
    url = url_of(daemon)
    token = ("Authorization", f"Bearer {daemon.token}")
    for origin in (*LOOPBACK, "null"):
        headers = ours(url, JSON, token, ("Origin", origin))
        answer = ask(url, route.method, real(route), headers, body_of(route))
        problem(secure(without_cors(answer)), 403, "origin-not-paired")
    port = urlsplit(url).port
    for origin in (f"http://127.0.0.1:{port}", f"http://localhost:{port}", f"http://[::1]:{port}"):
        headers = ours(url, JSON, token, ("Origin", origin))
        answer = ask(url, route.method, real(route), headers, body_of(route))
        usual = 404 if route.path_parameters else 200
        assert secure(without_cors(answer)).status == OWN_ANSWERS.get(named(route), usual)


@pytest.mark.parametrize("path", sorted({real(route) for route in SUBMITTING}))
def test_the_preflight_names_exactly_what_a_page_may(daemon: Daemon, path: str) -> None:
    url = url_of(daemon)
    wish = [("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type")]
    answer = ask(url, "OPTIONS", path, ours(url, ("Origin", "http://localhost:3000"), *wish))
    assert (answer.status, answer.body) == (204, b"")
    cors = {name: value for name, value in answer.headers.items() if name.startswith("access-control")}
    assert cors == {
        "access-control-allow-origin": "http://localhost:3000",
        "access-control-allow-methods": "POST, PATCH, DELETE",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "600",
    }
    assert secure(answer).headers["vary"] == "Origin"
    for origin in ("null", "https://www.example.org"):
        answer = ask(url, "OPTIONS", path, ours(url, ("Origin", origin), *wish))
        problem(secure(without_cors(answer)), 403, "origin-not-paired")


@pytest.mark.parametrize("path", sorted({real(route) for route in MANAGING} - {real(r) for r in SUBMITTING}))
def test_there_is_no_preflight_for_managing(daemon: Daemon, path: str) -> None:
    url = url_of(daemon)
    problem(without_cors(ask(url, "OPTIONS", path, ours(url, ("Origin", url)))), 405)
    problem(without_cors(ask(url, "OPTIONS", path, ours(url, ("Origin", "http://localhost")))), 403)


TYPES = [
    None,
    "",
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/json",
    "application/jsonp",
    "application/json5",
    "application/problem+json",
    "application/x-json",
    "application/json; charset=utf-16",
    "application/json; charset=latin-1",
    "application/json; charset=utf-8; a=b",
    "application/json, text/plain",
    "text/plain; application/json",
    "application/json;",
    "*/*",
    CANARY,
]


@pytest.mark.parametrize("route", WITH_BODY, ids=named)
def test_a_body_is_declared_as_json_or_refused(daemon: Daemon, owner: Caller, route: Route) -> None:
    url = url_of(daemon)
    owner.post("/v1/feedback", least("rating"))
    token = ("Authorization", f"Bearer {daemon.token}")
    for declared in TYPES:
        headers = ours(url, token, *([("Content-Type", declared)] if declared is not None else []))
        for body in (RECORD, b"{}", b""):
            answer = ask(url, route.method, real(route), headers, body)
            problem(secure(answer), 415, "json-only")
    twice = ours(url, token, JSON, JSON)
    problem(ask(url, route.method, real(route), twice, b"{}"), 400, "malformed-request")
    assert stored(owner) == 1


@pytest.mark.parametrize(
    "declared",
    [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        "application/json; charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json ; charset=utf-8",
    ],
)
def test_the_spellings_of_json_in_utf8_are_taken(daemon: Daemon, declared: str) -> None:
    url = url_of(daemon)
    answer = ask(url, "POST", "/v1/feedback", ours(url, ("Content-Type", declared)), RECORD)
    assert answer.status == 201


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity", "", "gzip, gzip", CANARY])
@pytest.mark.parametrize("route", WITH_BODY, ids=named)
def test_a_compressed_body_is_refused(daemon: Daemon, owner: Caller, route: Route, encoding: str) -> None:
    url = url_of(daemon)
    token = ("Authorization", f"Bearer {daemon.token}")
    headers = ours(url, JSON, token, ("Content-Encoding", encoding))
    for body in (RECORD, gzip.compress(b" " * 10_000_000), b""):
        problem(secure(ask(url, route.method, real(route), headers, body)), 415, "json-only")
    assert stored(owner) == 0
