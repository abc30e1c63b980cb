"""Pairing of web origins with a real daemon: what it allows, what it never allows, and how long it holds."""

import contextlib
import http.client
import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sidecar import origins
from sidecar.api.route import Route
from sidecar.api.routes import ROUTES
from tests.support.caller import Answer, Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import least
from tests.support.plain_http import JSON, ask, ours, url_of
from tests.support.problem import CANARY, problem
from tests.support.routes import path_of
from tests.support.secure import secure, without_cors
from tests.support.shell import Shell

RECORD = json.dumps(least("rating")).encode()
PAIRED = "https://app.example.org"
APPS = ("tauri://localhost", "app://name", "chrome-extension://abcdefghijklmnopabcdefghijklmnop")
NEIGHBOURS = (
    "http://app.example.org",
    "https://app.example.org:8443",
    "https://app.example.org.",
    "https://app.example.org.evil.example.org",
    "https://evil.app.example.org",
    "https://example.org",
    "https://APP.example.org",
    "https://app.example.org/",
    "https://app.example.org, https://evil.example.org",
    "null",
    "file://",
    "*",
)
PAGES_MAY = [route for route in ROUTES if route.cors]
PAGES_MAY_NOT = [route for route in ROUTES if not route.cors]
SETTINGS = {"HARDWARE_BUCKET": "unknown"}


def named(route: Route) -> str:
    """How a test names a route."""
    return f"{route.method} {route.path}"


def real(route: Route) -> str:
    """A path that the route matches."""
    return path_of(route)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with start(tmp_path_factory.mktemp("origins") / "data", settings=SETTINGS) as daemon:
        yield daemon


@pytest.fixture
def owner(daemon: Daemon) -> Iterator[Caller]:
    """An owner who has no records and has paired nobody."""
    with daemon.caller(manages=True) as caller:
        assert caller.post("/v1/purge", {}).status == 200
        assert pair(caller) == []
        yield caller


def pair(owner: Caller, *origins: str) -> list[str]:
    """Let these be the paired ones; returns those that the daemon then says are."""
    answer = owner.ask("PUT", "/v1/origins", {"origins": origins})
    assert answer.status == 200, answer.body
    assert answer.json == owner.get("/v1/origins").json
    return [row["origin"] for row in answer.json["rows"] if row["paired"]]


def from_page(
    daemon: Daemon, origin: str, method: str = "POST", path: str = "/v1/feedback", body: bytes = b""
) -> Answer:
    """What a page of this origin gets."""
    url = url_of(daemon)
    sent = body or (RECORD if method == "POST" else b"")
    return ask(url, method, path, ours(url, JSON, ("Origin", origin)), sent)


def readable(answer: Answer, origin: str) -> Answer:
    """The answer, once it is sure that pages of this origin may read it, and no others."""
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["vary"] == "Origin"
    return answer


@pytest.mark.parametrize("origin", [PAIRED, *APPS])
def test_a_paired_origin_submits_and_its_neighbours_do_not(
    daemon: Daemon, owner: Caller, origin: str
) -> None:
    problem(without_cors(from_page(daemon, origin)), 403, "origin-not-paired")
    assert pair(owner, origin) == [origin]
    assert secure(readable(from_page(daemon, origin), origin)).status == 201
    for other in NEIGHBOURS:
        problem(secure(without_cors(from_page(daemon, other))), 403, "origin-not-paired")
    assert len(owner.rows("/v1/feedback")) == 1


def test_a_paired_page_changes_and_undoes_what_it_sent(daemon: Daemon, owner: Caller) -> None:
    pair(owner, PAIRED)
    path = f"/v1/feedback/{from_page(daemon, PAIRED).json['feedback_id']}"
    changed = from_page(daemon, PAIRED, "PATCH", path, b'{"rating": 1}')
    assert (readable(changed, PAIRED).status, changed.json["rating"]) == (200, 1)
    assert readable(from_page(daemon, PAIRED, "DELETE", path), PAIRED).status == 200
    assert owner.rows("/v1/feedback") == []


@pytest.mark.parametrize("path", sorted({real(route) for route in PAGES_MAY}))
def test_a_preflight_of_a_paired_origin_is_answered_exactly(daemon: Daemon, owner: Caller, path: str) -> None:
    pair(owner, PAIRED)
    url = url_of(daemon)
    for wish in ("POST", "PATCH", "DELETE"):
        wanted = [("Access-Control-Request-Method", wish), ("Access-Control-Request-Headers", "content-type")]
        answer = ask(url, "OPTIONS", path, ours(url, ("Origin", PAIRED), *wanted))
        assert (answer.status, answer.body) == (204, b"")
        cors = {name: value for name, value in answer.headers.items() if name.startswith("access-control")}
        assert cors == {
            "access-control-allow-origin": PAIRED,
            "access-control-allow-methods": "POST, PATCH, DELETE",
            "access-control-allow-headers": "content-type",
            "access-control-max-age": "600",
        }
        assert secure(answer).headers["vary"] == "Origin"


def test_a_paired_page_reads_the_routes_that_are_for_pages(daemon: Daemon, owner: Caller) -> None:
    pair(owner, PAIRED)
    reading = [route for route in PAGES_MAY if route.method == "GET" and not route.path_parameters]
    assert len(reading) > 3
    for route in reading:
        assert readable(from_page(daemon, PAIRED, "GET", route.path), PAIRED).status == 200


@pytest.mark.parametrize("route", PAGES_MAY_NOT, ids=named)
def test_a_paired_origin_never_manages(daemon: Daemon, owner: Caller, route: Route) -> None:
    pair(owner, PAIRED, *APPS)
    url = url_of(daemon)
    token = ("Authorization", f"Bearer {daemon.token}")
    for origin in (PAIRED, *APPS):
        headers = ours(url, JSON, token, ("Origin", origin))
        body = b'{"origins": []}' if route.body is not None else b""
        answer = ask(url, route.method, real(route), headers, body)
        problem(secure(without_cors(answer)), 403, "origin-not-paired")
    if route.path not in {real(each) for each in PAGES_MAY}:
        asked = ask(url, "OPTIONS", real(route), ours(url, ("Origin", PAIRED)))
        problem(without_cors(asked), 403, "origin-not-paired")


def test_unpairing_holds_from_the_next_request_on(daemon: Daemon, owner: Caller) -> None:
    """Also on a connection that was open before."""
    pair(owner, PAIRED, APPS[0])
    with contextlib.closing(http.client.HTTPConnection(urlsplit(url_of(daemon)).netloc)) as kept_open:

        def status() -> int:
            kept_open.request("POST", "/v1/feedback", RECORD, dict((JSON, ("Origin", PAIRED))))
            answer = kept_open.getresponse()
            answer.read()
            return answer.status

        assert status() == 201
        assert pair(owner, APPS[0]) == [APPS[0]]
        assert status() == 403
        assert pair(owner, APPS[0], PAIRED) == sorted([PAIRED, APPS[0]])
        assert status() == 201
        pair(owner, APPS[0])
    problem(without_cors(from_page(daemon, PAIRED)), 403, "origin-not-paired")
    problem(without_cors(from_page(daemon, PAIRED, "OPTIONS")), 403, "origin-not-paired")
    assert from_page(daemon, APPS[0]).status == 201


def test_the_last_of_many_lists_at_once_is_the_one_that_holds(daemon: Daemon, owner: Caller) -> None:
    """What is allowed, what is listed and what is on the disk never differ."""

    def write(name: str) -> None:
        with daemon.caller(manages=True) as another:
            for number in range(20):
                sent = {"origins": [f"https://{name}{number}.example.org"]}
                assert another.ask("PUT", "/v1/origins", sent).status == 200

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (row,) = owner.get("/v1/origins").json["rows"]
    assert from_page(daemon, row["origin"]).status == 201
    assert on_disk(daemon.data_dir) == {row["origin"]}


def on_disk(data_dir: Path) -> set[str]:
    """The paired origins in the file."""
    with contextlib.closing(
        sqlite3.connect(f"{(data_dir / 'feedback.db').as_uri()}?mode=ro", uri=True)
    ) as file:
        return {origin for (origin,) in file.execute("SELECT origin FROM paired_origin")}


REFUSED = [
    "null",
    "file://",
    "*",
    "https://*.example.org",
    "https://app.example.org/",
    "https://app.example.org/path",
    "https://App.example.org",
    "https://app.example.org:443",
    "https://ada:secret@app.example.org",
    "app.example.org",
    "http://localhost:3000",
    "http://[fe80::1]",
    "https://app.example.org\r\nX-Evil: 1",
    "",
    CANARY,
    f"https://{CANARY}.example.org",
]


@pytest.mark.parametrize("origin", REFUSED)
def test_what_cannot_be_paired_is_refused_in_words(owner: Caller, origin: str) -> None:
    pair(owner, PAIRED)
    refused = problem(owner.ask("PUT", "/v1/origins", {"origins": [APPS[0], origin]}), 422, "invalid-record")
    assert (refused["field"], refused["index"]) == ("origins", 1)
    assert refused["detail"] == origins.fault(origin)
    assert [row["origin"] for row in owner.get("/v1/origins").json["rows"]] == [PAIRED]


BODIES: list[object] = [
    {},
    [],
    "x",
    {"origins": None},
    {"origins": PAIRED},
    {"origins": [1]},
    {"origins": [None]},
    {"origins": [[PAIRED]]},
    {"origins": [PAIRED, PAIRED]},
    {"origins": [f"https://a{number}.example.org" for number in range(65)]},
    {"origins": [], "paired": True},
    {"origin": [PAIRED]},
    {CANARY: [CANARY]},
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: str(body)[:40])
def test_the_body_of_a_pairing_is_strict(owner: Caller, body: object) -> None:
    pair(owner, PAIRED)
    problem(owner.ask("PUT", "/v1/origins", body), 422, "invalid-record")
    assert [row["origin"] for row in owner.get("/v1/origins").json["rows"]] == [PAIRED]


def test_as_many_origins_as_a_person_oversees_can_be_paired(owner: Caller) -> None:
    many = sorted(f"https://a{number}.example.org" for number in range(origins.MOST_PAIRED))
    assert pair(owner, *many) == many


def test_the_list_takes_no_query(owner: Caller) -> None:
    problem(owner.get("/v1/origins?limit=1"), 422, "invalid-query")


def test_a_proposal_alone_allows_nothing(tmp_path: Path) -> None:
    """The file may come while the daemon runs; who proposes is told, and whoever pairs keeps it."""
    with start(tmp_path / "data", settings=SETTINGS) as daemon, daemon.caller(manages=True) as owner:
        folder = tmp_path / "data" / "products.d"
        folder.mkdir()
        (folder / "example-chat.toml").write_text(f"origins = [{PAIRED!r}, {APPS[0]!r}]")
        (folder / "other.toml").write_text(f"origins = [{PAIRED!r}]")
        (folder / "faulty.toml").write_text("origins = ['null']")
        assert owner.get("/v1/origins").json == {
            "rows": [
                {"origin": PAIRED, "paired": False, "proposed_by": ["example-chat", "other"]},
                {"origin": APPS[0], "paired": False, "proposed_by": ["example-chat"]},
            ],
            "next": None,
        }
        for origin in (PAIRED, APPS[0], "null"):
            problem(without_cors(from_page(daemon, origin)), 403, "origin-not-paired")
        assert pair(owner, PAIRED) == [PAIRED]
        assert from_page(daemon, PAIRED).status == 201
        problem(without_cors(from_page(daemon, APPS[0])), 403, "origin-not-paired")
        (folder / "other.toml").unlink()
        (folder / "example-chat.toml").unlink()
        assert owner.get("/v1/origins").json["rows"] == [
            {"origin": PAIRED, "paired": True, "proposed_by": []}
        ]


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_pairing_outlives_a_restart_and_a_purge_and_unpairing_does_too(tmp_path: Path, end: str) -> None:
    data_dir = tmp_path / "data"
    with start(data_dir, settings=SETTINGS) as daemon, daemon.caller(manages=True) as owner:
        pair(owner, PAIRED, *APPS)
        pair(owner, PAIRED)
        assert from_page(daemon, PAIRED).status == 201
        assert owner.post("/v1/purge", {}).json == {"deleted": 1}
        getattr(daemon, end)()
    with start(data_dir, settings=SETTINGS) as daemon:
        assert from_page(daemon, PAIRED).status == 201
        for origin in APPS:
            problem(without_cors(from_page(daemon, origin)), 403, "origin-not-paired")


def test_what_somebody_wrote_into_the_file_is_not_believed(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with start(data_dir, settings=SETTINGS) as daemon, daemon.caller(manages=True) as owner:
        pair(owner, PAIRED)
        daemon.stop()
    forged = ("null", "file://", "*", "https://evil.example.org/")
    with contextlib.closing(sqlite3.connect(data_dir / "feedback.db")) as file, file:
        file.executemany("INSERT INTO paired_origin VALUES (?)", [(origin,) for origin in forged])
    with start(data_dir, settings=SETTINGS) as daemon, daemon.caller(manages=True) as owner:
        assert [row["origin"] for row in owner.get("/v1/origins").json["rows"]] == [PAIRED]
        for origin in forged:
            problem(without_cors(from_page(daemon, origin)), 403, "origin-not-paired")


def test_two_origins_with_one_key_do_not_meet(daemon: Daemon, owner: Caller) -> None:
    pair(owner, PAIRED, APPS[0])
    keyed = json.dumps(least("rating", idempotency_key="once")).encode()
    ids = [from_page(daemon, origin, body=keyed).json["feedback_id"] for origin in (PAIRED, APPS[0], PAIRED)]
    assert ids[0] == ids[2] != ids[1]


def test_the_log_says_that_something_was_paired_and_not_what(daemon: Daemon, owner: Caller) -> None:
    pair(owner, "https://zebra-violin.example.org")
    assert "the owner paired" in daemon.log
    assert "zebra-violin" not in daemon.log


def test_a_shell_pairs_and_unpairs(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    said = shell("origins")
    assert (said.code, said.err) == (1, "sidecar: no daemon answers; start it with `sidecar run`\n")
    with start(shell.data_dir, settings=SETTINGS) as daemon:
        folder = shell.data_dir / "products.d"
        folder.mkdir()
        (folder / "example-chat.toml").write_text(f"origins = [{APPS[0]!r}]")
        assert shell("origins", "pair", PAIRED).code == 0
        assert from_page(daemon, PAIRED).status == 201
        shown = shell("origins").out.splitlines()
        assert shown[1:] == [f"{PAIRED}  yes, paired  -", f"{APPS[0]}        no           example-chat"]
        assert shell("origins", "pair", PAIRED, "--json").json["rows"][0]["paired"] is True
        assert shell("origins", "unpair", PAIRED).code == 0
        problem(without_cors(from_page(daemon, PAIRED)), 403, "origin-not-paired")
        again = shell("origins", "unpair", PAIRED)
        assert (again.code, again.out) == (1, "")
        assert "not paired; those that are: none" in again.err
        assert [row["origin"] for row in shell("origins", "list", "--json").json["rows"]] == [APPS[0]]


@pytest.mark.parametrize(
    "words",
    [
        ("pair",),
        ("unpair",),
        ("list", PAIRED),
        ("pair", "null"),
        ("pair", "https://*.example.org"),
        ("give",),
    ],
    ids=" ".join,
)
def test_a_shell_that_asks_for_what_cannot_be_is_told_before_anything_is_asked(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    said = Shell(tmp_path)("origins", *words)
    assert (said.code, said.out) == (2, "")
    assert said.err


def test_a_backup_carries_the_paired_origins(tmp_path: Path) -> None:
    shell, other = Shell(tmp_path / "one"), Shell(tmp_path / "two")
    with start(shell.data_dir, settings=SETTINGS) as daemon, daemon.caller(manages=True) as owner:
        pair(owner, PAIRED)
        assert shell("backup", tmp_path / "b").code == 0
    assert other("restore", tmp_path / "b").code == 0
    with start(other.data_dir, settings=SETTINGS) as daemon:
        assert from_page(daemon, PAIRED).status == 201
