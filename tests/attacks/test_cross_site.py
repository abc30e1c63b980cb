"""Cross-site requests as raw HTTP: what a page of another origin can make a browser send stores nothing.

Each type, origin and preflight by itself is proved in tests/contract/test_http_guard.py, and that reading
changes nothing in tests/contract/test_http_methods.py. Here are whole requests, with the headers that
browsers add, the ways to blur them, and a record whose id the attacker knows.
"""

import json
from collections.abc import Iterator
from typing import Final

import pytest

from sidecar.api.routes import ROUTES
from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import least
from tests.support.plain_http import JSON, ask, host_of, ours, read, send, url_of
from tests.support.problem import problem
from tests.support.routes import body_of, path_of
from tests.support.secure import without_cors

RECORD: Final = json.dumps(least("rating")).encode()
EVIL: Final = ("Origin", "https://www.example.org")
CROSS: Final = (("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "empty"))
MULTIPART: Final = (
    b'--x\r\nContent-Disposition: form-data; name="record"\r\nContent-Type: application/json\r\n\r\n'
    + RECORD
    + b"\r\n--x--\r\n"
)
SIMPLE: Final = {
    "text": ("text/plain;charset=UTF-8", RECORD),
    "text that says JSON": ("text/plain; application/json", RECORD),
    "form": ("application/x-www-form-urlencoded", b"feedback_type=rating&model=mistral%3A7b&rating=4"),
    "form with JSON as its name": ("application/x-www-form-urlencoded", RECORD),
    "form as text": ("text/plain", RECORD[:-1] + b', "x": "="}\r\n'),
    "multipart": ("multipart/form-data; boundary=x", MULTIPART),
    "multipart with JSON inside": ("multipart/form-data; boundary=x; type=application/json", RECORD),
    "ping": ("text/ping", RECORD),
    "report of a policy": ("application/csp-report", RECORD),
    "reports": ("application/reports+json", RECORD),
    "no type": (None, RECORD),
}
"""What needs no preflight, or what a browser sends by itself."""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with start(tmp_path_factory.mktemp("cross") / "data", settings={"HARDWARE_BUCKET": "unknown"}) as daemon:
        yield daemon.ready()


@pytest.fixture(scope="module")
def owner(daemon: Daemon) -> Iterator[Caller]:
    with daemon.caller(manages=True) as caller:
        yield caller


@pytest.fixture(scope="module")
def kept(owner: Caller) -> str:
    """A record whose id has become known."""
    found: str = owner.post("/v1/feedback", least("rating")).json["feedback_id"]
    return found


def untouched(owner: Caller, kept: str) -> None:
    """The one record is there, as it was."""
    assert [(row["feedback_id"], row["rating"]) for row in owner.rows("/v1/feedback")] == [(kept, 4)]


@pytest.mark.parametrize("name", SIMPLE)
def test_a_request_without_preflight_stores_nothing(
    daemon: Daemon, owner: Caller, kept: str, name: str
) -> None:
    """403 with an Origin, whatever it says; 415 where the browser names none."""
    url = url_of(daemon)
    declared, body = SIMPLE[name]
    kind = [("Content-Type", declared)] if declared else []
    for path in ("/v1/feedback", "/v1/feedback/batch", "/v1/purge"):
        for origin in (
            EVIL,
            ("Origin", "null"),
            ("Origin", "file://"),
            ("Origin", "http://localhost.example.org"),
        ):
            answer = ask(url, "POST", path, ours(url, *kind, origin, *CROSS), body)
            problem(without_cors(answer), 403, "origin-not-paired")
        for more in ([], [*CROSS], [("Referer", "https://www.example.org/")]):
            token = ("Authorization", f"Bearer {daemon.token}")
            problem(ask(url, "POST", path, ours(url, *kind, token, *more), body), 415, "json-only")
    untouched(owner, kept)


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "PUT", "POST"])
def test_a_known_id_is_no_way_in_from_another_origin(
    daemon: Daemon, owner: Caller, kept: str, method: str
) -> None:
    url = url_of(daemon)
    path = f"/v1/feedback/{kept}"
    body = b'{"rating": 1}' if method != "DELETE" else b""
    for origin in (
        "null",
        "https://www.example.org",
        "http://localhost.",
        "https://localhost:3000.example.org",
    ):
        wish = (("Origin", origin), ("Access-Control-Request-Method", method), *CROSS)
        problem(without_cors(ask(url, "OPTIONS", path, ours(url, *wish))), 403, "origin-not-paired")
        answer = ask(url, method, path, ours(url, JSON, ("Origin", origin)), body)
        problem(without_cors(answer), 403, "origin-not-paired")
    untouched(owner, kept)


def test_no_get_changes_anything(daemon: Daemon, owner: Caller, kept: str) -> None:
    """An image, a link or a prefetch names no Origin: it may be answered, and changes nothing."""
    url = url_of(daemon)
    overrides = (
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-HTTP-Method", "POST"),
        ("X-Method-Override", "PUT"),
    )
    for route in ROUTES:
        for query in ("", "?_method=DELETE", f"?body={RECORD.decode()}".replace(" ", "%20")):
            path = path_of(route, kept) + query
            for method in ("GET", "HEAD"):
                answer = ask(url, method, path, ours(url, *CROSS, *overrides), body_of(route))
                assert "access-control-allow-origin" not in answer.headers
                assert answer.headers["cross-origin-resource-policy"] in {"same-origin", "cross-origin"}
    untouched(owner, kept)


@pytest.mark.parametrize(
    "lines",
    [
        "Origin: http://localhost\r\nOrigin: https://www.example.org\r\n",
        "Origin: https://www.example.org\r\norigin: http://localhost\r\n",
        "Origin: http://localhost\r\n https://www.example.org\r\n",
        "Origin:\r\n https://www.example.org\r\n",
        "Origin: http://localhost, https://www.example.org\r\n",
        "oRiGiN: https://www.example.org\r\n",
        "Origin: \thttps://www.example.org \t\r\n",
        "Origin: http://localhost\x00.example.org\r\n",
        "Origin : https://www.example.org\r\n",
        "Origin:\r\n",
    ],
)
def test_an_origin_that_is_blurred_is_none_of_ours(
    daemon: Daemon, owner: Caller, kept: str, lines: str
) -> None:
    url = url_of(daemon)
    head = f"POST /v1/feedback HTTP/1.1\r\nHost: {host_of(url)}\r\n{lines}Content-Type: application/json\r\n"
    told = f"{head}Content-Length: {len(RECORD)}\r\nConnection: close\r\n\r\n"
    answer = without_cors(read(send(url, told.encode("latin-1") + RECORD)))
    assert answer.status in {400, 403}
    problem(answer, answer.status)
    untouched(owner, kept)


@pytest.mark.parametrize(
    "lines",
    [
        "Content-Type: text/plain\r\nContent-Type: application/json\r\n",
        "Content-Type: application/json\r\nContent-Type: text/plain\r\n",
        "Content-Type: text/plain\r\n application/json\r\n",
        "Content-Type: text/plain,\tapplication/json\r\n",
        "Content-Type : application/json\r\n",
        "Content-Type: application/json\x00text/plain\r\n",
        "X-Content-Type: application/json\r\n",
    ],
)
def test_a_type_that_is_blurred_is_not_json(daemon: Daemon, owner: Caller, kept: str, lines: str) -> None:
    url = url_of(daemon)
    head = f"POST /v1/feedback HTTP/1.1\r\nHost: {host_of(url)}\r\n{lines}"
    told = f"{head}Content-Length: {len(RECORD)}\r\nConnection: close\r\n\r\n"
    answer = without_cors(read(send(url, told.encode("latin-1") + RECORD)))
    assert answer.status in {400, 415}
    problem(answer, answer.status)
    untouched(owner, kept)


def test_a_preflight_that_was_answered_lets_nobody_else_in(daemon: Daemon, owner: Caller, kept: str) -> None:
    """Whoever was allowed on a connection lends nothing to the next request on it."""
    url = url_of(daemon)
    host = f"Host: {host_of(url)}\r\n"
    allowed = f"OPTIONS /v1/feedback HTTP/1.1\r\n{host}Origin: http://localhost:3000\r\n\r\n"
    evil = (
        f"POST /v1/feedback HTTP/1.1\r\n{host}Origin: https://www.example.org\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(RECORD)}\r\n\r\n"
    )
    received = send(url, allowed.encode() + evil.encode() + RECORD)
    assert received.startswith(b"HTTP/1.1 204 ")
    assert received.count(b"HTTP/1.1 403 ") == 1
    assert received.count(b"Access-Control-Allow-Origin") == 1
    untouched(owner, kept)
