"""Another user of the machine, in a process of their own: 403 over every way in, and nothing is stored."""

import json
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sidecar.api.route import Route
from sidecar.api.routes import ROUTES
from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import least
from tests.support.needs import need, need_linux
from tests.support.plain_http import read
from tests.support.problem import CANARY, problem
from tests.support.routes import path_of
from tests.support.secure import secure, without_cors
from tests.support.somebody import UNUSED_UID, has_ipv6, say

OTHER_SOCKETS = 5_000


@pytest.fixture(autouse=True, scope="module")
def _as_root() -> None:
    need_linux()
    need(os.geteuid() == 0, "becoming another user needs root")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A directory that anybody may enter, as no data directory is."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def daemon(tmp_path: Path, open_folder: Path) -> Iterator[Daemon]:
    """A daemon with a socket in a public place."""
    settings = {"HARDWARE_BUCKET": "unknown", "SOCKET": str(open_folder / "socket")}
    with start(tmp_path / "data", settings=settings) as daemon:
        yield daemon


@pytest.fixture
def owner(daemon: Daemon) -> Iterator[Caller]:
    with daemon.caller(manages=True) as caller:
        yield caller


def tcp(daemon: Daemon, host: str = "127.0.0.1") -> tuple[str, int]:
    """Where it serves."""
    assert daemon.endpoint is not None
    return host, urlsplit(daemon.endpoint.url).port or 0


def unix(daemon: Daemon) -> Path:
    """Its socket, open to everybody, as a careless hand could leave it."""
    assert daemon.endpoint is not None
    path = Path(daemon.endpoint.socket or "")
    path.chmod(0o666)
    return path


def request(daemon: Daemon, method: str, path: str, body: bytes = b"", *more: str) -> bytes:
    """A request that would be right in every other way."""
    head = [
        f"{method} {path} HTTP/1.1",
        f"Host: 127.0.0.1:{tcp(daemon)[1]}",
        f"Content-Length: {len(body)}",
        "Content-Type: application/json",
        "Connection: close",
        *more,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def record(daemon: Daemon) -> bytes:
    """A record as its owner could send it."""
    return request(daemon, "POST", "/v1/feedback", json.dumps(least("rating")).encode())


def refused(raw: bytes, method: str = "POST") -> None:
    """The answer is a 403 that says nothing of the daemon."""
    answer = without_cors(read(raw, method))
    found = problem(answer, 403, "other-user")
    assert set(found) == {"type", "title", "status", "detail"}


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def test_another_user_over_tcp_is_refused_and_stores_nothing(daemon: Daemon, owner: Caller) -> None:
    raw = say(tcp(daemon), record(daemon)).answer
    refused(raw)
    secure(read(raw))
    assert owner.rows("/v1/feedback") == []


def test_another_user_over_ipv6_is_refused_and_stores_nothing(daemon: Daemon, owner: Caller) -> None:
    need(has_ipv6(), "this machine has no IPv6 loopback")
    refused(say(tcp(daemon, "::1"), record(daemon)).answer)
    refused(say(tcp(daemon), record(daemon), mapped=True).answer)
    assert owner.rows("/v1/feedback") == []


def test_another_user_at_the_socket_is_refused_and_stores_nothing(daemon: Daemon, owner: Caller) -> None:
    refused(say(unix(daemon), record(daemon)).answer)
    assert owner.rows("/v1/feedback") == []


def test_the_socket_as_we_make_it_cannot_be_opened_by_another_user(daemon: Daemon) -> None:
    assert daemon.endpoint is not None
    assert say(Path(daemon.endpoint.socket or ""), record(daemon)).fault == "PermissionError"


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_another_user_is_refused_by_every_route(shared: Daemon, route: Route) -> None:
    path = path_of(route)
    raw = request(shared, route.method, path, b"{}", f"Authorization: Bearer {shared.token}")
    refused(say(tcp(shared), raw).answer, route.method)


@pytest.mark.parametrize("line", [f"GET /{CANARY}", "OPTIONS /v1/feedback", "HEAD /healthz"])
def test_another_user_is_refused_where_there_is_no_route(shared: Daemon, line: str) -> None:
    method, path = line.split(" ")
    raw = say(tcp(shared), request(shared, method, path)).answer
    assert raw.startswith(b"HTTP/1.1 403 ")
    assert CANARY.encode() not in raw


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with start(tmp_path_factory.mktemp("other") / "data", settings={"HARDWARE_BUCKET": "unknown"}) as daemon:
        yield daemon


@pytest.mark.parametrize("how", ["closes", "resets", "half-closes"])
def test_another_user_who_does_not_wait_stores_nothing(daemon: Daemon, owner: Caller, how: str) -> None:
    for _ in range(10):
        say(tcp(daemon), record(daemon), how=how)
    assert owner.rows("/v1/feedback") == []


def test_no_request_behind_the_first_is_answered(daemon: Daemon, owner: Caller) -> None:
    one = record(daemon).replace(b"Connection: close\r\n", b"")
    raw = say(tcp(daemon), one * 3).answer
    refused(raw)
    assert raw.count(b"HTTP/1.1 ") == 1
    assert owner.rows("/v1/feedback") == []


def test_the_owner_is_served_over_every_way_in(daemon: Daemon, owner: Caller) -> None:
    ways: list[tuple[tuple[str, int] | Path, bool]] = [(tcp(daemon), False), (unix(daemon), False)]
    if has_ipv6():
        ways += [(tcp(daemon, "::1"), False), (tcp(daemon), True)]
    for where, mapped in ways:
        raw = say(where, record(daemon), uid=os.geteuid(), mapped=mapped).answer
        assert read(raw, "POST").status == 201, (where, mapped, raw)
    assert len(owner.rows("/v1/feedback")) == len(ways)


def test_root_is_served_by_the_daemon_of_another_user(open_folder: Path) -> None:
    as_somebody = ("setpriv", f"--reuid={UNUSED_UID}", f"--regid={UNUSED_UID}", "--clear-groups")
    need(os.access(sys.executable, os.X_OK) and _others_can_run(), "another user cannot run this Python")
    os.chown(open_folder, UNUSED_UID, UNUSED_UID)
    config = open_folder / "config.toml"
    config.write_text('hardware_bucket = "unknown"\n')
    settings = {"CONFIG": str(config), "SOCKET": str(open_folder / "socket")}
    with start(open_folder / "data", settings=settings, prefix=as_somebody) as daemon:
        for where in (tcp(daemon), unix(daemon)):
            assert read(say(where, record(daemon), uid=0).answer, "POST").status == 201
            assert read(say(where, record(daemon), uid=UNUSED_UID).answer, "POST").status == 201
            refused(say(where, record(daemon), uid=UNUSED_UID + 1).answer)


def _others_can_run() -> bool:
    here = Path(sys.executable).absolute()
    product = Path(__file__).resolve().parents[2] / "sidecar"
    return all(path.stat().st_mode & 0o001 for path in [*here.parents, *product.parents, product])


def test_a_crowd_of_other_sockets_hides_nobody(daemon: Daemon, owner: Caller) -> None:
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=4096))
        try:
            for _ in range(OTHER_SOCKETS // 2):
                stack.enter_context(socket.create_connection(listening.getsockname()))
                stack.enter_context(listening.accept()[0])
        except OSError:
            need(None, f"{OTHER_SOCKETS} sockets cannot be opened here")
        refused(say(tcp(daemon), record(daemon)).answer)
        assert read(say(tcp(daemon), record(daemon), uid=os.geteuid()).answer, "POST").status == 201
    assert len(owner.rows("/v1/feedback")) == 1
