"""DNS rebinding: a page reaches the daemon under a name of its own, and gets 421 before anything is routed.

Browsers send such requests with the daemon's own origin, or none (CVE-2024-28224): the Host alone tells.
Below it are the forms that no browser sends, for whoever stands in between.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from sidecar.api.routes import ROUTES
from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import least
from tests.support.plain_http import JSON, ask, host_of, ours, read, send, url_of
from tests.support.problem import CANARY, problem
from tests.support.secure import secure, without_cors
from tests.support.somebody import say

RECORD: Final = json.dumps(least("rating")).encode()
EVIL: Final = "evil.example.org"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with start(
        tmp_path_factory.mktemp("rebinding") / "data", settings={"HARDWARE_BUCKET": "unknown"}
    ) as daemon:
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
    return "cross-origin" if path == "/v1/prompts" else "same-origin"


HOSTS = [
    "",
    "127.0.0.1",
    "localhost",
    "[::1]",
    " ",
    "{port}",
    ":{port}",
    "127.0.0.1:1",
    "127.0.0.1:{port}0",
    "127.0.0.1:0{port}",
    "0.0.0.0:{port}",
    "127.0.0.2:{port}",
    "127.1:{port}",
    "127.0.1:{port}",
    "127.0.0.1:{port}.",
    "127.0.0.1.:{port}",
    "017700000001:{port}",
    "0177.0.0.1:{port}",
    "0x7f.0.0.1:{port}",
    "127.0.0.01:{port}",
    "127.000.000.001:{port}",
    "2130706433:{port}",
    "0x7f000001:{port}",
    "evil.example.org:{port}",
    "evil.example.org",
    "evil.localhost:{port}",
    "localhost.evil.example:{port}",
    "localhost.evil.example.org:{port}",
    "127.0.0.1.nip.io:{port}",
    "localhost.:{port}",
    "LOCALHOST:{port}",
    "LocalHost:{port}",
    "localhost:{port}\tevil.example.org",
    "localhost:{port} evil.example.org",
    "localhost\t:{port}",
    "local host:{port}",
    "localhost:{port}:{port}",
    "localhost:{port}#",
    "localhost:{port}?",
    "localhost:+{port}",
    "localhost:{port}.0",
    "localhost%00:{port}",
    "localhost%2eevil.example.org:{port}",
    "evil.example.org\\@localhost:{port}",
    "127.0.0.1:{port}, evil.example.org",
    "evil.example.org@127.0.0.1:{port}",
    "127.0.0.1:{port}@evil.example.org",
    "127.0.0.1:{port}/",
    "http://127.0.0.1:{port}",
    "localhost:{port}@evil.example.org:{port}",
    "user:word@localhost:{port}",
    "[::]:{port}",
    "[::1%25lo]:{port}",
    "[::1%lo]:{port}",
    "[::1%1]:{port}",
    "[::01]:{port}",
    "[0::1]:{port}",
    "[::1]",
    "[::1].evil.example.org:{port}",
    "[::127.0.0.1]:{port}",
    "[::FFFF:7F00:1]:{port}",
    "[127.0.0.1]:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "[0:0:0:0:0:0:0:1]:{port}",
    "::1:{port}",
    "\u00fc:{port}",
    f"{CANARY}:{{port}}",
]


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_not_ours_is_misdirected(daemon: Daemon, owner: Caller, host: str) -> None:
    url = url_of(daemon)
    headers = [("Host", host.format(port=urlsplit(url).port)), JSON]
    answer = ask(url, "POST", "/v1/feedback", headers, RECORD)
    problem(secure(without_cors(answer)), 421, "unknown-host")
    for path in ("/healthz", "/v1/prompts", "/nothing"):
        problem(secure(ask(url, "GET", path, headers[:1]), corp=corp(path)), 421, "unknown-host")
    with_token = [*headers[:1], ("Authorization", f"Bearer {daemon.token}")]
    problem(secure(ask(url, "GET", "/v1/feedback", with_token)), 421, "unknown-host")
    assert stored(owner) == 0


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_our_hosts_are_answered(daemon: Daemon, name: str) -> None:
    url = url_of(daemon)
    answer = ask(url, "POST", "/v1/feedback", [("Host", f"{name}:{urlsplit(url).port}"), JSON], RECORD)
    assert secure(answer).status == 201


def test_localhost_without_a_port_is_ours_on_the_unix_socket_alone(tmp_path: Path) -> None:
    """What `curl --unix-socket` says; no browser leads a page there."""
    with start(tmp_path / "data", settings={"SOCKET": str(tmp_path / "s")}) as daemon:
        said = head("localhost")
        assert read(say(tmp_path / "s", said, uid=os.geteuid()).answer).status == 200
        place = ("127.0.0.1", urlsplit(url_of(daemon)).port or 0)
        problem(read(say(place, said, uid=os.geteuid()).answer), 421, "unknown-host")
        for host in ("evil.example.org", "evil.localhost", "localhost.", "localhost:1", "127.0.0.1"):
            problem(read(say(tmp_path / "s", head(host), uid=os.geteuid()).answer), 421, "unknown-host")


def head(host: str) -> bytes:
    """A question under a name."""
    return f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


def test_none_or_two_hosts_are_misdirected(daemon: Daemon, owner: Caller) -> None:
    url = url_of(daemon)
    host = ("Host", host_of(url))
    evil = ("Host", f"{EVIL}:{urlsplit(url).port}")
    lower = ("host", host_of(url))
    for hosts in ([], [host, host], [host, evil], [evil, host], [host, lower], [lower, evil]):
        answer = ask(url, "POST", "/v1/feedback", [*hosts, JSON], RECORD)
        problem(secure(answer), 421, "unknown-host")
    old = read(send(url, b"GET /healthz HTTP/1.0\r\n\r\n"))
    problem(secure(old), 421, "unknown-host")
    assert stored(owner) == 0


def test_every_route_is_behind_the_host(daemon: Daemon, owner: Caller) -> None:
    """Also with the token, with the daemon's own origin, and for a path that nobody serves."""
    url = url_of(daemon)
    port = urlsplit(url).port
    paths = {(route.method, route.path.replace("{", "").replace("}", "")) for route in ROUTES}
    for method, path in sorted(paths | {("OPTIONS", "/v1/feedback"), ("TRACE", "/"), ("HEAD", "/healthz")}):
        for more in ([], [("Origin", f"http://{EVIL}:{port}")], [("Origin", url)]):
            headers = [("Host", f"{EVIL}:{port}"), JSON, ("Authorization", f"Bearer {daemon.token}"), *more]
            answer = without_cors(
                ask(url, method, path, headers, b"" if method in {"GET", "HEAD"} else b"{}")
            )
            assert answer.status == 421, (method, path)
    assert stored(owner) == 0


def test_another_header_does_not_stand_in_for_the_host(daemon: Daemon, owner: Caller) -> None:
    url = url_of(daemon)
    for name in (
        "X-Forwarded-Host",
        "X-Host",
        "X-Original-Host",
        "X-HTTP-Host-Override",
        "X-Forwarded-Server",
    ):
        headers = [("Host", EVIL), (name, host_of(url)), ("Forwarded", f"host={host_of(url)}"), JSON]
        problem(ask(url, "POST", "/v1/feedback", headers, RECORD), 421, "unknown-host")
        answer = ask(url, "GET", "/healthz", ours(url, (name, EVIL), ("Forwarded", f"host={EVIL}")))
        assert answer.status == 200
    assert stored(owner) == 0


TARGETS: Final = {
    "foreign": (421, "http://evil.example.org{path}"),
    "foreign with our port": (421, "http://evil.example.org:{port}{path}"),
    "no port": (421, "http://127.0.0.1{path}"),
    "upper case scheme": (421, "HTTP://evil.example.org{path}"),
    "another scheme": (421, "ws://evil.example.org{path}"),
    "user in front": (421, "http://evil@{host}{path}"),
    "our name as user": (421, "http://{host}@evil.example.org{path}"),
    "our name as password": (421, "http://x:{host}@evil.example.org{path}"),
    "suffix": (421, "http://127.0.0.1.evil.example.org:{port}{path}"),
    "ours": (0, "http://{host}{path}"),
}
"""Request target in absolute form -> 421, or answered."""


@pytest.mark.parametrize("name", TARGETS)
def test_a_whole_url_as_target_has_to_name_us(daemon: Daemon, owner: Caller, name: str) -> None:
    """Whoever forwards by the target and checks by the Host, or the other way round, is not fooled."""
    status, form = TARGETS[name]
    url = url_of(daemon)
    for method, path, body in (("GET", "/healthz", b""), ("POST", "/v1/feedback", RECORD)):
        target = form.format(host=host_of(url), port=urlsplit(url).port, path=path)
        assert ask(url, method, target, ours(url, JSON), body).status in ({status} if status else {200, 201})
        problem(ask(url, method, target, [("Host", EVIL), JSON], body), 421, "unknown-host")
    assert stored(owner) == (0 if status else 1)


MALFORMED: Final = {
    "folded": "Host:\r\n {host}\r\n",
    "folded on": "Host: {host}\r\n evil.example.org\r\n",
    "first line folded": " Host: evil.example.org\r\nHost: {host}\r\n",
    "blank before the colon": "Host : {host}\r\n",
    "tab before the colon": "Host\t: {host}\r\n",
    "NUL": "Host: {host}\x00.evil.example.org\r\n",
    "bare CR": "Host: evil.example.org\rHost: {host}\r\n",
    "bare LF": "X: y\nHost: {host}\r\n",
    "colon missing": "Host {host}\r\n",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_host_that_two_readers_would_read_differently_is_refused(
    daemon: Daemon, owner: Caller, name: str
) -> None:
    url = url_of(daemon)
    line = MALFORMED[name].format(host=host_of(url))
    head = f"POST /v1/feedback HTTP/1.1\r\n{line}Content-Type: application/json\r\n"
    told = f"{head}Content-Length: {len(RECORD)}\r\nConnection: close\r\n\r\n"
    answer = read(send(url, told.encode("latin-1") + RECORD))
    problem(secure(answer), answer.status)
    assert answer.status in {400, 421}
    assert stored(owner) == 0


OTHER_PROTOCOLS: Final = {
    "HTTP/1.0 without Host": "POST /v1/feedback HTTP/1.0\r\n{json}\r\n{record}",
    "HTTP/1.0 with a whole URL": "GET http://{host}/healthz HTTP/1.0\r\n\r\n",
    "HTTP/0.9": "GET /healthz\r\n\r\n",
    "HTTP/2 with prior knowledge": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "HTTP/2 target as headers": "GET /healthz HTTP/1.1\r\n:authority: {host}\r\n\r\n",
    "tunnel": "CONNECT evil.example.org:80 HTTP/1.1\r\nHost: evil.example.org\r\n{close}\r\n",
    "PROXY protocol": "PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\nGET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n",
}


@pytest.mark.parametrize("name", OTHER_PROTOCOLS)
def test_another_protocol_is_no_way_around(daemon: Daemon, owner: Caller, name: str) -> None:
    url = url_of(daemon)
    form = OTHER_PROTOCOLS[name]
    typed = f"Content-Type: application/json\r\nContent-Length: {len(RECORD)}\r\n"
    close = "Connection: close\r\n"
    text = form.format(host=host_of(url), json=typed, close=close, record=RECORD.decode())
    answer = read(send(url, text.encode("latin-1")))
    assert answer.status in {400, 421}
    problem(secure(answer), answer.status)
    assert stored(owner) == 0


@pytest.mark.parametrize("wish", ["h2c", "websocket", "TLS/1.2"])
def test_an_upgrade_is_not_taken(daemon: Daemon, wish: str) -> None:
    """The connection goes on as HTTP/1.1: nothing after it escapes the guard."""
    url = url_of(daemon)
    more = ("Upgrade", wish), ("HTTP2-Settings", "AAMAAABkAAQAAP__")
    problem(secure(ask(url, "GET", "/healthz", [("Host", EVIL), *more])), 421, "unknown-host")
    assert ask(url, "GET", "/healthz", ours(url, *more)).status == 200
    upgrade = f"Connection: Upgrade\r\nUpgrade: {wish}\r\n\r\n"
    first = f"GET /healthz HTTP/1.1\r\nHost: {host_of(url)}\r\n{upgrade}"
    second = f"GET /healthz HTTP/1.1\r\nHost: {EVIL}\r\nConnection: close\r\n\r\n"
    received = send(url, first.encode(), second.encode(), hang_up=True)
    assert b" 101 " not in received
    assert received.count(b"HTTP/1.1 200 ") <= 1


def test_each_request_of_a_connection_is_asked_for_its_host(daemon: Daemon, owner: Caller) -> None:
    """A name that was right once opens nothing for the requests behind it."""
    url = url_of(daemon)
    good = f"GET /healthz HTTP/1.1\r\nHost: {host_of(url)}\r\n\r\n"
    bad = (
        f"POST /v1/feedback HTTP/1.1\r\nHost: {EVIL}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(RECORD)}\r\nConnection: close\r\n\r\n"
    )
    received = send(url, good.encode() + bad.encode() + RECORD)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.count(b"HTTP/1.1 421 ") == 1
    assert stored(owner) == 0
