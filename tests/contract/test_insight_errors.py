"""`/v1/insights/errors` with a real daemon: the rows are what the records say."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from sidecar.api.errorinsights import GROUPS
from sidecar.modelnames import parse
from tests.support.caller import Caller
from tests.support.daemon import start
from tests.support.problem import CANARY, problem
from tests.support.shell import Shell

ROUTE: Final = "/v1/insights/errors"
SEED: Final = 20_261_124
MANY: Final = 180
SETTINGS: Final = {"HARDWARE_BUCKET": "ram16-19_gpuTrue"}
MESSAGES: Final = (
    ("other", "CUDA error: out of memory at /home/{who}/llama.cpp/ggml-cuda.cu:{number}"),
    ("timeout", "connection timed out after {number} s"),
    ("other", "HTTP 404: model '{who}' not found, try pulling it first"),
    ("permission", "[Errno 13] Permission denied: '/srv/{who}/{number}.gguf'"),
    ("crash", "{who} met a zebra {number} times"),
)
MODELS: Final = ("llama3.1:8b", "Meta-Llama-3.1-8B", "mistral:7b", None)
WEEKS_AGO: Final = (5, 2, 0)
"""When the fixture's daemons ran."""


def report(rng: random.Random) -> dict[str, Any]:
    """An error report as an application would send it."""
    error_type, message = rng.choice(MESSAGES)
    given = {
        "model": rng.choice(MODELS),
        "runtime": rng.choice(("ollama", "llama_cpp", None)),
        "runtime_version": rng.choice(("0.5.1", None)),
        "task_category": rng.choice(("chat", "math", None)),
        "product_id": rng.choice(("one", "two", None)),
        "product_version": rng.choice(("1.4", None)),
        "runs_on": rng.choice(("local", "remote")),
    }
    words = {"who": rng.choice(("ada", "grace")), "number": rng.randint(1, 9_999)}
    return {
        "feedback_type": "error_report",
        "error_type": error_type,
        "error_message": message.format(**words),
        **{name: value for name, value in given.items() if value is not None},
    }


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """An owner of reports from three weeks, with other feedback between them."""
    rng, data_dir = random.Random(SEED), tmp_path_factory.mktemp("errors") / "data"
    for weeks in WEEKS_AGO:
        with start(data_dir, settings=SETTINGS, shift_days=-7 * weeks) as daemon:
            with daemon.caller(manages=True) as caller:
                records = [report(rng) for _ in range(MANY // len(WEEKS_AGO))]
                records.append({"feedback_type": "usage_pattern", "action": "copy", "model": "mistral:7b"})
                records.append({"feedback_type": "rating", "rating": 4, "model": "mistral:7b"})
                assert caller.post("/v1/feedback/batch", {"records": records}).status == 201
                if weeks == WEEKS_AGO[-1]:
                    yield caller
            assert daemon.stop() == 0


@pytest.fixture(scope="module")
def listed(owner: Caller) -> list[dict[str, Any]]:
    """The same reports as the list of records shows them, models by their key."""
    rows = [row for row in owner.rows("/v1/feedback") if row["feedback_type"] == "error_report"]
    assert len(rows) == MANY
    return [row | ({"model": parse(row["model"]).key} if "model" in row else {}) for row in rows]


def asked(owner: Caller, **query: object) -> dict[str, Any]:
    """The answer to a question."""
    answer = owner.get(f"{ROUTE}?{urlencode(query)}")
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found


def counted(rows: Iterable[dict[str, Any]], name: str) -> dict[str, int]:
    """How many rows say each word under a name."""
    return dict(Counter(row[name] for row in rows if row.get(name)))


def the_only(rows: Iterable[dict[str, Any]], name: str) -> str | None:
    """What all rows say under a name; None where they differ."""
    said = {row.get(name) for row in rows}
    return said.pop() if len(said) == 1 else None


@pytest.mark.parametrize(
    "group_by", [*GROUPS, "fingerprint,week", "model,runtime,hardware_bucket", ",".join(GROUPS)]
)
def test_rows_are_what_the_records_say(owner: Caller, listed: list[dict[str, Any]], group_by: str) -> None:
    names = group_by.split(",")
    groups: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in listed:
        groups[tuple(row.get(name, "") for name in names)].append(row)
    found = asked(owner, group_by=group_by, limit=2_000)
    assert (found["group_by"], found["groups"], found["n"]) == (names, len(groups), MANY)
    assert [row["n"] for row in found["rows"]] == sorted(map(len, groups.values()), reverse=True)
    for row in found["rows"]:
        members = groups.pop(tuple(row[name] or "" for name in names))
        assert row["n"] == len(members)
        assert row["errors"] == len({each["fingerprint"] for each in members})
        for name in ("fingerprint", "error_type", "signature", "template"):
            assert row[name] == the_only(members, name), name
        places = (("models", "model"), ("runtimes", "runtime"), ("buckets", "hardware_bucket"))
        assert [row[here] for here, _ in places] == [counted(members, there) for _, there in places]
        weeks = sorted(each["week"] for each in members)
        assert (row["first_week"], row["last_week"]) == (weeks[0], weeks[-1])
    assert groups == {}


FILTERS = {
    "error_type": "timeout",
    "signature": "cuda-out-of-memory",
    "runtime": "ollama",
    "runtime_version": "0.5.1",
    "task_category": "math",
    "hardware_bucket": "ram16-19_gpuTrue",
    "product_id": "one",
    "product_version": "1.4",
    "runs_on": "remote",
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_counts_only_what_it_names(owner: Caller, listed: list[dict[str, Any]], name: str) -> None:
    members = [row for row in listed if row.get(name) == FILTERS[name]]
    assert 0 < len(members) < MANY
    for more in ({}, {"since": "2020-W01"}):
        found = asked(owner, **{name: FILTERS[name]}, **more)
        assert found["n"] == len(members)
        assert {row["fingerprint"]: row["n"] for row in found["rows"]} == counted(members, "fingerprint")
    assert asked(owner, **{name: ""})["n"] == MANY
    assert asked(owner, **{name: "nobody"}) == {"group_by": ["fingerprint"], "rows": [], "groups": 0, "n": 0}


def test_any_spelling_of_a_model_filters_it(owner: Caller, listed: list[dict[str, Any]]) -> None:
    wanted = sum(row.get("model") == "llama-3.1-8b" for row in listed)
    for spelling in ("llama3.1:8b", "Meta-Llama-3.1-8B", "llama-3.1-8b"):
        assert asked(owner, model=spelling)["n"] == wanted > 0


def test_since_counts_from_that_week_on(owner: Caller, listed: list[dict[str, Any]]) -> None:
    for week in sorted({row["week"] for row in listed}):
        later = [row for row in listed if row["week"] >= week]
        found = asked(owner, since=week, group_by="error_type")
        assert {row["error_type"]: row["n"] for row in found["rows"]} == counted(later, "error_type")
        assert min(row["first_week"] for row in found["rows"]) == week
    assert asked(owner, since="9999-W01")["rows"] == []


def test_messages_that_differ_in_numbers_paths_and_names_are_one_row(owner: Caller) -> None:
    """As many rows as there are sentences, whatever stood in their holes."""
    found = asked(owner)
    assert found["groups"] == len(MESSAGES)
    templates = " ".join(row["template"] for row in found["rows"])
    assert [word for word in ("ada", "grace", "zebra", "/home", "/srv") if word in templates] == []


def test_a_limit_cuts_the_rows_and_says_how_many_there_are(owner: Caller) -> None:
    whole = asked(owner)
    for limit in (1, 3):
        found = asked(owner, limit=limit)
        assert found["rows"] == whole["rows"][:limit]
        assert (found["groups"], found["n"]) == (whole["groups"], whole["n"])


def test_the_answer_to_a_report_is_what_its_row_says(owner: Caller) -> None:
    names = ("error_type", "signature", "fingerprint", "cause", "remedy")
    rng = random.Random(SEED + 1)
    known = 0
    for error_type, message in MESSAGES:
        sent = {"feedback_type": "error_report", "error_type": error_type, "product_id": "answers"}
        words = [{"who": who, "number": rng.randint(1, 9_999)} for who in ("linus", "barbara")]
        told = [
            owner.post("/v1/feedback", sent | {"error_message": message.format(**each)}).json
            for each in words
        ]
        assert [told[0][name] for name in names] == [told[1][name] for name in names]
        (row,) = asked(owner, fingerprint=told[0]["fingerprint"], product_id="answers")["rows"]
        assert {name: row[name] for name in names} == {name: told[0][name] for name in names}
        assert row["n"] == 2
        assert (row["cause"] is None) == (row["remedy"] is None) == (row["signature"] is None)
        known += row["signature"] is not None
        assert owner.delete(f"/v1/feedback/{told[0]['feedback_id']}").status == 200
        assert asked(owner, fingerprint=row["fingerprint"], product_id="answers")["n"] == 1
    assert 2 <= known < len(MESSAGES)
    assert owner.post("/v1/purge", {"product_id": "answers"}).json == {"deleted": len(MESSAGES)}
    assert asked(owner, product_id="answers")["rows"] == []
    assert asked(owner)["n"] == MANY


@pytest.mark.parametrize(
    "query",
    [
        "group_by=",
        "group_by=variant",
        "group_by=template",
        "group_by=model,model",
        "group_by=fingerprint)--",
        "limit=0",
        "limit=2001",
        "limit=x",
        "since=2026",
        "since=2026-W54",
        "signature=a&signature=b",
        "action=copy",
        f"{CANARY}=1",
        f"group_by={CANARY}",
        f"model={CANARY * 7}",
    ],
)
def test_a_query_that_is_not_understood_is_refused(owner: Caller, query: str) -> None:
    problem(owner.get(f"{ROUTE}?{query}"), 422, "invalid-query")


def test_a_filter_is_a_value_and_never_a_statement(owner: Caller) -> None:
    for name in FILTERS:
        assert asked(owner, **{name: "' OR 1=1 --"})["n"] == 0


def test_a_shell_shows_errors_with_what_to_try_first(tmp_path_factory: pytest.TempPathFactory) -> None:
    shell = Shell(tmp_path_factory.mktemp("shell"))
    with start(shell.data_dir, settings=SETTINGS) as daemon, daemon.caller(manages=True) as owner:
        assert shell("insights", "errors").out.startswith("nothing yet")
        told = owner.post("/v1/feedback", report(random.Random(1)) | {"error_message": "CUDA out of memory"})
        for number in (17, 4_711):
            body = {"feedback_type": "error_report", "error_type": "timeout", "runtime": "ollama"}
            body |= {"error_message": f"connection timed out after {number} s"}
            assert owner.post("/v1/feedback", body).status == 201
        head, first, second = shell("insights", "errors").out.splitlines()
        assert head.startswith("n  error")
        assert first.split("  ")[:2] == ["2", "connect-timeout"]
        assert "The server could not be reached in time." in first
        assert told.json["cause"] in second
        assert told.json["remedy"] in second
        assert shell("insights", "errors", "--limit", "1").out.splitlines()[-1].startswith("1 more row")
        assert shell("insights", "errors", "--json").json == owner.get(ROUTE).json
        only = shell("insights", "errors", "--runtime", "ollama", "--group-by", "week", "--json").json
        assert [row["n"] for row in only["rows"]] == [2]
        code, drawn = shell.at_terminal("insights", "errors")
        assert (code, "could not be" in " ".join(drawn.split())) == (0, True)
        assert shell("insights", "ratings", "--runtime", "ollama").code == 2
