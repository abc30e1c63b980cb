"""Requests over HTTP: the list, and every decision about it."""

from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from sidecar.triage.wish import STATES
from tests.support.caller import Answer, Caller
from tests.support.daemon import Daemon, start
from tests.support.wishes import many_texts

LIST = "/v1/insights/requests"
DARK = ("A dark theme. Bright screens hurt.", "dark mode", "Please add a dark theme for the night")
MOST_GROWTH = 3 * 1024 * 1024  # bytes
OTHER = "Export every chat as Markdown"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with start(
        tmp_path_factory.mktemp("requests") / "data", settings={"HARDWARE_BUCKET": "unknown"}
    ) as daemon:
        yield daemon


@pytest.fixture
def owner(daemon: Daemon) -> Iterator[Caller]:
    with daemon.caller(manages=True) as caller:
        assert caller.post("/v1/purge", {}).status == 200
        yield caller


def wished(owner: Caller, text: str, **fields: str) -> str:
    """Send a wish; returns its id."""
    body = {"feedback_type": "feature_request", "feature_description": text, **fields}
    answer = owner.post("/v1/feedback", body)
    assert answer.status == 201, answer
    return str(answer.json["feedback_id"])


def decide(owner: Caller, id_: str, **change: Any) -> Answer:  # noqa: ANN401  # whatever is sent
    """Put a decision."""
    return owner.ask("PUT", f"/v1/requests/{id_}", change)


def listed(owner: Caller) -> dict[str, dict[str, Any]]:
    """The rows by their id."""
    return {row["request_id"]: row for row in owner.get(LIST).json["rows"]}


def test_nobody_wished_is_an_empty_list(owner: Caller) -> None:
    assert owner.get(LIST).json == {"rows": [], "requests": 0, "n": 0, "next": None}


def test_wish_nobody_touched_is_a_new_request_of_its_own(owner: Caller) -> None:
    id_ = wished(owner, DARK[0])
    row = listed(owner)[id_]
    assert (row["state"], row["votes"], row["n"], row["members"]) == ("new", 1, 1, [id_])
    assert (row["summary"], row["category"], row["unsure"]) == ("A dark theme.", "ui_ux", False)
    assert row["first_week"] == row["last_week"]


def test_same_wish_in_other_words_is_suggested_with_its_reason(owner: Caller) -> None:
    one, two = wished(owner, DARK[0]), wished(owner, DARK[1])
    wished(owner, OTHER)
    (found,) = listed(owner)[one]["suggested_duplicates"]
    assert found["request_id"] == two
    assert found["why"] == "both speak of: theme"
    assert 0.4 < found["score"] <= 1


def test_merge_moves_the_votes_and_is_not_done_twice(owner: Caller) -> None:
    ids = [wished(owner, text) for text in DARK]
    for _ in range(2):
        decided = decide(owner, ids[0], merge=ids[1:])
        assert decided.status == 200
        assert decided.json["members"] == ids
    row = listed(owner)[ids[0]]
    assert (row["votes"], row["n"], row["members"]) == (3, 3, ids)
    assert row["openings"] == ["A dark theme.", *DARK[1:]]
    assert len(listed(owner)) == 1


def test_merge_of_requests_with_others_in_them_takes_all(owner: Caller) -> None:
    ids = [wished(owner, text) for text in (*DARK, OTHER)]
    decide(owner, ids[0], merge=[ids[1]], state="planned")
    decide(owner, ids[2], merge=[ids[3]], state="done")
    decided = decide(owner, ids[3], merge=[ids[1]]).json
    assert decided["request_id"] == ids[2]
    assert sorted(decided["members"]) == sorted(ids)
    assert decided["state"] == "done", "the request that takes the other over keeps what was decided"


def test_any_wish_of_a_request_names_it(owner: Caller) -> None:
    ids = [wished(owner, text) for text in DARK]
    decide(owner, ids[0], merge=ids[1:])
    assert decide(owner, ids[2], state="planned").json["request_id"] == ids[0]
    assert listed(owner)[ids[0]]["state"] == "planned"


def test_split_makes_a_wish_a_request_of_its_own_again(owner: Caller) -> None:
    ids = [wished(owner, text) for text in DARK]
    decide(owner, ids[0], merge=ids[1:], state="planned")
    for _ in range(2):
        assert decide(owner, ids[0], split=[ids[1]]).json["members"] == [ids[0], ids[2]]
    rows = listed(owner)
    assert {id_: (row["votes"], row["state"]) for id_, row in rows.items()} == {
        ids[0]: (2, "planned"),
        ids[1]: (1, "new"),
    }


def test_split_of_the_main_wish_leaves_the_request_to_the_oldest_other(owner: Caller) -> None:
    ids = [wished(owner, text) for text in DARK]
    decide(owner, ids[1], merge=[ids[0], ids[2]], state="planned", category="docs")
    decided = decide(owner, ids[1], split=[ids[1]]).json
    assert (decided["request_id"], decided["members"]) == (ids[0], [ids[0], ids[2]])
    assert (decided["state"], decided["category"]) == ("planned", "docs")
    assert listed(owner)[ids[1]]["state"] == "new"


def test_last_wish_of_a_request_cannot_be_split_off(owner: Caller) -> None:
    id_ = wished(owner, OTHER)
    assert decide(owner, id_, split=[id_], state="planned").json["members"] == [id_]


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_kept(owner: Caller, state: str) -> None:
    id_ = wished(owner, OTHER)
    assert decide(owner, id_, state=state).json["state"] == state
    row = listed(owner)[id_]
    assert row["state"] == state
    assert (row["priority"] == 0) == (state in {"done", "declined"})


def test_relabelled_request_keeps_its_label_until_it_is_given_back(owner: Caller) -> None:
    id_ = wished(owner, DARK[0])
    decide(owner, id_, category="docs", severity="high", effort="small")
    row = listed(owner)[id_]
    assert (row["category"], row["confidence"], row["unsure"]) == ("docs", 1.0, False)
    assert (row["parts"]["severity"], row["parts"]["effort"]) == (1.0, 1.0)
    decide(owner, id_, category=None, severity=None, effort=None)
    row = listed(owner)[id_]
    assert row["category"] == "ui_ux"
    assert (row["parts"]["severity"], row["parts"]["effort"]) == (0.75, 1.5)


def test_what_is_left_out_stays_as_it_was(owner: Caller) -> None:
    id_ = wished(owner, OTHER)
    decide(owner, id_, state="planned", category="docs")
    assert decide(owner, id_, effort="large").json | {"members": []} == {
        "request_id": id_,
        "state": "planned",
        "category": "docs",
        "severity": None,
        "effort": "large",
        "n": 1,
        "members": [],
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"state": "open"}, "state"),
        ({"state": None}, "state"),
        ({"category": "bugs"}, "category"),
        ({"severity": 3}, "severity"),
        ({"effort": "huge"}, "effort"),
        ({"merge": ["0"]}, "merge"),
        ({"merge": ["0" * 31 + "\n"]}, "merge"),
        ({"merge": ["0" * 32] * 501}, "merge"),
        ({"split": "0" * 32}, "split"),
        ({"votes": 9}, None),
    ],
)
def test_decision_that_is_not_understood_is_refused(
    owner: Caller, change: dict[str, Any], field: str | None
) -> None:
    id_ = wished(owner, OTHER)
    refused = decide(owner, id_, **change)
    assert refused.status == 422
    assert refused.json.get("field") == field
    assert listed(owner)[id_]["state"] == "new"


def test_decision_with_an_id_that_is_gone_changes_nothing(owner: Caller) -> None:
    id_, gone = wished(owner, OTHER), "f" * 32
    refused = decide(owner, id_, state="planned", merge=[id_, gone])
    assert (refused.status, refused.json["field"], refused.json["index"]) == (404, "merge", 1)
    assert decide(owner, id_, split=[gone]).status == 404
    assert decide(owner, gone, state="planned").status == 404
    assert listed(owner)[id_]["state"] == "new"


def test_record_of_another_kind_is_no_request(owner: Caller) -> None:
    body = {"feedback_type": "rating", "model": "mistral:7b", "rating": 4}
    id_ = str(owner.post("/v1/feedback", body).json["feedback_id"])
    assert decide(owner, id_, state="planned").status == 404
    assert listed(owner) == {}


def test_limit_shows_the_most_pressing_and_counts_all(owner: Caller) -> None:
    ids = [wished(owner, text) for text in (*DARK, OTHER)]
    decide(owner, ids[1], merge=[ids[0], ids[2]])
    found = owner.get(f"{LIST}?limit=1").json
    assert [row["request_id"] for row in found["rows"]] == [ids[1]]
    assert (found["requests"], found["n"]) == (2, 4)
    for wrong in ("0", "2001", "x", "1&limit=1"):
        assert owner.get(f"{LIST}?limit={wrong}").status == 422


def test_answer_names_the_category_of_a_wish_where_the_words_are_sure(owner: Caller) -> None:
    def told(text: str, **fields: str) -> object:
        body = {"feedback_type": "feature_request", "feature_description": text, **fields}
        return owner.post("/v1/feedback", body).json["category"]

    assert told(DARK[0]) == "ui_ux"
    assert told(DARK[0], category="docs") == "docs"
    assert told("Make it nicer") is None


def test_requests_are_not_for_everybody(daemon: Daemon, owner: Caller) -> None:
    id_ = wished(owner, OTHER)
    with daemon.caller() as stranger:
        assert stranger.get(LIST).status == 401
        assert stranger.ask("PUT", f"/v1/requests/{id_}", {"state": "done"}).status == 401
    assert listed(owner)[id_]["state"] == "new"


def test_triage_leaves_the_daemon_as_small_as_it_was(daemon: Daemon, owner: Caller) -> None:
    """The work and its words are in another process; what stays is one answer."""
    batch = [{"feedback_type": "feature_request", "feature_description": text} for text in many_texts(400)]
    ids = [row["feedback_id"] for row in owner.post("/v1/feedback/batch", {"records": batch}).json["results"]]
    before = psutil.Process(daemon.pid).memory_info().rss
    for place in range(12):
        assert decide(owner, ids[place], state="planned").status == 200
        for _ in range(8):
            assert owner.get(LIST).status == 200
    assert psutil.Process(daemon.pid).memory_info().rss - before <= MOST_GROWTH
