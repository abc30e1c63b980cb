"""Every field of every kind over real HTTP: what it takes is stored, what it refuses leaves no trace."""

from collections.abc import Iterator

import pytest

from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import ABSENT, LEAST, PAIRS, TABLE, least
from tests.support.problem import CANARY, problem, silent

LISTED = "/v1/feedback?limit=2000"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with start(tmp_path_factory.mktemp("fields") / "data", settings={"HARDWARE_BUCKET": "unknown"}) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def owner(daemon: Daemon) -> Iterator[Caller]:
    with daemon.caller(manages=True) as caller:
        yield caller


@pytest.fixture
def empty(owner: Caller) -> Iterator[Caller]:
    """An owner whose store is empty before and after."""
    yield owner
    assert owner.post("/v1/purge", {}).status == 200


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_what_a_field_takes_is_listed_as_the_contract_says(empty: Caller, kind: str, name: str) -> None:
    field = TABLE[kind][name]
    for sent, _ in field.takes:
        # A key is remembered after a purge, within its product.
        answer = empty.post("/v1/feedback", least(kind, **{"product_id": kind, name: sent}))
        assert answer.status == 201, (sent, answer.body)
        assert answer.json["duplicate"] is False
    rows = empty.get(LISTED).json["rows"]
    assert [row.get(name, ABSENT) for row in rows] == [listed for _, listed in field.takes]
    assert {row["feedback_type"] for row in rows} == {kind}


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_what_a_field_refuses_stores_and_echoes_nothing(empty: Caller, kind: str, name: str) -> None:
    for sent in TABLE[kind][name].refuses:
        answer = empty.post("/v1/feedback", least(kind, **{name: sent}))
        assert problem(answer, 422, "invalid-record")["field"] == name, sent
    assert empty.get(LISTED).json["rows"] == []


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_null_means_left_out(empty: Caller, kind: str, name: str) -> None:
    field = TABLE[kind][name]
    answer = empty.post("/v1/feedback", {"feedback_type": kind, **LEAST[kind], name: None})
    if field.required or (kind, name) == ("rating", "rating"):
        assert problem(answer, 422, "invalid-record")["field"] == name
        assert empty.get(LISTED).json["rows"] == []
    else:
        assert answer.status == 201, answer.body
        (row,) = empty.get(LISTED).json["rows"]
        assert row.get(name, ABSENT) == field.unset


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, name in PAIRS if TABLE[kind][name].required]
)
def test_a_required_field_is_named_when_it_is_missing(empty: Caller, kind: str, name: str) -> None:
    body = least(kind)
    del body[name]
    found = problem(empty.post("/v1/feedback", body), 422, "invalid-record")
    assert (found["field"], found["detail"]) == (name, f"`{name}` is required")


@pytest.mark.parametrize("kind", TABLE)
@pytest.mark.parametrize(
    "name",
    [
        CANARY,
        "Rating",
        "feedback_id",
        "week",
        "hardware_bucket",
        "fingerprint",
        "__proto__",
        "",
        "$ref",
        "model_key",
    ],
)
def test_unknown_field_is_refused_and_never_named(empty: Caller, kind: str, name: str) -> None:
    found = problem(empty.post("/v1/feedback", least(kind, **{name: CANARY})), 422, "invalid-record")
    assert "field" not in found
    assert "a field is not known" in found["detail"]
    assert all(known in found["detail"] for known in TABLE[kind])
    assert problem(empty.post("/v1/feedback", least(kind, **{name: None})), 422, "invalid-record") == found
    assert empty.get(LISTED).json["rows"] == []


@pytest.mark.parametrize("kind", TABLE)
def test_a_field_of_another_kind_is_unknown(empty: Caller, kind: str) -> None:
    others = {name for fields in TABLE.values() for name in fields} - set(TABLE[kind])
    for name in sorted(others):
        problem(empty.post("/v1/feedback", least(kind, **{name: "up"})), 422, "invalid-record")
    assert empty.get(LISTED).json["rows"] == []


@pytest.mark.parametrize(
    "sent", [None, 1, "", "Rating", "ratings", "rating\n", CANARY, [], {}, ["rating"], True]
)
def test_unknown_kind_is_refused(empty: Caller, sent: object) -> None:
    body = least("rating") | {"feedback_type": sent}
    found = problem(empty.post("/v1/feedback", body), 422, "invalid-record")
    assert found["field"] == "feedback_type"
    assert found["detail"].endswith("rating, comparison, error_report, feature_request, usage_pattern")
    del body["feedback_type"]
    assert problem(empty.post("/v1/feedback", body), 422, "invalid-record") == found


@pytest.mark.parametrize(
    "fields",
    [
        {"rating": 4, "thumb": "up"},
        {"rating": None, "thumb": None},
        {"rating": None},
    ],
)
def test_a_rating_is_stars_or_a_thumb_and_never_both(empty: Caller, fields: dict[str, object]) -> None:
    body = {"feedback_type": "rating", "model": "mistral:7b", "rating": 4} | fields
    found = problem(empty.post("/v1/feedback", body), 422, "invalid-record")
    assert found["detail"] == "send exactly one of `rating` (1 to 5) or `thumb` (up or down)"


@pytest.mark.parametrize(
    ("preferred", "alternative"),
    [
        ("mistral:7b", "mistral:7b"),
        ("mistral:7b", "Mistral:7B"),
        ("llama3.1:8b-instruct-q4_K_M", "Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf"),
        ("/a/Tiny.gguf", "/b/Tiny.gguf"),
    ],
)
def test_a_model_is_not_compared_with_itself(empty: Caller, preferred: str, alternative: str) -> None:
    body = {"feedback_type": "comparison", "preferred": preferred, "alternative": alternative}
    for tie in (False, True):
        found = problem(empty.post("/v1/feedback", body | {"tie": tie}), 422, "invalid-record")
        assert found["field"] == "alternative"
    same = body | {"preferred_variant": "a", "alternative_variant": "a"}
    problem(empty.post("/v1/feedback", same), 422, "invalid-record")
    assert empty.get(LISTED).json["rows"] == []
    for sides in ({"preferred_variant": "a", "alternative_variant": "b"}, {"preferred_variant": "a"}):
        assert empty.post("/v1/feedback", body | sides).status == 201


CONTENT = [
    "prompt",
    "response",
    "messages",
    "input",
    "output",
    "completion",
    "text",
    "content",
    "conversation",
    "query",
    "answer",
]


@pytest.mark.parametrize("kind", TABLE)
@pytest.mark.parametrize("name", CONTENT)
def test_content_is_refused_with_what_to_send_instead(empty: Caller, kind: str, name: str) -> None:
    for spelling in (name, name.upper(), name.capitalize()):
        for value in (CANARY, None, "", [{"role": "user", "content": CANARY}], {"a": CANARY}, 1):
            body = {spelling: value} | least(kind)
            found = problem(empty.post("/v1/feedback", body), 422, "content-not-accepted")
            assert found["title"] == "Prompts and answers are not accepted here"
            assert found["field"] == name
            assert "never takes prompts or answers" in found["detail"]
            for instead in ("rating", "thumb", "comparison", "reasons", "error_report", "feature_request"):
                assert instead in found["detail"]
    assert empty.get(LISTED).json["rows"] == []


def test_content_is_refused_before_anything_else_is_looked_at(empty: Caller) -> None:
    for body in ({"prompt": CANARY}, {"feedback_type": CANARY, "Messages": []}, {"rating": 99, "text": 1}):
        problem(empty.post("/v1/feedback", body), 422, "content-not-accepted")
        found = problem(
            empty.post("/v1/feedback/batch", {"records": [least("rating"), body]}),
            422,
            "content-not-accepted",
        )
        assert found["index"] == 1
    problem(empty.post("/v1/feedback/batch", {"records": [], "prompt": CANARY}), 422, "content-not-accepted")
    (kept,) = (empty.post("/v1/feedback", least("rating")).json["feedback_id"],)
    problem(empty.patch(f"/v1/feedback/{kept}", {"rating": 1, "Answer": CANARY}), 422, "content-not-accepted")
    (row,) = empty.get(LISTED).json["rows"]
    assert row["rating"] == 4


def test_nothing_of_a_refusal_reached_a_file(daemon: Daemon, owner: Caller) -> None:
    """After all of the above, and once more here."""
    silent(owner.post("/v1/feedback", least("rating", **{CANARY: CANARY, "model": f"\u00fc{CANARY}"})))
    for path in sorted(daemon.data_dir.rglob("*")):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path
    assert CANARY not in daemon.words
