"""Idempotency over real HTTP: a key stands for one record of one product and one origin, for good."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.caller import Answer, Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import TABLE, least
from tests.support.plain_http import JSON, ask, ours, url_of
from tests.support.problem import problem

CALLERS = 16


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with start(tmp_path_factory.mktemp("keys") / "data", settings={"HARDWARE_BUCKET": "unknown"}) as daemon:
        yield daemon


@pytest.fixture
def owner(daemon: Daemon) -> Iterator[Caller]:
    """An owner whose store is empty at first; keys of other tests live on, so each test has its own."""
    with daemon.caller(manages=True) as caller:
        assert caller.post("/v1/purge", {}).status == 200
        yield caller


def keyed(kind: str, key: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    """The smallest record of a kind, with a key."""
    return least(kind, idempotency_key=key, **fields)


def stored(owner: Caller) -> int:
    """How many records there are."""
    return len(owner.rows("/v1/feedback"))


@pytest.mark.parametrize("kind", TABLE)
def test_same_key_and_record_gets_the_first_id(owner: Caller, kind: str) -> None:
    key = f"same {kind}"
    first = owner.post("/v1/feedback", keyed(kind, key))
    assert (first.status, first.json["duplicate"]) == (201, False)
    for _ in range(3):
        again = owner.post("/v1/feedback", keyed(kind, key, product_id=None))
        assert again.status == 200
        assert again.json == first.json | {"duplicate": True}
    assert stored(owner) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (least("rating", rating=4), least("rating", rating=5)),
        (least("rating", rating=4), least("rating", thumb="up")),
        (least("rating"), least("rating", model="mistral:7b-instruct")),
        (least("rating"), least("rating", task_category="chat")),
        (least("rating"), least("rating", reasons=["fast"])),
        (least("rating"), least("rating", safe_to_share=False)),
        (least("rating"), least("rating", runs_on="cloud")),
        (least("rating"), least("rating", product_version="2")),
        (least("rating"), least("comparison")),
        (least("comparison"), least("comparison", preferred="qwen2.5:14b", alternative="mistral:7b")),
        (least("comparison"), least("comparison", tie=True)),
        (least("usage_pattern"), least("usage_pattern", count=2)),
        (least("feature_request"), least("feature_request", feature_description="Please add light mode")),
        (least("error_report"), least("error_report", runtime="ollama")),
    ],
)
def test_same_key_for_another_record_is_a_conflict(
    owner: Caller, request: pytest.FixtureRequest, first: dict[str, Any], second: dict[str, Any]
) -> None:
    key = {"idempotency_key": f"conflict {request.node.name}"}
    kept = owner.post("/v1/feedback", first | key)
    assert kept.status == 201
    found = problem(owner.post("/v1/feedback", second | key), 409, "idempotency-conflict")
    assert found["field"] == "idempotency_key"
    assert stored(owner) == 1
    assert owner.post("/v1/feedback", first | key).json["feedback_id"] == kept.json["feedback_id"]


@pytest.mark.parametrize(
    ("first", "same"),
    [
        ({}, {"task_category": "unspecified", "runs_on": "local", "reasons": []}),
        ({}, {"safe_to_share": True, "variant": None}),
        ({"task_category": "code generation"}, {"task_category": "Code-Generation"}),
        ({"reasons": ["fast", "wrong"]}, {"reasons": ["wrong", "fast"]}),
        ({"model": "/a/Tiny.gguf"}, {"model": "/b/Tiny.gguf"}),
        ({"rating": 4}, {"rating": 4.0}),
    ],
)
def test_two_ways_to_say_the_same_are_the_same_record(
    owner: Caller, request: pytest.FixtureRequest, first: dict[str, Any], same: dict[str, Any]
) -> None:
    key = f"said {request.node.name}"
    kept = owner.post("/v1/feedback", keyed("rating", key, **first))
    again = owner.post("/v1/feedback", keyed("rating", key, **same))
    assert (kept.status, again.status) == (201, 200)
    assert again.json["feedback_id"] == kept.json["feedback_id"]
    assert stored(owner) == 1


def test_without_a_key_each_is_a_record_of_its_own(owner: Caller) -> None:
    answers = [owner.post("/v1/feedback", least("rating")) for _ in range(5)]
    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["feedback_id"] for answer in answers}) == 5
    assert stored(owner) == 5


def test_a_key_is_scoped_to_its_product(owner: Caller) -> None:
    ids = {
        product: owner.post("/v1/feedback", keyed("rating", "product", product_id=product)).json
        for product in ("one", "two", None)
    }
    assert len({answer["feedback_id"] for answer in ids.values()}) == 3
    assert not any(answer["duplicate"] for answer in ids.values())
    other = keyed("rating", "product", product_id="one", rating=1)
    problem(owner.post("/v1/feedback", other), 409, "idempotency-conflict")


def from_page(daemon: Daemon, origin: str | None, body: object) -> Answer:
    """A submission by a page, or by none."""
    headers = [JSON] if origin is None else [JSON, ("Origin", origin)]
    return ask(
        url_of(daemon), "POST", "/v1/feedback", ours(url_of(daemon), *headers), json.dumps(body).encode()
    )


def test_a_key_is_scoped_to_its_origin(daemon: Daemon, owner: Caller) -> None:
    body = keyed("rating", "origin")
    origins = (None, "http://localhost:3000", "http://localhost:3001", "https://localhost:3000")
    ids = {origin: from_page(daemon, origin, body).json["feedback_id"] for origin in origins}
    assert len(set(ids.values())) == len(origins)
    for origin in origins:
        again = from_page(daemon, origin, body)
        assert (again.status, again.json["feedback_id"]) == (200, ids[origin])
        assert from_page(daemon, origin, body | {"rating": 1}).status == 409
    assert stored(owner) == len(origins)


def test_a_changed_record_keeps_its_key(owner: Caller) -> None:
    first = owner.post("/v1/feedback", keyed("rating", "changed", rating=4)).json["feedback_id"]
    assert owner.patch(f"/v1/feedback/{first}", {"rating": 1, "task_category": "chat"}).status == 200
    again = owner.post("/v1/feedback", keyed("rating", "changed", rating=4))
    assert (again.status, again.json["feedback_id"]) == (200, first)
    problem(owner.post("/v1/feedback", keyed("rating", "changed", rating=1)), 409, "idempotency-conflict")
    (row,) = owner.rows("/v1/feedback")
    assert (row["rating"], row["task_category"]) == (1, "chat")


@pytest.mark.parametrize("kind", TABLE)
@pytest.mark.parametrize("ended_by", ["undo", "purge", "purge of the product"])
def test_a_deleted_key_never_resurrects(owner: Caller, kind: str, ended_by: str) -> None:
    body = keyed(kind, f"{kind} ended by {ended_by}", product_id="gone")
    first = owner.post("/v1/feedback", body).json["feedback_id"]
    match ended_by:
        case "undo":
            assert owner.delete(f"/v1/feedback/{first}").status == 200
        case "purge":
            assert owner.post("/v1/purge", {}).json == {"deleted": 1}
        case _:
            assert owner.post("/v1/purge", {"product_id": "gone"}).json == {"deleted": 1}
    again = owner.post("/v1/feedback", body)
    assert (again.status, again.json["feedback_id"], again.json["duplicate"]) == (200, first, True)
    other = body | {"safe_to_share": False}
    problem(owner.post("/v1/feedback", other), 409, "idempotency-conflict")
    problem(owner.delete(f"/v1/feedback/{first}"), 404, "not-found")
    problem(owner.patch(f"/v1/feedback/{first}", {"task_category": "chat"}), 404, "not-found")
    assert stored(owner) == 0


def test_many_callers_at_once_with_one_key_store_one_record(daemon: Daemon, owner: Caller) -> None:
    together = threading.Barrier(CALLERS)

    def submit(_: int) -> Answer:
        with daemon.caller() as caller:
            together.wait()
            return caller.post("/v1/feedback", keyed("rating", "together"))

    with ThreadPoolExecutor(CALLERS) as crowd:
        answers = list(crowd.map(submit, range(CALLERS)))
    assert sorted(answer.status for answer in answers) == [200] * (CALLERS - 1) + [201]
    assert len({answer.json["feedback_id"] for answer in answers}) == 1
    assert stored(owner) == 1


def test_a_key_is_remembered_over_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    data_dir = tmp_path_factory.mktemp("restart") / "data"
    body = keyed("rating", "restart")
    with start(data_dir) as first, first.caller() as caller:
        kept = caller.post("/v1/feedback", body).json["feedback_id"]
        assert first.stop() == 0
    with start(data_dir) as second, second.caller() as caller:
        again = caller.post("/v1/feedback", body)
        assert (again.status, again.json["feedback_id"]) == (200, kept)


def test_an_id_says_nothing_of_its_key(tmp_path_factory: pytest.TempPathFactory, owner: Caller) -> None:
    """Two installs give the same key another id: nobody can guess an id from a key."""
    here = owner.post("/v1/feedback", keyed("rating", "salted")).json["feedback_id"]
    with start(tmp_path_factory.mktemp("elsewhere") / "data") as other, other.caller() as caller:
        there = caller.post("/v1/feedback", keyed("rating", "salted")).json["feedback_id"]
    assert here != there
