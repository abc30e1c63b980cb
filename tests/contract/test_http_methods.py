"""Token, methods and heads over real HTTP: who may read, and that reading changes nothing."""

import base64
import json
from collections.abc import Iterator

import pytest

from sidecar.api.route import Route
from sidecar.api.routes import ROUTES
from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import LEAST, least
from tests.support.plain_http import JSON, ask, host_of, ours, read, send, url_of
from tests.support.problem import CANARY, problem
from tests.support.routes import path_of
from tests.support.secure import secure, without_cors

MANAGING = [route for route in ROUTES if route.manages]
READING = [route for route in ROUTES if route.method == "GET"]
PATHS = sorted({route.path for route in ROUTES})
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def named(route: Route) -> str:
    """How a test names a route."""
    return f"{route.method} {route.path}"


def real(path: str) -> str:
    """A path that a route matches, with the query that it needs."""
    nonce = f"?nonce={'0' * 32}" if path == "/v1/proof" else ""
    (route, *_) = (route for route in ROUTES if route.path == path)
    return path_of(route) + nonce


def corp(path: str) -> str:
    """The resource policy of a path."""
    return "cross-origin" if path in {"/v1/prompts", "/widget.js"} else "same-origin"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with start(
        tmp_path_factory.mktemp("methods") / "data", settings={"HARDWARE_BUCKET": "unknown"}
    ) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def owner(daemon: Daemon) -> Iterator[Caller]:
    """An owner with one record of each kind."""
    with daemon.caller(manages=True) as caller:
        for kind in LEAST:
            assert caller.post("/v1/feedback", least(kind)).status == 201
        yield caller


def unchanged(owner: Caller) -> None:
    """The records of the fixture are all there, and no more."""
    assert [row["feedback_type"] for row in owner.rows("/v1/feedback")] == list(LEAST)


@pytest.mark.parametrize("route", MANAGING, ids=named)
def test_managing_needs_the_token_and_nothing_else_will_do(
    daemon: Daemon, owner: Caller, route: Route
) -> None:
    url, token = url_of(daemon), daemon.token
    wrong = "0" * len(token) if token[0] != "0" else "1" * len(token)
    basic = base64.b64encode(f"owner:{token}".encode()).decode()
    tries = [
        None,
        "",
        "Bearer",
        "Bearer ",
        token,
        f"Bearer{token}",
        f"Bearer  {token}",
        f"Bearer {token[:-1]}",
        f"Bearer {token}0",
        f"Bearer {token} x",
        f"Bearer {token}, Bearer {token}",
        f"Bearer {token.upper()}" if token.upper() != token else "Bearer x",
        f"Bearer {wrong}",
        f"Basic {basic}",
        f"Token {token}",
        f'Bearer "{token}"',
        "Bearer \u00fc",
        "Bearer null",
        f"Bearer {CANARY}",
    ]
    for given in tries:
        for method in {route.method, "HEAD"} if route.method == "GET" else {route.method}:
            headers = ours(url, JSON, *([("Authorization", given)] if given is not None else []))
            answer = secure(without_cors(ask(url, method, real(route.path), headers, b"{}")))
            assert answer.status == 401, given
            assert answer.headers["www-authenticate"] == "Bearer"
            if method != "HEAD":
                problem(answer, 401, "manage-token-needed")
                assert token not in answer.body.decode()
    unchanged(owner)


def test_a_token_that_is_no_text_is_refused(daemon: Daemon) -> None:
    url = url_of(daemon)
    for said in (b"Bearer \xff\xfe", b"Bearer \xed\xa0\x80", b"\xff", b"Bearer \x80" * 50):
        head = b"GET /v1/feedback HTTP/1.1\r\nHost: " + host_of(url).encode() + b"\r\nConnection: close\r\n"
        answer = read(send(url, head + b"Authorization: " + said + b"\r\n\r\n"))
        assert answer.status in {400, 401}
        problem(secure(answer), answer.status)


@pytest.mark.parametrize("route", MANAGING, ids=named)
def test_the_token_is_taken_from_its_header_alone(daemon: Daemon, route: Route) -> None:
    url, token = url_of(daemon), daemon.token
    for name in ("token", "access_token", "authorization", "Authorization"):
        path = f"{path_of(route)}?{name}={token}"
        headers = ours(
            url, JSON, ("Cookie", f"{name}={token}"), ("X-Token", token), ("Proxy-Authorization", token)
        )
        answer = ask(url, route.method, path, headers, b"{}" if route.body else b"")
        problem(answer, 401, "manage-token-needed")


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.manages], ids=named)
def test_submitting_never_asks_for_the_token(daemon: Daemon, owner: Caller, route: Route) -> None:
    url = url_of(daemon)
    for given in (None, f"Bearer {CANARY}"):
        headers = ours(url, JSON, *([("Authorization", given)] if given else []))
        answer = ask(url, route.method, real(route.path), headers, b"{}" if route.body else b"")
        assert secure(answer, corp=corp(route.path)).status not in {401, 403}
    unchanged(owner)


@pytest.mark.parametrize("route", READING, ids=named)
def test_reading_changes_nothing_whatever_comes_with_it(daemon: Daemon, owner: Caller, route: Route) -> None:
    url = url_of(daemon)
    authorized = ("Authorization", f"Bearer {daemon.token}")
    for extra in (
        [("X-HTTP-Method-Override", "DELETE"), ("X-Method-Override", "POST"), ("X-HTTP-Method", "PUT")],
        [JSON],
    ):
        for body in (json.dumps(least("rating")).encode(), b'{"product_id": null}', b""):
            path = real(route.path)
            answer = ask(url, "GET", path, ours(url, authorized, *extra), body)
            assert answer.status == (404 if "{name}" in route.path else 200)  # nobody asks for counts here
            ask(
                url,
                "GET",
                f"{path}{'&' if '?' in path else '?'}_method=POST",
                ours(url, authorized, *extra),
                body,
            )
    unchanged(owner)


@pytest.mark.parametrize("route", READING, ids=named)
def test_a_head_is_the_page_without_its_body(daemon: Daemon, owner: Caller, route: Route) -> None:
    url = url_of(daemon)
    authorized = ours(url, ("Authorization", f"Bearer {daemon.token}"))
    page = ask(url, "GET", real(route.path), authorized)
    head = ask(url, "HEAD", real(route.path), authorized)
    assert (head.status, head.body) == (page.status, b"")
    varying = {"date", "content-length", "transfer-encoding"}  # metrics move, and an export is not run
    assert {k: v for k, v in secure(head, corp=corp(route.path)).headers.items() if k not in varying} == {
        k: v for k, v in page.headers.items() if k not in varying
    }
    if "content-length" in page.headers and route.path != "/metrics":
        assert head.headers["content-length"] == page.headers["content-length"]
    unchanged(owner)


def test_a_head_of_an_export_ends_at_once(daemon: Daemon) -> None:
    """Two requests on one connection: the second would be lost behind a body that should not be there."""
    url = url_of(daemon)
    host = f"Host: {host_of(url)}\r\nAuthorization: Bearer {daemon.token}\r\n"
    first = f"HEAD /v1/export HTTP/1.1\r\n{host}\r\n".encode()
    second = f"GET /healthz HTTP/1.1\r\n{host}Connection: close\r\n\r\n".encode()
    received = send(url, first + second)
    head, _, rest = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert rest.startswith(b"HTTP/1.1 200")
    assert rest.endswith(b'"notes":[]}')


@pytest.mark.parametrize("path", PATHS)
def test_other_methods_are_named_as_not_allowed(daemon: Daemon, owner: Caller, path: str) -> None:
    url = url_of(daemon)
    taken = {route.method for route in ROUTES if route.path == path}
    taken |= {"HEAD"} if "GET" in taken else set()
    taken |= {"OPTIONS"} if any(route.cors for route in ROUTES if route.path == path) else set()
    authorized = ("Authorization", f"Bearer {daemon.token}")
    for method in sorted({*METHODS} - taken):
        for headers in ([], [JSON], [("Content-Type", "text/plain")], [authorized]):
            answer = ask(url, method, real(path), ours(url, *headers))
            secure(without_cors(answer))
            assert answer.status == 405
            assert set(answer.headers["allow"].split(", ")) == taken
            if method != "HEAD":
                problem(answer, 405, "method-not-allowed")
    unchanged(owner)


@pytest.mark.parametrize(
    "path",
    [
        "//",
        "/v1",
        "/v1/",
        "/v2/feedback",
        "/v1/feedback/",
        "/V1/feedback",
        "/v1//feedback",
        "/v1/feedback/batch/x",
        "/v1/feedback/%2e%2e/export",
        "/v1/../metrics/x",
        "/metrics/",
        "/healthz/x",
        "/problems/",
        "/problems/%00",
        "/problems/not-found%0a",
        "/static/app.js",
        "/manage-token",
        "/feedback.db",
        "/%2e%2e/%2e%2e/etc/passwd",
        f"/{CANARY}",
        f"/v1/{CANARY}?{CANARY}={CANARY}",
        f"/problems/{CANARY}",
        "/%ff%fe",
        "/" + "a" * 4_000,
        "*",
    ],
)
def test_an_unknown_path_is_a_problem_that_says_where_to_look(daemon: Daemon, path: str) -> None:
    url = url_of(daemon)
    for method in ("GET", "POST", "DELETE", "PUT", "PATCH"):
        answer = secure(
            without_cors(ask(url, method, path, ours(url, JSON), b"{}" if method != "GET" else b""))
        )
        assert answer.status in {400, 404, 405}
        problem(answer, answer.status)


def test_unknown_methods_are_problems(daemon: Daemon) -> None:
    url = url_of(daemon)
    for method in ("BREW", "get", "PROPFIND", "CONNECT", "QUERY", "M-SEARCH"):
        answer = ask(url, method, "/healthz")
        assert answer.status in {400, 404, 405}, method
        problem(secure(answer), answer.status)
