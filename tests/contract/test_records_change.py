"""Changing and undoing over real HTTP: the id is the capability, and the counts follow."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.caller import Caller
from tests.support.daemon import start
from tests.support.field_table import REASON_LIST, STARS, TABLE, TASK, THUMB, least
from tests.support.problem import CANARY, problem

FIELDS = {"rating": STARS, "thumb": THUMB, "reasons": REASON_LIST, "task_category": TASK}
NOBODY = "0" * 32


@pytest.fixture(scope="module")
def daemon_owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    with (
        start(tmp_path_factory.mktemp("change") / "data", settings={"HARDWARE_BUCKET": "unknown"}) as daemon,
        daemon.caller(manages=True) as caller,
    ):
        yield caller


@pytest.fixture
def owner(daemon_owner: Caller) -> Caller:
    """An owner whose store is empty at first."""
    assert daemon_owner.post("/v1/purge", {}).status == 200
    return daemon_owner


def submit(owner: Caller, kind: str, **fields: Any) -> str:  # noqa: ANN401  # JSON
    """Store one record; its path."""
    answer = owner.post("/v1/feedback", least(kind, **fields))
    assert answer.status == 201, answer.body
    return f"/v1/feedback/{answer.json['feedback_id']}"


def only(owner: Caller) -> dict[str, Any]:
    """The one record that is stored."""
    (row,) = owner.rows("/v1/feedback")
    return row


def counts(owner: Caller) -> dict[str, Any]:
    """What insight counts of all ratings, by task."""
    rows = owner.get("/v1/insights/ratings?group_by=task_category").json["rows"]
    return {row["task_category"]: (row["counts"], row["up"], row["down"], row["reasons"]) for row in rows}


@pytest.mark.parametrize("name", FIELDS)
def test_what_a_change_takes_is_listed_and_answered(owner: Caller, name: str) -> None:
    path = submit(owner, "rating")
    for sent, listed in FIELDS[name].takes:
        answer = owner.patch(path, {name: sent})
        assert answer.status == 200, (sent, answer.body)
        row = only(owner)
        assert row.get(name, []) == (listed if isinstance(sent, str | int | float) else sorted(sent))
        assert answer.json == {
            "feedback_id": row["feedback_id"],
            "feedback_type": "rating",
            "week": row["week"],
            "task_category": row["task_category"],
            "rating": row.get("rating"),
            "thumb": row.get("thumb"),
            "reasons": row.get("reasons", []),
            "shared": False,
        }


@pytest.mark.parametrize("name", FIELDS)
def test_what_a_change_refuses_changes_nothing(owner: Caller, name: str) -> None:
    path = submit(owner, "rating", reasons=["fast"], task_category="chat")
    before = only(owner)
    for sent in FIELDS[name].refuses:
        assert problem(owner.patch(path, {name: sent}), 422, "invalid-record")["field"] == name, sent
    assert only(owner) == before


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rating": None},
        {"rating": None, "thumb": None, "reasons": None, "task_category": None},
        {"rating": 3, "thumb": "up"},
        {"model": "qwen2.5:14b"},
        {"rating": 3, "feedback_type": "rating"},
        {"rating": 3, CANARY: CANARY},
        {"tie": True},
        {"safe_to_share": False},
        {"feature_description": "x"},
        [],
        [{"rating": 3}],
        3,
        "3",
    ],
)
def test_a_change_says_what_to_change_and_nothing_else(owner: Caller, body: object) -> None:
    path = submit(owner, "rating")
    before = only(owner)
    problem(owner.patch(path, body), 422, "invalid-record")
    assert only(owner) == before


def test_stars_become_a_thumb_and_back(owner: Caller) -> None:
    path = submit(owner, "rating", rating=4)
    assert counts(owner) == {"unspecified": ([0, 0, 0, 1, 0], 0, 0, {})}
    owner.patch(path, {"thumb": "down"})
    assert counts(owner) == {"unspecified": ([0, 0, 0, 0, 0], 0, 1, {})}
    owner.patch(path, {"rating": 1})
    assert counts(owner) == {"unspecified": ([1, 0, 0, 0, 0], 0, 0, {})}
    assert "thumb" not in only(owner)


def test_a_change_moves_the_counts_with_it(owner: Caller) -> None:
    path = submit(owner, "rating", rating=4, reasons=["fast", "helpful"])
    submit(owner, "rating", rating=5)
    owner.patch(path, {"task_category": "code generation", "reasons": ["slow"], "rating": 2})
    assert counts(owner) == {
        "code_generation": ([0, 1, 0, 0, 0], 0, 0, {"slow": 1}),
        "unspecified": ([0, 0, 0, 0, 1], 0, 0, {}),
    }
    owner.patch(path, {"reasons": []})
    assert counts(owner)["code_generation"] == ([0, 1, 0, 0, 0], 0, 0, {})


def test_what_a_change_leaves_out_stays(owner: Caller) -> None:
    path = submit(owner, "rating", reasons=["fast"], task_category="chat", variant="a", safe_to_share=False)
    before = only(owner)
    owner.patch(path, {"rating": 1, "reasons": None, "task_category": None})
    assert only(owner) == before | {"rating": 1}


@pytest.mark.parametrize(
    ("kind", "takes"),
    [
        ("rating", {"rating", "thumb", "reasons", "task_category"}),
        ("comparison", {"reasons", "task_category"}),
        ("error_report", {"task_category"}),
        ("feature_request", set()),
        ("usage_pattern", {"task_category"}),
    ],
)
def test_a_kind_changes_only_what_it_has(owner: Caller, kind: str, takes: set[str]) -> None:
    path = submit(owner, kind)
    changes: dict[str, Any] = {"rating": 1, "thumb": "up", "reasons": ["fast"], "task_category": "chat"}
    for name, value in changes.items():
        before = only(owner)
        answer = owner.patch(path, {name: value})
        if name in takes:
            assert answer.status == 200
            assert only(owner)[name] == value
        else:
            problem(answer, 422, "invalid-record")
            assert only(owner) == before


@pytest.mark.parametrize("kind", TABLE)
def test_undo_takes_the_record_out_of_list_and_counts(owner: Caller, kind: str) -> None:
    path = submit(owner, kind)
    answer = owner.delete(path)
    assert answer.status == 200
    assert answer.json == {"feedback_id": path.rpartition("/")[2], "deleted": True, "shared": False}
    assert owner.rows("/v1/feedback") == []
    assert owner.get("/v1/export").body == b""
    for insight in ("ratings", "usage"):
        assert owner.get(f"/v1/insights/{insight}").json["rows"] == []
    problem(owner.delete(path), 404, "not-found")
    problem(owner.patch(path, {"task_category": "chat"}), 404, "not-found")


def test_undo_takes_out_one_of_many(owner: Caller) -> None:
    paths = [submit(owner, "rating", rating=star) for star in (1, 2, 2, 3)]
    assert owner.delete(paths[1]).status == 200
    assert Counter(row["rating"] for row in owner.rows("/v1/feedback")) == {1: 1, 2: 1, 3: 1}
    assert counts(owner)["unspecified"][0] == [1, 1, 1, 0, 0]


@pytest.mark.parametrize("kind", TABLE)
def test_undone_words_are_in_no_file(tmp_path_factory: pytest.TempPathFactory, kind: str) -> None:
    """Deleting means gone: not in the database, not in its log."""
    with start(tmp_path_factory.mktemp("gone") / "data") as daemon, daemon.caller(manages=True) as owner:
        fields = {"feature_description": f"Please add {CANARY}"} if kind == "feature_request" else {}
        kept = submit(owner, kind, **fields)
        assert owner.delete(kept).status == 200
        held = {path: path.read_bytes() for path in daemon.data_dir.rglob("*") if path.is_file()}
        assert [path for path, content in held.items() if CANARY.encode() in content] == []
        assert [
            path for path, content in held.items() if bytes.fromhex(kept.rpartition("/")[2]) in content
        ] == []


@pytest.mark.parametrize(
    "name",
    [
        NOBODY,
        "f" * 32,
        "0" * 31,
        "0" * 33,
        "F" * 32,
        "g" * 32,
        CANARY,
        "batch",
        "%30" * 32,
        "..",
        "0" * 31 + "%0A",
        "0" * 32 + "%0A",
        "\u0660" * 32,
        "*",
    ],
)
def test_an_id_that_is_none_is_not_found(owner: Caller, name: str) -> None:
    submit(owner, "rating")
    path = f"/v1/feedback/{quote(name, safe='%')}"
    known = {"batch": 405, "..": 404}
    for answer in (owner.delete(path), owner.patch(path, {"rating": 1})):
        problem(answer, known.get(name, 404))
    assert only(owner)["rating"] == 4
