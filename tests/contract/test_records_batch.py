"""Batches over real HTTP: all or nothing, in order, and an error names the place."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.caller import Caller
from tests.support.daemon import start
from tests.support.field_table import LEAST, PAIRS, TABLE, least
from tests.support.problem import CANARY, problem

BATCH = "/v1/feedback/batch"
GOOD = least("rating")


@pytest.fixture(scope="module")
def daemon_owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    with (
        start(tmp_path_factory.mktemp("batch") / "data", settings={"HARDWARE_BUCKET": "unknown"}) as daemon,
        daemon.caller(manages=True) as caller,
    ):
        yield caller


@pytest.fixture
def owner(daemon_owner: Caller) -> Caller:
    """An owner whose store is empty at first."""
    assert daemon_owner.post("/v1/purge", {}).status == 200
    return daemon_owner


def batch(*records: object) -> dict[str, Any]:
    """The body of a batch."""
    return {"records": list(records)}


def test_a_batch_of_every_kind_is_answered_in_its_order(owner: Caller) -> None:
    answer = owner.post(BATCH, batch(*(least(kind) for kind in LEAST)))
    assert answer.status == 201
    rows = owner.rows("/v1/feedback")
    assert [row["feedback_type"] for row in rows] == list(LEAST)
    assert [row["feedback_id"] for row in rows] == [each["feedback_id"] for each in answer.json["results"]]
    assert not any(each["duplicate"] for each in answer.json["results"])


def test_a_batch_answers_each_record_as_if_it_had_come_alone(owner: Caller) -> None:
    alone = {kind: owner.post("/v1/feedback", least(kind)).json for kind in LEAST}
    results = owner.post(BATCH, batch(*(least(kind) for kind in LEAST))).json["results"]
    for kind, result in zip(LEAST, results, strict=True):
        assert result | {"feedback_id": ""} == alone[kind] | {"feedback_id": ""}


@pytest.mark.parametrize("size", [1, 499, 500])
def test_up_to_five_hundred_records_are_taken(owner: Caller, size: int) -> None:
    answer = owner.post(BATCH, batch(*[GOOD] * size))
    assert answer.status == 201
    assert len({each["feedback_id"] for each in answer.json["results"]}) == size
    assert len(owner.rows("/v1/feedback")) == size


@pytest.mark.parametrize(
    "body",
    [
        batch(),
        batch(*[GOOD] * 501),
        {},
        {"records": None},
        {"records": GOOD},
        {"records": "x"},
        {"records": {"0": GOOD}},
        {"records": [GOOD], CANARY: 1},
        {"Records": [GOOD]},
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(owner: Caller, body: object) -> None:
    found = problem(owner.post(BATCH, body), 422, "invalid-record")
    assert (found["field"], "index" in found) == ("records", False)
    assert owner.rows("/v1/feedback") == []


def test_a_list_or_a_record_alone_is_no_batch(owner: Caller) -> None:
    for body in ([GOOD], GOOD, 1, "x", None):
        if body is not None:
            problem(owner.post(BATCH, body), 422, "invalid-record")
    assert owner.rows("/v1/feedback") == []


@pytest.mark.parametrize("position", [0, 1, 499])
@pytest.mark.parametrize(
    "bad", [None, 1, [], "x", {}, {"feedback_type": CANARY}, least("rating", rating=CANARY)]
)
def test_one_bad_record_refuses_all_and_is_named_by_its_place(
    owner: Caller, position: int, bad: object
) -> None:
    records: list[object] = [GOOD] * 500
    records[position] = bad
    found = problem(owner.post(BATCH, batch(*records)), 422, "invalid-record")
    assert found["index"] == position
    assert owner.rows("/v1/feedback") == []


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_every_refusal_of_a_field_names_place_and_field(owner: Caller, kind: str, name: str) -> None:
    bad = least(kind, **{name: TABLE[kind][name].refuses[-1]})
    found = problem(owner.post(BATCH, batch(GOOD, bad, GOOD)), 422, "invalid-record")
    assert (found["index"], found["field"]) == (1, name)
    assert owner.rows("/v1/feedback") == []


@pytest.mark.parametrize("before", [0, 1])
def test_what_only_the_intake_knows_is_named_by_its_place_too(owner: Caller, before: int) -> None:
    same = least("comparison", alternative="Mistral:7B")
    undeclared = least("rating", task_category="x_undeclared")
    for bad in (same, undeclared):
        found = problem(owner.post(BATCH, batch(*[GOOD] * before, bad)), 422, "invalid-record")
        assert found["index"] == before
    assert owner.rows("/v1/feedback") == []


@pytest.mark.parametrize("before", [0, 1])
def test_a_conflict_refuses_all_and_names_its_place(owner: Caller, before: int) -> None:
    key = {"idempotency_key": f"conflict behind {before}"}
    assert owner.post("/v1/feedback", GOOD | key).status == 201
    found = problem(
        owner.post(BATCH, batch(*[GOOD] * before, GOOD | key | {"rating": 1})), 409, "idempotency-conflict"
    )
    assert found["index"] == before
    assert len(owner.rows("/v1/feedback")) == 1


def test_a_conflict_inside_a_batch_is_found_too(owner: Caller) -> None:
    key = {"idempotency_key": "twice, differently"}
    found = problem(owner.post(BATCH, batch(GOOD | key, GOOD, GOOD | key | {"rating": 1})), 409)
    assert found["index"] == 2
    assert owner.rows("/v1/feedback") == []
    assert owner.post("/v1/feedback", GOOD | key | {"rating": 2}).status == 201  # the key is still free


def test_the_same_record_twice_in_a_batch_counts_once(owner: Caller) -> None:
    key = {"idempotency_key": "twice"}
    first, second, third = owner.post(BATCH, batch(GOOD | key, GOOD | key, GOOD)).json["results"]
    assert first["feedback_id"] == second["feedback_id"] != third["feedback_id"]
    assert [first["duplicate"], second["duplicate"], third["duplicate"]] == [False, True, False]
    assert len(owner.rows("/v1/feedback")) == 2


def test_a_batch_sent_again_stores_nothing_more(owner: Caller) -> None:
    body = batch(*(least(kind, idempotency_key=f"again {kind}") for kind in LEAST))
    first, again = owner.post(BATCH, body), owner.post(BATCH, body)
    assert (first.status, again.status) == (201, 201)
    assert [each["feedback_id"] for each in again.json["results"]] == [
        each["feedback_id"] for each in first.json["results"]
    ]
    assert all(each["duplicate"] for each in again.json["results"])
    assert len(owner.rows("/v1/feedback")) == len(LEAST)
