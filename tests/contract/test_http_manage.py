"""Reading and steering over real HTTP: paging, exports, purge, queries and figures."""

import csv
import io
import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from sidecar.exports import COLUMNS
from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.feedback import feedback
from tests.support.field_table import LEAST, least
from tests.support.problem import CANARY, problem

SEED = 20_261_123
MANY = 1_203  # more than one page of an export, and no round number
RATINGS = 'sidecar_records_total{kind="rating"}'
PRODUCTS = ("one", "two", "three")


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with start(tmp_path_factory.mktemp("manage") / "data", settings={"HARDWARE_BUCKET": "unknown"}) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def ids(daemon: Daemon) -> list[str]:
    """The ids of many records of all kinds, in the order of their arrival."""
    rng = random.Random(SEED)
    bodies = [feedback(rng, rng.choice(PRODUCTS)) for _ in range(MANY)]
    found: list[str] = []
    with daemon.caller() as caller:
        for first in range(0, MANY, 400):
            answer = caller.post("/v1/feedback/batch", {"records": bodies[first : first + 400]})
            assert answer.status == 201
            found += [result["feedback_id"] for result in answer.json["results"]]
    return found


@pytest.fixture(scope="module")
def owner(daemon: Daemon, ids: list[str]) -> Iterator[Caller]:
    """An owner of these records."""
    assert len(ids) == MANY
    with daemon.caller(manages=True) as caller:
        yield caller


def pages(owner: Caller, limit: int | None) -> Iterator[dict[str, Any]]:
    """Every page of the list."""
    after = ""
    while True:
        wanted = "" if limit is None else f"limit={limit}"
        page = owner.get(f"/v1/feedback?{wanted}{after}").json
        yield page
        if page["next"] is None:
            return
        after = f"&after={page['next']}" if wanted else f"after={page['next']}"


@pytest.mark.parametrize(("limit", "size"), [(None, 100), (401, 401), (2_000, 2_000), (MANY, MANY)])
def test_pages_hold_every_record_once_in_the_order_of_arrival(
    owner: Caller, ids: list[str], limit: int | None, size: int
) -> None:
    found = list(pages(owner, limit))
    assert [row["feedback_id"] for page in found for row in page["rows"]] == ids
    assert {len(page["rows"]) for page in found[:-1]} <= {size}


def test_a_record_that_comes_while_paging_is_found_at_the_end(owner: Caller, ids: list[str]) -> None:
    turning = pages(owner, 1_000)
    first = next(turning)
    late = owner.post("/v1/feedback", least("rating", product_id="late")).json["feedback_id"]
    found = [row["feedback_id"] for page in (first, *turning) for row in page["rows"]]
    assert found == [*ids, late]
    assert owner.delete(f"/v1/feedback/{late}").status == 200


def test_a_cursor_beyond_the_end_finds_nothing(owner: Caller) -> None:
    assert owner.get(f"/v1/feedback?after={10**18 - 1}").json == {"rows": [], "next": None}


QUERIES = {
    "/v1/feedback": [
        "limit=0",
        "limit=2001",
        "limit=-1",
        "limit=",
        "limit=1.0",
        "limit=1e2",
        "limit=+1",
        "limit=%201",
        "limit=007",
        "limit=\u0661",
        "limit=" + "9" * 5_000,
        "after=-1",
        "after=x",
        "after=",
        "after=1000000000000000000",
        "after=0x1",
        "limit=1&limit=1",
        "page=1",
    ],
    "/v1/export": ["format=xml", "format=", "format=JSONL", "format=csv&format=csv", "limit=1"],
    "/v1/insights/ratings": [
        "group_by=",
        "group_by=,",
        "group_by=action",
        "group_by=model,",
        "group_by=model,model",
        "group_by=model%20",
        "group_by=series",
        "group_by=*",
        "group_by=model);DROP TABLE record;--".replace(" ", "%20"),
        "since=",
        "since=2026",
        "since=2026-40",
        "since=2026-W00",
        "since=2026-W54",
        "since=2025-W53",
        "since=0000-W01",
        "since=2026-W1",
        "since=2026-w10",
        "since=2026-W10%0A",
        "since=\u0662026-W10",
        "model=" + "m" * 129,
        "task_category=chat&task_category=chat",
        "variant=a",
        "task_category=cooking",
        "task_category=x_nobody_declared_it",
        "task_category=x_",
        "hardware_bucket=ram16",
        "hardware_bucket=ram16-19_gpuMaybe",
        "hardware_bucket=ram17-20_gpuTrue",
        "hardware_bucket=RAM16-19_gpuTrue",
        "runs_on=moon",
        "action=copy",
    ],
    "/v1/insights/usage": [
        "group_by=variant",
        "group_by=rating",
        "since=x",
        "runtime=ollama",
        "task_category=c",
        "runs_on=x",
    ],
    "/v1/ledger": ["limit=1"],
    "/v1/prompts": ["lang=" + "a" * 36, "lang=en&lang=en", "language=en"],
}


@pytest.mark.parametrize("path", QUERIES)
def test_a_query_that_is_not_understood_is_refused(owner: Caller, path: str) -> None:
    for query in [*QUERIES[path], f"{CANARY}=1", f"limit={CANARY}", f"group_by={CANARY}"]:
        problem(owner.get(f"{path}?{quote(query, safe='=&%,*();')}"), 422, "invalid-query")


def test_an_empty_filter_filters_nothing(owner: Caller) -> None:
    plain = owner.get("/v1/insights/ratings?group_by=model").json
    empty = "task_category=&hardware_bucket=&model=&product_id=&product_version=&runs_on="
    assert owner.get(f"/v1/insights/ratings?group_by=model&{empty}").json == plain
    assert len(plain["rows"]) > 1


@pytest.mark.parametrize(
    ("query", "field", "taught"),
    [
        ("task_category=cooking", "task_category", ("summarization", "x_", "product file")),
        ("hardware_bucket=16gb", "hardware_bucket", ("ram16-19_gpuTrue", "unknown", "ram128+")),
        ("runs_on=moon", "runs_on", ("local", "remote", "cloud")),
    ],
)
def test_a_refused_filter_says_what_to_send(
    owner: Caller, query: str, field: str, taught: tuple[str, ...]
) -> None:
    for path in ("/v1/insights/ratings", "/v1/insights/usage"):
        answer = owner.get(f"{path}?{query}").json
        assert answer["field"] == field
        assert all(word in answer["detail"] for word in taught)


@pytest.mark.parametrize("bucket", ["unknown", "ram60-63_gpuTrue", "ram96-127_gpuFalse", "ram128%2B_gpuTrue"])
def test_a_bucket_that_nothing_fell_into_has_no_rows_but_is_one(owner: Caller, bucket: str) -> None:
    assert owner.get(f"/v1/insights/ratings?model=nobodys&hardware_bucket={bucket}").json["rows"] == []


def test_what_nobody_said_is_null_in_a_row(daemon: Daemon, owner: Caller) -> None:
    said = [least("usage_pattern", action="session"), least("rating", model="nameless")]
    with daemon.caller() as caller:
        ids = [caller.post("/v1/feedback", body).json["feedback_id"] for body in said]
    used = owner.get("/v1/insights/usage?group_by=model,product_id,action&runs_on=local").json["rows"]
    assert {"model": None, "product_id": None, "action": "session"}.items() <= used[-1].items()
    rated = owner.get("/v1/insights/ratings?group_by=product_id,variant&model=nameless").json["rows"]
    assert [(row["product_id"], row["variant"]) for row in rated] == [(None, None)]
    assert "model" not in rated[0]
    for id_ in ids:
        assert owner.delete(f"/v1/feedback/{id_}").status == 200


def test_a_filter_counts_what_the_list_shows(owner: Caller) -> None:
    rows = [row for row in owner.rows("/v1/feedback") if row.get("rating")]
    for product in PRODUCTS:
        found = owner.get(f"/v1/insights/ratings?group_by=task_category&product_id={product}").json["rows"]
        counted = {row["task_category"]: row["n"] for row in found if row["n"]}
        assert counted == Counter(row["task_category"] for row in rows if row["product_id"] == product)
    assert owner.get("/v1/insights/ratings?product_id=nobody").json["rows"] == []
    assert owner.get("/v1/insights/ratings?since=9999-W01").json["rows"] == []


def test_usage_counts_what_the_list_shows(owner: Caller) -> None:
    rows = [row for row in owner.rows("/v1/feedback") if row["feedback_type"] == "usage_pattern"]
    wanted: Counter[str] = Counter()
    for row in rows:
        wanted[row["action"]] += row["count"]
    found = owner.get("/v1/insights/usage?group_by=action").json["rows"]
    assert {row["action"]: row["n"] for row in found} == wanted


def test_jsonl_export_is_the_list(owner: Caller) -> None:
    answer = owner.get("/v1/export")
    assert answer.headers["content-type"] == "application/jsonl"
    assert answer.headers["content-disposition"] == 'attachment; filename="feedback.jsonl"'
    assert [json.loads(line) for line in answer.body.splitlines()] == owner.rows("/v1/feedback")
    assert answer.body.endswith(b"}\n")
    assert owner.get("/v1/export?format=jsonl").body == answer.body


def test_csv_export_is_the_list(owner: Caller) -> None:
    answer = owner.get("/v1/export?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="feedback.csv"'
    header, *lines = csv.reader(io.StringIO(answer.body.decode(), newline=""))
    assert header == list(COLUMNS)
    rows = owner.rows("/v1/feedback")
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        said = {name: cell for name, cell in zip(header, line, strict=True) if cell}
        assert said == {name: as_cell(value) for name, value in row.items()}


def as_cell(value: object) -> str:
    """How a CSV shows a value."""
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return " ".join(value)
        case _:
            return str(value)


def test_metrics_are_prometheus_text_of_closed_words(daemon: Daemon, owner: Caller) -> None:
    problem(owner.get("/v1/ledger?limit=1"), 422, "invalid-query")  # its own: tests run in any order
    answer = owner.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples = figures(answer.body.decode())
    for kind in LEAST:
        assert samples[f'sidecar_records_total{{kind="{kind}"}}'] > 0
    assert samples["sidecar_duplicates_total"] == 0
    assert samples['sidecar_answers_total{status="422"}'] > 0
    assert samples["process_resident_memory_bytes"] > 10_000_000
    with daemon.caller() as caller:
        assert caller.post("/v1/feedback", least("rating", product_id=CANARY)).status == 201
    again = owner.get("/metrics").body.decode()
    assert CANARY not in again
    assert figures(again)[RATINGS] == samples[RATINGS] + 1


def figures(text: str) -> dict[str, float]:
    """The samples of Prometheus text, by name and label."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            assert line.startswith(("# HELP ", "# TYPE "))
            continue
        name, _, number = line.rpartition(" ")
        found[name] = float(number)
    return found


def test_the_body_of_a_purge_is_strict(owner: Caller) -> None:
    before = len(owner.rows("/v1/feedback"))
    ids: tuple[object, ...] = ("", "a b", "one\n", 1, ["one"], "x" * 65)
    bodies: list[object] = [{"product": "one"}, {CANARY: CANARY}, [], 1, "one"]
    for body in [*bodies, *({"product_id": each} for each in ids)]:
        problem(owner.post("/v1/purge", body), 422, "invalid-record")
    assert len(owner.rows("/v1/feedback")) == before


def test_purge_takes_one_product_and_then_everything(owner: Caller) -> None:
    before = Counter(row.get("product_id") for row in owner.rows("/v1/feedback"))
    assert owner.post("/v1/purge", {"product_id": "one"}).json == {"deleted": before.pop("one")}
    assert Counter(row.get("product_id") for row in owner.rows("/v1/feedback")) == before
    assert owner.post("/v1/purge", {"product_id": "one"}).json == {"deleted": 0}
    assert owner.get("/v1/insights/ratings?product_id=one").json["rows"] == []
    assert owner.post("/v1/purge", {"product_id": None}).json == {"deleted": before.total()}
    assert owner.rows("/v1/feedback") == []
    assert owner.get("/v1/insights/ratings").json["rows"] == []
    assert owner.get("/v1/insights/usage").json["rows"] == []
