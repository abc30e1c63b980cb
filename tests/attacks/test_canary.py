"""A canary in all that can be sent: in no log, metric, error or core file, and in no file but the store.

Each place has a word of its own, so that a leak says where it came in; and every file is searched for its
encoded forms too. What the store keeps by contract (names, the words of a wish) may stand in feedback.db,
nowhere else.
"""

import base64
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import string
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest

from sidecar.api.routes import ROUTES
from tests.support import needs
from tests.support.caller import BROKEN, Answer
from tests.support.daemon import Daemon, start
from tests.support.field_table import TABLE, least
from tests.support.plain_http import JSON, ask, host_of, ours, read, send, url_of
from tests.support.routes import body_of, path_of

SEED: Final = 20_261_124
DATABASE: Final = ("feedback.db", "feedback.db-wal", "feedback.db-shm")
KEPT: Final = {
    "model",
    "preferred",
    "alternative",
    "variant",
    "preferred_variant",
    "alternative_variant",
    "product_id",
    "product_version",
    "runtime_version",
    "feature_description",
}
"""Fields that the store keeps as they are, by contract."""
HEADERS: Final = (
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Access-Control-Request-Private-Network",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Location",
    "Content-Range",
    "Content-Type",
    "Cookie",
    "DNT",
    "Date",
    "Expect",
    "Forwarded",
    "From",
    "Host",
    "Idempotency-Key",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "Keep-Alive",
    "Link",
    "Max-Forwards",
    "Origin",
    "Pragma",
    "Prefer",
    "Proxy-Authorization",
    "Range",
    "Referer",
    "Sec-Fetch-Site",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "User-Agent",
    "Via",
    "Warning",
    "X-CSRF-Token",
    "X-Forwarded-For",
    "X-Request-Id",
    "traceparent",
)


SPECIES: Final = "qzwanderfinkq"
"""Begins each word, so that one search of a file finds any of them."""
ENCODED: Final = (
    *(base64.b64encode(b" " * n + SPECIES.encode())[4:-4] for n in range(3)),
    SPECIES.encode().hex().encode(),
)
"""The same inside encoded text: base64 at each of its three offsets, and hexadecimal."""


class Aviary:
    """Words that nobody else says: one for each place, remembered with it."""

    def __init__(self) -> None:
        self._rng = random.Random(SEED)
        self.birds: dict[str, str] = {}

    def bird(self, place: str) -> str:
        """A new word for a place; letters alone, so that it passes every alphabet."""
        word = SPECIES + "".join(self._rng.choices(string.ascii_lowercase, k=8))
        self.birds[word] = place
        return word

    def found_in(self, text: bytes) -> set[str]:
        """The places whose word is in it; where it is only seen encoded, the form."""
        lower = text.lower().replace(b"\x00", b"")
        if SPECIES.encode() in lower:
            return {place for word, place in self.birds.items() if word.encode() in lower} or {"half a word"}
        return {"base64 or hexadecimal"} if any(form in text for form in ENCODED) else set()


def leaks(aviary: Aviary, daemon: Daemon) -> dict[str, set[str]]:
    """File -> places whose word is in it; the database may hold what it is for."""
    found = {}
    for path in sorted(daemon.data_dir.rglob("*")):
        if path.is_file():
            places = aviary.found_in(path.read_bytes())
            if path.name in DATABASE:
                places = {place for place in places if not place.startswith("kept ")}
            found[path.name] = places
    found["standard error"] = aviary.found_in(daemon.words.encode())
    return {name: places for name, places in found.items() if places}


@pytest.fixture(scope="module")
def aviary() -> Aviary:
    return Aviary()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """With its log at its wordiest."""
    with start(tmp_path_factory.mktemp("canary") / "data", settings={"LOG_LEVEL": "debug"}) as daemon:
        yield daemon.ready()


def silent(aviary: Aviary, answer: Answer) -> Answer:
    """An answer that repeats nothing."""
    assert aviary.found_in(repr(answer.headers).encode() + answer.body) == set()
    return answer


def quiet(aviary: Aviary, daemon: Daemon) -> None:
    """Nothing is in any file, nor in the metrics."""
    with daemon.caller(manages=True) as owner:
        for path in ("/metrics", "/healthz", "/readyz", "/v1/hardware", "/v1/ledger", "/v1/schema"):
            silent(aviary, owner.get(path))
    assert leaks(aviary, daemon) == {}


def values(aviary: Aviary, place: str, name: str) -> Iterator[Any]:
    """What is sent in a field: as a word, and in every shape that is none of its own."""
    kept = f"kept {place}" if name in KEPT else place
    yield aviary.bird(kept)
    yield f"{aviary.bird(kept)} {aviary.bird(kept)}: failed at /srv/{aviary.bird(kept)}/x.py"
    yield [aviary.bird(place)]
    yield {aviary.bird(place): aviary.bird(place)}
    yield aviary.bird(kept) * 40 + "\x00"


@pytest.mark.parametrize("kind", TABLE)
def test_a_word_in_any_field_of_any_kind(aviary: Aviary, daemon: Daemon, kind: str) -> None:
    """Taken or refused, one by one and in a batch, in a change, and under a name that no field has."""
    with daemon.caller() as caller:
        taken = caller.post("/v1/feedback", least(kind)).json["feedback_id"]
        for name in (
            *TABLE[kind],
            "prompt",
            "messages",
            "invented",
            aviary.bird(f"name of a field of {kind}"),
        ):
            for value in values(aviary, f"{kind}.{name}", name):
                body = least(kind, **{name: value})
                answer = caller.post("/v1/feedback", body)
                if answer.status != 201:
                    silent(aviary, answer)
                else:
                    could_leave = aviary.found_in(json.dumps(answer.json["shareable"]).encode())
                    assert could_leave <= {f"kept {kind}.product_id"}, "the collector's own, by consent"
                answer = caller.post("/v1/feedback/batch", {"records": [body, {"feedback_type": "nothing"}]})
                silent(aviary, answer)
                answer = caller.patch(f"/v1/feedback/{taken}", {name: value})
                assert answer.status in {200, 422}
                silent(aviary, answer)
    quiet(aviary, daemon)


@pytest.mark.parametrize("name", [*HEADERS, "X-Invented", "Cookie2", "\u00fc"])
def test_a_word_in_any_header(aviary: Aviary, daemon: Daemon, name: str) -> None:
    url = url_of(daemon)
    token = ("Authorization", f"Bearer {daemon.token}")
    asked = (
        ("GET", "/healthz", b""),
        ("POST", "/v1/feedback", json.dumps(least("rating")).encode()),
        ("GET", "/metrics", b""),
        ("OPTIONS", "/v1/feedback", b""),
        ("GET", "/nothing", b""),
    )
    for method, path, body in asked:
        for form in (
            "{}",
            "Bearer {}",
            "a={0}; session={0}",
            "http://{}.localhost:3000",
            "{},{}",
            '"{}"',
            "{}/1.0",
        ):
            word = aviary.bird(f"header {name} of {method} {path}")
            own = [("Host", host_of(url))] if name != "Host" else []
            typed = [JSON] if name != "Content-Type" else []
            may = [token] if name != "Authorization" else []
            named = (name, form.format(word, word))
            length = [("Content-Length", str(len(body)))] if body and name != "Content-Length" else []
            try:
                answer = ask(url, method, path, [*own, *typed, *may, *length, named], body)
            except BROKEN:
                continue
            allowed = answer.headers.pop("access-control-allow-origin", "")
            assert aviary.found_in(allowed.encode()) == set() or form.startswith("http://")
            silent(aviary, answer)
    assert leaks(aviary, daemon) == {}


FORMS: Final = ("{}", "Bearer {}", "a={0}; session={0}", "http://{}.localhost:3000", '"{}", {}/1.0')
POST: Final = "POST /v1/feedback HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
OWNER: Final = "Host: {host}\r\nAuthorization: {token}\r\n\r\n"
REQUESTS: Final = {
    "path": "GET /{0}/{0} HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "path of an id": "DELETE /v1/feedback/{0} HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "path of a problem": "GET /problems/{0} HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "query": "GET /healthz?{0}={0} HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "query of a list": "GET /v1/feedback?limit={0}&{0}={0} HTTP/1.1\r\n" + OWNER,
    "filter": "GET /v1/insights/ratings?model={0} HTTP/1.1\r\n" + OWNER,
    "language": "GET /v1/prompts?lang={0} HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "fragment": "GET /healthz#{0} HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "absolute target": "GET http://{0}:{0}@{0}/{0} HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "method": "{0} /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "upper case method": "{upper} /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "version": "GET /healthz HTTP/{0}\r\nHost: {host}\r\n\r\n",
    "protocol": "GET /healthz {upper}/1.1\r\nHost: {host}\r\n\r\n",
    "name of a header": "GET /healthz HTTP/1.1\r\nHost: {host}\r\n{0}: 1\r\n\r\n",
    "no HTTP at all": "{0} {0}\r\n\r\n",
    "chunk extension": POST + "Transfer-Encoding: chunked\r\n\r\n2;{0}={0}\r\n{{}}\r\n0\r\n\r\n",
    "trailer": POST + "Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n{0}: {0}\r\n\r\n",
    "body that is no JSON": POST + "Content-Length: 20\r\n\r\n{0}",
    "body that was not asked for": "GET /healthz HTTP/1.1\r\nHost: {host}\r\nContent-Length: 20\r\n\r\n{0}",
    "body that never ends": POST + "Content-Length: 99\r\n\r\n{0}",
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_word_anywhere_else_in_a_request(aviary: Aviary, daemon: Daemon, name: str) -> None:
    url, word = url_of(daemon), aviary.bird(name)
    token = f"Bearer {daemon.token}"
    text = REQUESTS[name].format(word, upper=word.upper(), host=host_of(url), token=token)
    for spelled in (text, text.replace(word, quote(word).replace("a", "%61"))):
        if name == "body that never ends":
            send(url, spelled.encode(), hang_up=True)
            continue
        closing = spelled.replace("HTTP/1.1\r\n", "HTTP/1.1\r\nConnection: close\r\n", 1)
        answer = read(send(url, closing.encode()))
        if name != "filter":
            silent(aviary, answer)
    assert leaks(aviary, daemon) == {}


def test_a_forced_500_tells_nobody_what_was_sent(aviary: Aviary, daemon: Daemon) -> None:
    """Another program has renamed a table: no error that anybody foresaw, with a statement and its values."""
    url, token = url_of(daemon), ("Authorization", f"Bearer {daemon.token}")
    other = sqlite3.connect(daemon.data_dir / "feedback.db", isolation_level=None)
    tables = ("record", "series", "cell", "total", "ledger")
    for table in tables:
        other.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
    bugs = 0
    try:
        for kind in TABLE:
            word = aviary.bird(f"500 of {kind}")
            body = least(kind, product_id=word, product_version=word, idempotency_key=word)
            body |= {
                name: word
                for name in ("model", "preferred", "feature_description", "error_message")
                if name in body
            }
            headers = ours(url, JSON, ("User-Agent", word), ("Cookie", word), ("Referer", f"http://{word}"))
            answer = silent(
                aviary, ask(url, "POST", f"/v1/feedback?{word}", headers, json.dumps(body).encode())
            )
            bugs += answer.status == 500
        for route in ROUTES:
            word = aviary.bird(f"500 of {route.method} {route.path}")
            headers = ours(url, JSON, token, ("User-Agent", word))
            bugs += (
                silent(aviary, ask(url, route.method, path_of(route), headers, body_of(route))).status == 500
            )
    finally:
        for table in tables:
            other.execute(f"ALTER TABLE {table}_away RENAME TO {table}")
        other.close()
    assert bugs >= len(TABLE)
    assert "Error" in daemon.log
    assert leaks(aviary, daemon) == {}


LOST: Final = """
import asyncio, sys
from sidecar import config, daemon
from sidecar.api import about
from sidecar.clock import SystemClock

canary = sys.argv[2]

async def lost():
    raise ValueError(canary)

def notes(services):
    asyncio.get_running_loop().create_task(lost())
    asyncio.get_running_loop().call_soon(int, canary)
    return []

about.notes = notes
settings = config.load({"data_dir": sys.argv[1], "port": 0}, {"SIDECAR_LOG_LEVEL": "debug"})
asyncio.run(daemon.run(settings, SystemClock(), announce=lambda _: print("serving", flush=True)))
"""
"""The daemon with a bug that nobody awaits: its error is told by the event loop, with the word in it."""


def test_an_error_that_nobody_awaits_is_told_without_its_words(tmp_path: Path, aviary: Aviary) -> None:
    word = aviary.bird("an error that nobody awaits")
    data_dir = tmp_path / "data"
    with start(data_dir, program=["-c", LOST, str(data_dir), word]) as daemon:
        with daemon.caller() as caller:
            assert {caller.get("/healthz").status for _ in range(3)} == {200}
        assert daemon.stop() == 0
        assert "ValueError" in daemon.log
        assert leaks(aviary, daemon) == {}


def core_limit(pid: int) -> list[str]:
    """The soft and the hard limit of a process."""
    limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
    return next(line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core file size"))


def unlimited(folder: Path) -> Sequence[str]:
    """A prefix that allows core files of any size, in a directory of one's own."""
    needs.need_program("prlimit")
    return ("env", f"--chdir={folder}", "prlimit", "--core=unlimited:unlimited")


def test_no_core_file_holds_what_was_sent(tmp_path: Path, aviary: Aviary) -> None:
    """However it was started: the limit is the process's own, and of its memory nothing may be dumped."""
    needs.need_linux()
    word = aviary.bird("a core file")
    with start(tmp_path / "data", prefix=unlimited(tmp_path)) as daemon:
        assert core_limit(daemon.pid) == ["0", "0"]
        assert int(Path(f"/proc/{daemon.pid}/coredump_filter").read_text(encoding="ascii"), 16) == 0
        with daemon.caller() as caller:
            assert (
                caller.post("/v1/feedback", least("feature_request", feature_description=word)).status == 201
            )
        os.kill(daemon.pid, signal.SIGABRT)
        assert daemon.process.wait(30) == -signal.SIGABRT
        assert [path for path in tmp_path.iterdir() if path.name != "data"] == []
        assert set(leaks(aviary, daemon)) <= set(DATABASE)


def test_a_program_without_that_defence_leaves_a_core_file(tmp_path: Path) -> None:
    """So the machine of these tests would have made one."""
    needs.need_linux()
    if Path("/proc/sys/kernel/core_pattern").read_text(encoding="utf-8").startswith(("|", "/")):
        pytest.skip("this machine hands core files to a program of its own")
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0 and os.geteuid() != 0:
        pytest.skip("this user may have no core files")
    aborting = [*unlimited(tmp_path), sys.executable, "-c", "import os; os.abort()"]
    assert subprocess.run(aborting, check=False).returncode == -signal.SIGABRT
    assert list(tmp_path.glob("core*"))
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()


def test_the_services_forbid_core_files_too() -> None:
    root = Path(__file__).resolve().parents[2]
    assert "\nLimitCORE=0\n" in (root / "systemd" / "feedback-sidecar.service").read_text(encoding="utf-8")
    agent = (root / "launchd" / "org.feedback-sidecar.daemon.plist").read_text(encoding="utf-8")
    assert agent.count("<key>Core</key>\n\t\t<integer>0</integer>") == 2
