"""Injection: what others wrote is inert wherever it is shown: terminal, CSV, JSON, metrics, log.

Names and versions are refused unless they fit their alphabets; a wish is kept as written. The page is
proved where it is built, with the same words (tests/support/hostile_words.py).
"""

import csv
import io
import json
import re
import sqlite3
import sys
import threading
import unicodedata
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest

from sidecar.records import Feedback
from tests.support import hostile_words as words
from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import TABLE, least
from tests.support.problem import problem
from tests.support.shell import Shell

FREE: Final = {"error_message", "feature_description", "idempotency_key"}
"""Fields that take any words; the first is scrubbed, the last is hashed."""
NAMES: Final = sorted(
    {
        (kind, name)
        for kind, fields in TABLE.items()
        for name in fields
        if name in {"model", "preferred", "alternative", "product_id", "product_version", "runtime_version"}
        or name.endswith("variant")
    }
)
FORMULA: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
SGR: Final = re.compile(r"\x1b\[[0-9;]*m")
"""Colours and weights, which our own tables use."""
LOG_LINE: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ [\w.]+: .*|  \S.*")
METRIC: Final = re.compile(r'# (HELP|TYPE) \w+ [^\n]*|\w+(\{\w+="\w+"\})? [0-9.e+-]+')


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("injection"), COLUMNS="500", LINES="50")


@pytest.fixture(scope="module")
def daemon(shell: Shell) -> Iterator[Daemon]:
    settings = {"LOG_LEVEL": "debug", "HARDWARE_BUCKET": "unknown"}
    with start(shell.data_dir, settings=settings) as daemon:
        yield daemon.ready()


@pytest.fixture(scope="module")
def owner(daemon: Daemon) -> Iterator[Caller]:
    with daemon.caller(manages=True) as caller:
        yield caller


@pytest.fixture(scope="module")
def planted(owner: Caller) -> dict[str, str]:
    """Every wish that was taken: payload -> id; and records whose names are as hostile as they may be."""
    found = {}
    for payload in words.ALL:
        answer = owner.post("/v1/feedback", least("feature_request", feature_description=payload))
        if words.CONTROLS.search(payload):
            problem(answer, 422, "invalid-record")
            assert words.MARK.encode() not in answer.body
            continue
        assert answer.status == 201, (payload, answer.body)
        found[payload] = answer.json["feedback_id"]
    for word in words.IDENTIFIERS:
        named = {"product_id": word, "product_version": word}
        for body in (
            least("rating", variant=word, **named),
            least("usage_pattern", **named),
            least("comparison", preferred_variant=word, alternative_variant=f"{word}0", **named),
            least("error_report", runtime_version=word, **named),
        ):
            assert owner.post("/v1/feedback", body).status == 201, body
    return found


@pytest.mark.parametrize(("kind", "name"), NAMES)
def test_a_name_takes_none_of_it(owner: Caller, planted: dict[str, str], kind: str, name: str) -> None:
    """What could do harm anywhere is no name; nothing of it comes back."""
    before = len(owner.rows("/v1/feedback"))
    for payload in words.ALL:
        answer = owner.post("/v1/feedback", least(kind, **{name: payload}))
        if answer.status == 201:  # a path was cut to its base name
            assert answer.json["feedback_id"]
            (row,) = [
                row for row in owner.rows("/v1/feedback") if row["feedback_id"] == answer.json["feedback_id"]
            ]
            assert re.fullmatch(r"[A-Za-z0-9 ._:/@+()-]+", row[name])
            assert owner.delete(f"/v1/feedback/{row['feedback_id']}").status == 200
        else:
            problem(answer, 422, "invalid-record")
            assert words.MARK.encode() not in answer.body
    assert len(owner.rows("/v1/feedback")) == before
    assert planted


CLOSED = {"task_category", "hardware_bucket", "runs_on"}


def test_a_filter_is_a_value_and_never_sql(owner: Caller, planted: dict[str, str], daemon: Daemon) -> None:
    with sqlite3.connect(daemon.data_dir / "feedback.db") as other:
        before = other.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()
    other.close()
    rows = len(owner.rows("/v1/feedback"))
    for payload in (*words.QUERY, "' OR 1=1 --", "%", "__", "*"):
        for name in ("model", "product_id", "product_version", "task_category", "hardware_bucket", "runs_on"):
            for route in ("ratings", "usage"):
                answer = owner.get(f"/v1/insights/{route}?group_by={name}&{name}={quote(payload)}")
                if name in CLOSED:
                    problem(answer, 422, "invalid-query")
                else:
                    assert (answer.status, answer.json["rows"]) == (200, []), (name, payload)
        problem(owner.get(f"/v1/insights/ratings?group_by={quote(payload)}"), 422, "invalid-query")
        problem(owner.get(f"/v1/feedback?after={quote(payload)}"), 422, "invalid-query")
        if payload != "__":  # that could be a product's id
            problem(owner.post("/v1/purge", {"product_id": payload}), 422, "invalid-record")
        assert owner.delete(f"/v1/feedback/{quote(payload, safe='')}").status in {404, 405}
    with sqlite3.connect(daemon.data_dir / "feedback.db") as other:
        assert other.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall() == before
    other.close()
    assert len(owner.rows("/v1/feedback")) == rows
    assert planted


def test_a_wish_is_kept_as_words_without_what_steers(owner: Caller, planted: dict[str, str]) -> None:
    """Terminal codes, directional and invisible characters are gone; what a person can see stays."""
    listed = {
        row["feedback_id"]: row["feature_description"]
        for row in owner.rows("/v1/feedback")
        if "feature_description" in row
    }
    for payload, feedback_id in planted.items():
        said = listed[feedback_id]
        steering = {c for c in said if unicodedata.category(c) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}}
        assert steering <= {"\n", "\t"}, payload


def test_json_answers_can_be_nothing_but_json(owner: Caller, planted: dict[str, str]) -> None:
    """No browser runs them as a page or a script: the type says JSON, and nosniff forbids to guess."""
    for path in ("/v1/feedback?limit=2000", "/v1/export"):
        answer = owner.get(path)
        assert answer.headers["content-type"] in {"application/json", "application/jsonl"}
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    lines = owner.get("/v1/export").body.splitlines()
    assert len(lines) == len(owner.rows("/v1/feedback")), "one record, one line"
    assert {json.loads(line)["feedback_id"] for line in lines} >= set(planted.values())


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_of_a_csv_export_is_a_formula(owner: Caller, planted: dict[str, str], separator: str) -> None:
    """Also where the spreadsheet's language separates by something else than we do."""
    text = owner.get("/v1/export?format=csv").body.decode()
    cells = [cell for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in line]
    assert [cell for cell in cells if cell.lstrip(" ").startswith(FORMULA)] == []
    assert sum(words.MARK in cell for cell in cells) >= len(planted) / 2


def test_a_csv_export_holds_every_word(owner: Caller, planted: dict[str, str]) -> None:
    """One line for each record; of a wish nothing is missing but for the quotes that tame it."""
    text = owner.get("/v1/export?format=csv").body.decode()
    lines = {row["feedback_id"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}
    listed = owner.rows("/v1/feedback")
    assert list(lines) == [row["feedback_id"] for row in listed]
    for row in listed:
        for name in ("feature_description", "product_id", "variant"):
            said = row.get(name, "")
            assert lines[row["feedback_id"]][name].replace("'", "") == said.replace("'", "")
    assert planted


def test_metrics_hold_none_of_it(owner: Caller, planted: dict[str, str]) -> None:
    text = owner.get("/metrics").body.decode()
    assert [line for line in text.splitlines() if not METRIC.fullmatch(line)] == []
    assert words.MARK not in text
    labels = set(re.findall(r'="(\w+)"', text))
    assert labels - {str(status) for status in range(200, 600)} <= set(TABLE)
    assert planted
    assert Feedback


def test_the_log_can_not_be_forged(owner: Caller, daemon: Daemon, planted: dict[str, str]) -> None:
    """Nothing of a caller is in it, and each of its lines begins as a line of ours."""
    for payload in words.ALL:
        owner.get(f"/{quote(payload, safe='')}?{quote(payload)}={quote(payload)}")
    for log in (daemon.log, daemon.words):
        assert words.MARK not in log
        assert [line for line in log.splitlines() if not LOG_LINE.fullmatch(line)] == []
    assert planted


READING: Final = (
    ("status",),
    ("doctor",),
    ("hardware",),
    ("insights", "ratings", "--group-by", "product_id,model,product_version,variant"),
    ("insights", "ratings", "--group-by", "product_id,model,product_version"),
    ("insights", "usage", "--group-by", "product_id,product_version,model,action"),
    ("export",),
    ("export", "--format", "csv"),
)


def tame(shown: str, *, colours: bool) -> bool:
    """Whether nothing in it steers a terminal: lines, colours of our own, and characters that can be seen."""
    text = SGR.sub("", shown) if colours else shown
    return all(c.isprintable() or c in "\r\n" for c in text)


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_no_command_lets_it_steer_a_terminal(
    shell: Shell, owner: Caller, planted: dict[str, str], command: tuple[str, ...]
) -> None:
    _, shown = shell.at_terminal(*command)
    assert tame(shown, colours=True), shown
    assert shown.strip()
    plain = shell(*command)
    if command[0] != "export":  # into a pipe it goes as it is
        assert tame(plain.out, colours=False)
    assert tame(plain.err, colours=False)
    assert planted
    assert owner


@pytest.mark.parametrize(
    "command", [c for c in READING if c[0] in {"status", "hardware", "insights", "doctor"}], ids=" ".join
)
def test_json_of_a_command_is_ascii(shell: Shell, planted: dict[str, str], command: tuple[str, ...]) -> None:
    if command[:2] == ("insights", "ratings") and "variant" in command[-1]:
        return  # variants are no group: a refusal
    said = shell(*command, "--json")
    assert said.out.isascii()
    assert json.loads(said.out) is not None
    assert planted


def test_words_that_were_typed_come_back_inert(shell: Shell, daemon: Daemon) -> None:
    """A wrong word in a command, an option or a file name is told of, and steers nothing."""
    assert daemon.pid
    typed = "".join((*words.TERMINAL, *words.DIRECTIONS, *words.LOG)).replace("\x00", "")
    for command in (
        (typed,),
        ("rate", typed, "3"),
        ("import", typed[:99]),
        ("insights", "ratings", "--since", typed),
    ):
        _, shown = shell.at_terminal(*command)
        assert words.MARK in shown or command[0] != "import"
        assert tame(shown, colours=True), (command, shown)


def test_a_product_file_with_hostile_words_steers_nothing(
    shell: Shell, owner: Caller, daemon: Daemon
) -> None:
    """Its name and its words are told of in `status`, `doctor` and /healthz."""
    folder = shell.data_dir / "products.d"
    folder.mkdir(exist_ok=True)
    names = (
        "\x1b[2Jevil.toml",
        "a\n2026-01-01 00:00:00,000 INFO root: forged.toml",
        "\u202egnp.toml",
        "<script>.toml",
    )
    for name in names:
        (folder / name).write_text('\u202e = "\x1b"\n', encoding="utf-8")
    try:
        assert owner.get("/v1/schema").status == 200
        assert len(owner.get("/healthz").json["notes"]) == len(names)
        for command in (("status",), ("doctor",)):
            _, shown = shell.at_terminal(*command)
            assert tame(shown, colours=True), shown
        assert [line for line in daemon.log.splitlines() if not LOG_LINE.fullmatch(line)] == []
    finally:
        for name in names:
            (folder / name).unlink()


class _Squatter(BaseHTTPRequestHandler):
    """Whoever sits on a port that a command was told: every word it says is hostile, its name is ours."""

    def version_string(self) -> str:
        """What it says to be."""
        return "feedback-sidecar"

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        evil = "\x1b[2J\x1b]0;x\x07\u202e" + words.MARK
        said: dict[str, Any] = {
            "status": evil,
            "version": evil,
            "notes": [evil],
            "hardware_bucket": evil,
            "why": [evil],
            "title": evil,
            "detail": evil,
            "type": f"/problems/{evil}",
            "rows": [{"model": evil, "n": 0, "level": 0.9, "why_not": evil}],
            "group_by": ["model"],
            "answer_rate": None,
            "deleted": 1,
            "feedback_id": evil,
            "category": evil,
        }
        body = json.dumps(said).encode()
        status = int(self.server.status)  # type: ignore[attr-defined]  # set where it is made
        self.send_response(status)
        self.send_header("Content-Type", f"application/{'json' if status == 200 else 'problem+json'}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815  # the library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        """Say nothing."""


@pytest.mark.parametrize("status", [200, 422, 503])
def test_an_answer_of_somebody_else_steers_no_terminal(shell: Shell, status: int) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Squatter) as server:
        server.status = status  # type: ignore[attr-defined]  # read by its handler
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = ("--url", f"http://127.0.0.1:{server.server_address[1]}")
        for command in (
            ("status",),
            ("hardware",),
            ("rate", "mistral:7b", "4"),
            ("request-feature", "x"),
            ("insights", "ratings"),
        ):
            _, shown = shell.at_terminal(*command, *url)
            assert tame(shown, colours=True), (command, shown)
            assert "Traceback" not in shown
            assert words.MARK in shown or command[0] not in {"status", "hardware"}, "it was heard"
        server.shutdown()


def test_a_data_directory_with_a_hostile_name_steers_nothing(tmp_path: Path) -> None:
    """The daemon says where its data is; the name of a directory may come from an archive of somebody."""
    if sys.platform == "win32":
        pytest.skip("such names are a Unix's")
    shell = Shell(tmp_path / "\x1b[2Jx\u202e\n2026-01-01 00:00:00,000 INFO root: forged")
    with start(shell.data_dir) as daemon:
        for command in (("status",), ("doctor",), ("run",)):
            _, shown = shell.at_terminal(*command)
            assert tame(shown, colours=True), shown
        assert [line for line in daemon.log.splitlines() if not LOG_LINE.fullmatch(line)] == []
