"""Submit-only listeners: from a network of its own a client can submit with the token, and nothing else."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psutil
import pytest

from sidecar.api.route import Route
from sidecar.api.routes import ROUTES
from tests.support.caller import Answer, Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import least
from tests.support.namespace import Cable, namespace
from tests.support.plain_http import read, url_of
from tests.support.problem import CANARY, problem
from tests.support.routes import path_of
from tests.support.secure import secure, without_cors
from tests.support.somebody import say

PORT = 8918
HOST = f"host.docker.internal:{PORT}"
NAME = "containers"
ABSENT = [route for route in ROUTES if not route.submits]
LIVE = {
    "POST /v1/feedback",
    "POST /v1/feedback/batch",
    "PATCH /v1/feedback/{feedback_id}",
    "DELETE /v1/feedback/{feedback_id}",
    "GET /v1/prompts",
    "GET /healthz",
}
RECORD = least("rating")


class Container(NamedTuple):
    """Somebody in a network of their own."""

    daemon: Daemon
    cable: Cable

    @property
    def token(self) -> str:
        """What the owner gave them."""
        return (self.daemon.data_dir / f"submit-token-{NAME}").read_text().strip()

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *more: str,
        host: str = HOST,
        token: str | None = "",
    ) -> Answer:
        """One request; the token is theirs, another one, or None for none at all."""
        secret = self.token if token == "" else token
        content = b"" if body is None else json.dumps(body).encode()
        head = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *more]
        head += [f"Content-Length: {len(content)}", "Content-Type: application/json"] if content else []
        head += [f"Authorization: Bearer {secret}"] if secret is not None else []
        raw = "\r\n".join(head).encode() + b"\r\n\r\n" + content
        said = say((self.cable.host, PORT), raw, uid=os.geteuid(), prefix=self.cable.inside)
        assert said.fault is None, said
        return without_cors(secure(read(said.answer, method)))


def configure(folder: Path, *tables: str) -> dict[str, str]:
    """Settings of a daemon with these `[[listen]]` tables."""
    path = folder / "config.toml"
    path.write_text("".join(f"[[listen]]\n{table}\n" for table in tables))
    return {"CONFIG": str(path), "HARDWARE_BUCKET": "unknown"}


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    folder = tmp_path_factory.mktemp("listener")
    (folder / "data" / "products.d").mkdir(parents=True)
    (folder / "data" / "products.d" / "broken.toml").write_text("this is no product file")
    with namespace() as cable:
        table = f'name="{NAME}"\naddress="{cable.host}"\nport={PORT}\nhosts=["host.docker.internal"]'
        with start(folder / "data", settings=configure(folder, table)) as daemon:
            yield Container(daemon, cable)


@pytest.fixture
def owner(container: Container) -> Iterator[Caller]:
    """The daemon's owner, on the machine itself; the store is empty at first."""
    with container.daemon.caller(manages=True) as caller:
        assert caller.post("/v1/purge", {}).status == 200
        yield caller


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def real(route: Route) -> str:
    return path_of(route)


def test_a_container_submits_changes_and_undoes_with_its_token(container: Container, owner: Caller) -> None:
    one = container.ask("POST", "/v1/feedback", RECORD)
    assert one.status == 201, one.body
    many = container.ask("POST", "/v1/feedback/batch", {"records": [RECORD, RECORD]})
    assert (many.status, len(many.json["results"])) == (201, 2)
    place = f"/v1/feedback/{one.json['feedback_id']}"
    assert container.ask("PATCH", place, {"rating": 1}).status == 200
    assert [row["rating"] for row in owner.rows("/v1/feedback")].count(1) == 1
    assert container.ask("DELETE", place).status == 200
    assert len(owner.rows("/v1/feedback")) == 2


def test_a_container_reads_what_may_be_asked_and_whether_the_daemon_lives(container: Container) -> None:
    assert container.ask("GET", "/v1/prompts").status == 200
    assert container.ask("HEAD", "/healthz").status == 200
    health = container.ask("GET", "/healthz")
    assert (health.status, health.json["status"], health.json["notes"]) == (200, "ok", [])
    with container.daemon.caller() as owner:
        assert owner.get("/healthz").json["notes"] != [], "its owner is told of a broken product file"


def test_these_routes_live_on_a_listener_and_no_other() -> None:
    assert {named(route) for route in ROUTES if route.submits} == LIVE
    assert [named(route) for route in ROUTES if route.submits and route.manages] == []


@pytest.mark.parametrize("route", ABSENT, ids=named)
def test_no_other_route_is_there(container: Container, owner: Caller, route: Route) -> None:
    assert container.ask("POST", "/v1/feedback", RECORD).status == 201
    body: object = {} if route.body is not None else None
    answer = container.ask(route.method, real(route), body)
    problem(answer, 404, "not-found")
    nothing = container.ask(route.method, f"/{CANARY}", body)
    assert (nothing.body, nothing.status) == (answer.body, 404), "a route that is hidden can be told"
    assert len(owner.rows("/v1/feedback")) == 1


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_the_manage_token_is_of_no_use(container: Container, owner: Caller, route: Route) -> None:
    body = RECORD if route.body is not None else None
    answer = container.ask(route.method, real(route), body, token=container.daemon.token)
    problem(answer, 401, "submit-token-needed")
    assert owner.rows("/v1/feedback") == []


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "TRACE", "GET", "PROPFIND"])
def test_another_method_is_not_there_either(container: Container, method: str) -> None:
    answer = container.ask(method, "/v1/feedback", None, "Access-Control-Request-Method: POST")
    problem(answer, 404, "not-found")
    assert "allow" not in answer.headers


def wrong_tokens(right: str) -> list[str | None]:
    """What is near the right one."""
    return [None, right[:-1], right + "0", right.upper(), f" {right}", "0" * 64, "", "\u00fc" * 64]


def test_a_missing_or_wrong_token_is_refused_and_stores_nothing(container: Container, owner: Caller) -> None:
    for token in wrong_tokens(container.token):
        shown = " " if token == "" else token
        answer = container.ask("POST", "/v1/feedback", RECORD, token=shown)
        problem(answer, 401, "submit-token-needed")
        assert answer.headers["www-authenticate"] == "Bearer"
    for path in ("/healthz", f"/{CANARY}", "/v1/export"):
        problem(container.ask("GET", path, token=None), 401, "submit-token-needed")
    basic = container.ask(
        "POST", "/v1/feedback", RECORD, f"Authorization: Basic {container.token}", token=None
    )
    problem(basic, 401, "submit-token-needed")
    assert owner.rows("/v1/feedback") == []


HOSTS = [
    "",
    "host.docker.internal",
    f"host.docker.internal:{PORT}0",
    f"HOST.DOCKER.INTERNAL:{PORT}",
    f"host.docker.internal.:{PORT}",
    f"evil.example.org:{PORT}",
    f"host.docker.internal.evil.example.org:{PORT}",
    f"127.0.0.1:{PORT}",
    f"localhost:{PORT}",
    f"{CANARY}:{PORT}",
]


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_was_not_allowed_is_misdirected(container: Container, owner: Caller, host: str) -> None:
    for token in ("", None):
        problem(container.ask("POST", "/v1/feedback", RECORD, host=host, token=token), 421, "unknown-host")
    assert owner.rows("/v1/feedback") == []


def test_the_bare_address_and_the_main_hosts_are_misdirected(container: Container, owner: Caller) -> None:
    for host in (f"{container.cable.host}:{PORT}", urlsplit(url_of(container.daemon)).netloc):
        problem(container.ask("POST", "/v1/feedback", RECORD, host=host), 421, "unknown-host")
    two = container.ask("POST", "/v1/feedback", RECORD, f"Host: {HOST}")
    assert problem(two, two.status)["status"] in {400, 421}
    assert owner.rows("/v1/feedback") == []


@pytest.mark.parametrize(
    "origin", ["null", "http://localhost:3000", f"http://{HOST}", "http://127.0.0.1", ""]
)
def test_no_page_may_submit_even_with_the_token(container: Container, owner: Caller, origin: str) -> None:
    answer = container.ask("POST", "/v1/feedback", RECORD, f"Origin: {origin}")
    problem(answer, 403, "origin-not-paired")
    assert owner.rows("/v1/feedback") == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_the_bodies_are_as_strict_as_on_loopback(container: Container, owner: Caller, kind: str) -> None:
    raw = json.dumps(RECORD)
    head = f"POST /v1/feedback HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Type: {kind}\r\n"
    head += f"Content-Length: {len(raw)}\r\nAuthorization: Bearer {container.token}\r\n\r\n"
    said = say(
        (container.cable.host, PORT), (head + raw).encode(), uid=os.geteuid(), prefix=container.cable.inside
    )
    problem(read(said.answer), 415, "json-only")
    refused = container.ask("POST", "/v1/feedback", RECORD | {"prompt": CANARY})
    problem(refused, 422, "content-not-accepted")
    assert owner.rows("/v1/feedback") == []


def test_the_loopback_door_cannot_be_reached_from_the_container(container: Container) -> None:
    port = urlsplit(url_of(container.daemon)).port or 0
    raw = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()
    for host in ("127.0.0.1", container.cable.host):
        said = say((host, port), raw, uid=os.geteuid(), prefix=container.cable.inside)
        assert said.fault == "ConnectionRefusedError", (host, said)


def test_the_listener_is_bound_to_its_address_alone(container: Container) -> None:
    listening = {
        each.laddr[:2]
        for each in psutil.Process(container.daemon.pid).net_connections("tcp")
        if each.status == psutil.CONN_LISTEN
    }
    main = urlsplit(url_of(container.daemon)).port
    assert listening <= {(container.cable.host, PORT), ("127.0.0.1", main), ("::1", main)}
    assert (container.cable.host, PORT) in listening


def test_what_comes_from_elsewhere_stays_local_unless_it_says_so(container: Container, owner: Caller) -> None:
    said = container.ask("POST", "/v1/feedback", RECORD).json
    assert said["shareable"] == {}
    batch = {"records": [RECORD, RECORD | {"safe_to_share": None}, RECORD | {"safe_to_share": True}]}
    assert container.ask("POST", "/v1/feedback/batch", batch).status == 201
    assert sorted(row["safe_to_share"] for row in owner.rows("/v1/feedback")) == [False, False, False, True]
    assert owner.post("/v1/feedback", RECORD).json["shareable"] != {}


def test_a_key_of_a_container_is_no_key_of_this_machine(container: Container, owner: Caller) -> None:
    keyed = RECORD | {"idempotency_key": "k-1"}
    first = container.ask("POST", "/v1/feedback", keyed)
    again = container.ask("POST", "/v1/feedback", keyed)
    here = owner.post("/v1/feedback", keyed)
    assert (first.status, again.status, here.status) == (201, 200, 201)
    assert first.json["feedback_id"] == again.json["feedback_id"] != here.json["feedback_id"]


def test_the_submit_token_manages_nothing(container: Container) -> None:
    with Caller(url_of(container.daemon), container.token) as caller:
        for path in ("/v1/feedback", "/v1/export", "/metrics"):
            problem(caller.get(path), 401, "manage-token-needed")


def test_the_submit_token_is_private_and_nowhere_else(container: Container) -> None:
    assert container.ask("POST", "/v1/feedback", RECORD).status == 201
    secret = container.token.encode()
    path = container.daemon.data_dir / f"submit-token-{NAME}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    files = [each for each in container.daemon.data_dir.rglob("*") if each.is_file() and each != path]
    assert [each.name for each in files if secret in each.read_bytes()] == []
    process = Path(f"/proc/{container.daemon.pid}")
    assert secret not in (process / "cmdline").read_bytes() + (process / "environ").read_bytes()


def test_a_rotated_submit_token_is_void_at_once(container: Container, owner: Caller) -> None:
    old, path = container.token, container.daemon.data_dir / f"submit-token-{NAME}"
    assert container.ask("GET", "/healthz").status == 200
    path.write_text("e" * 64)
    problem(container.ask("POST", "/v1/feedback", RECORD, token=old), 401, "submit-token-needed")
    assert container.ask("POST", "/v1/feedback", RECORD).status == 201
    assert len(owner.rows("/v1/feedback")) == 1
