"""Sharing over real HTTP, from the first "yes" to a withdrawal: what the preview shows is what arrives."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.caller import Caller
from tests.support.daemon import Daemon
from tests.support.problem import problem
from tests.support.sharing import Collector, granted, settled, sharing_daemon, uploaded

RATING = {"feedback_type": "rating", "model": "llama3.1:8b", "rating": 4, "product_id": "chat"}
PAIR = {
    "feedback_type": "comparison",
    "preferred": "llama3.1:8b",
    "alternative": "qwen2.5:7b",
    "product_id": "chat",
}


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@pytest.fixture
def daemon(tmp_path: Path, collector: Collector) -> Iterator[Daemon]:
    with sharing_daemon(tmp_path, collector.url) as daemon:
        yield daemon


@pytest.fixture
def owner(daemon: Daemon) -> Iterator[Caller]:
    with daemon.caller(manages=True) as caller:
        yield caller


def test_what_the_preview_shows_is_what_arrives_and_what_the_receipt_names(
    owner: Caller, collector: Collector
) -> None:
    assert owner.post("/v1/feedback", RATING).status == 201
    assert granted(owner, "ratings", "comparisons").json["mode"] == "share"
    for record in (RATING, PAIR):
        assert owner.post("/v1/feedback", record).status == 201
    (draft,) = owner.get("/v1/outbox/preview").json["draft"]
    uploaded(owner)
    (letter,) = collector.letters
    assert letter.text.decode() == draft
    digest = hashlib.sha256(letter.text)
    expected = base64.b64encode(digest.digest()).decode()
    assert letter.headers["content-digest"] == f"sha-256=:{expected}:"
    cells = {cell["kind"]: cell for cell in json.loads(letter.text)["cells"]}
    assert cells["rating"]["counts"] == [0, 0, 0, 1, 0]  # the one from before the grant stays
    assert cells["comparison"]["wins"] == [1, 0]
    (receipt,) = owner.get("/v1/receipts").json["rows"]
    assert (receipt["state"], receipt["sha256"]) == ("shared", digest.hexdigest())
    assert letter.path == f"/v1/batches/{receipt['batch_id']}"
    (attempt,) = owner.get("/v1/egress").json["rows"]
    assert (attempt["what"], attempt["outcome"], attempt["status"]) == ("batch", "shared", 200)
    assert owner.get("/v1/egress").json["ever"] == 1


def test_a_receipt_can_be_withdrawn_also_when_the_grant_is_gone(owner: Caller, collector: Collector) -> None:
    granted(owner, "ratings")
    owner.post("/v1/feedback", RATING)
    uploaded(owner)
    told = owner.ask("PUT", "/v1/consent", {"destination": "acme", "revoke": True})
    assert (told.json["mode"], told.json["destinations"][0]["state"]) == ("local", "revoked")
    (receipt,) = owner.get("/v1/receipts").json["rows"]
    answer = owner.post(f"/v1/receipts/{receipt['batch_id']}/withdraw", {})
    assert (answer.status, answer.json["state"]) == (202, "withdrawing")
    settled(owner)
    letter = collector.letters[-1]
    assert (letter.method, letter.path) == ("DELETE", f"/v1/batches/{receipt['batch_id']}")
    secret = json.loads(letter.body)["secret"]
    shown = json.loads(collector.letters[0].text)["withdrawal"]
    assert hashlib.sha256(secret.encode()).hexdigest() == shown
    assert owner.get("/v1/receipts").json["rows"][0]["state"] == "withdrawn"
    assert owner.get("/v1/consent").json["mode"] == "local"


def test_a_receipt_names_also_what_was_refused_or_is_still_on_its_way(
    owner: Caller, collector: Collector
) -> None:
    granted(owner, "ratings")
    owner.post("/v1/feedback", RATING)
    collector.status = 500
    uploaded(owner)
    (receipt,) = owner.get("/v1/receipts").json["rows"]
    assert (receipt["state"], receipt["batch_id"]) == ("armed", collector.letters[0].path.rpartition("/")[2])
    collector.status, collector.verdict = 200, "rejected"
    uploaded(owner)
    (receipt,) = owner.get("/v1/receipts").json["rows"]
    assert (receipt["state"], receipt["sent_at"] is not None) == ("quarantined", True)
    assert owner.get("/v1/outbox").json["last_upload"] is None


def test_a_held_batch_is_shown_with_its_next_step_and_can_be_sent_or_discarded(
    owner: Caller, collector: Collector
) -> None:
    granted(owner, "ratings")
    owner.post("/v1/feedback", RATING)
    collector.status = 503
    uploaded(owner)
    (row,) = owner.get("/v1/outbox").json["rows"]
    assert (row["state"], row["tries"], row["why"]) == ("armed", 1, "busy")
    problem(owner.post(f"/v1/outbox/{row['batch_id']}/discard", {}), 409, "state-conflict")
    problem(owner.post(f"/v1/outbox/{'0' * 32}/send", {}), 404, "not-found")


def test_a_grant_needs_the_digest_of_the_text_that_holds_now(owner: Caller) -> None:
    body = {"destination": "acme", "scopes": ["ratings"], "digest": "0" * 64}
    told = problem(owner.ask("PUT", "/v1/consent", body), 409, "state-conflict")
    (row,) = owner.get("/v1/consent").json["destinations"]
    assert row["digest"] in told["detail"]
    assert hashlib.sha256(row["text"].encode()).hexdigest() == row["digest"]
    assert (row["state"], owner.get("/v1/consent").json["mode"]) == ("not_asked", "local")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"destination": "acme"},
        {"destination": "acme", "revoke": False},
        {"destination": "acme", "scopes": [], "digest": "0" * 64},
        {"destination": "acme", "scopes": ["everything"], "digest": "0" * 64},
        {"destination": "acme", "scopes": ["ratings"], "digest": "0" * 64, "revoke": True},
        {"mode": "share", "destination": "acme"},
        {"mode": "loud"},
    ],
)
def test_an_answer_in_no_known_form_changes_nothing(owner: Caller, body: dict[str, object]) -> None:
    before = owner.get("/v1/consent").json
    problem(owner.ask("PUT", "/v1/consent", body), 422, "invalid-record")
    assert owner.get("/v1/consent").json == before


def test_nothing_can_be_shared_before_something_is_granted(owner: Caller, collector: Collector) -> None:
    problem(owner.ask("PUT", "/v1/consent", {"mode": "share"}), 409, "state-conflict")
    problem(owner.post("/v1/upload", {}), 409, "state-conflict")
    assert collector.letters == []


def test_an_application_learns_the_state_alone_and_can_neither_grant_nor_ask_twice(
    daemon: Daemon, owner: Caller
) -> None:
    with daemon.caller() as app:
        assert app.get("/v1/consent/acme/state").json == {"state": "not_asked"}
        assert app.post("/v1/consent/ask", {"destination": "acme"}).json == {"asked": True, "state": "asked"}
        assert app.post("/v1/consent/ask", {"destination": "acme"}).json == {"asked": False, "state": "asked"}
        problem(app.post("/v1/consent/ask", {"destination": "nobody"}), 404, "not-found")
        problem(app.get("/v1/consent/nobody/state"), 404, "not-found")
        problem(app.ask("PUT", "/v1/consent", {"mode": "share"}), 401, "manage-token-needed")
        problem(app.get("/v1/outbox/preview"), 401, "manage-token-needed")
        granted(owner, "ratings")
        assert app.get("/v1/consent/acme/state").json == {"state": "granted"}


def test_mode_off_takes_nothing_and_says_so(daemon: Daemon, owner: Caller) -> None:
    assert owner.ask("PUT", "/v1/consent", {"mode": "off"}).json["mode"] == "off"
    with daemon.caller() as app:
        for body in (RATING, PAIR, RATING):
            problem(app.post("/v1/feedback", body), 403, "switched-off")
        problem(app.post("/v1/feedback/batch", {"records": [RATING]}), 403, "switched-off")
    assert owner.rows("/v1/feedback") == []
    owner.ask("PUT", "/v1/consent", {"mode": "local"})
    assert owner.post("/v1/feedback", RATING).status == 201


def test_a_muted_product_is_not_heard_and_the_others_are(owner: Caller) -> None:
    assert owner.post("/v1/feedback", RATING).status == 201
    told = owner.ask("PUT", "/v1/products/chat", {"muted": True, "delete_records": True}).json
    assert told == {"product_id": "chat", "muted": True, "records": 0, "deleted": 1}
    problem(owner.post("/v1/feedback", RATING), 403, "product-muted")
    assert owner.post("/v1/feedback", RATING | {"product_id": "other"}).status == 201
    assert owner.ask("PUT", "/v1/products/chat", {"muted": False}).json["muted"] is False
    assert owner.post("/v1/feedback", RATING).status == 201
    assert owner.get("/v1/products/chat").json["records"] == 1


def test_mode_off_and_mutes_survive_a_restart(tmp_path: Path, collector: Collector) -> None:
    with sharing_daemon(tmp_path, collector.url) as first, first.caller(manages=True) as owner:
        owner.ask("PUT", "/v1/products/chat", {"muted": True})
    with sharing_daemon(tmp_path, collector.url) as second, second.caller(manages=True) as owner:
        problem(owner.post("/v1/feedback", RATING), 403, "product-muted")
        owner.ask("PUT", "/v1/consent", {"mode": "off"})
    with sharing_daemon(tmp_path, collector.url) as third, third.caller() as app:
        problem(app.post("/v1/feedback", PAIR | {"product_id": "x"}), 403, "switched-off")


def test_undoing_a_record_says_what_became_of_its_batches(daemon: Daemon, owner: Caller) -> None:
    granted(owner, "ratings")
    first = owner.post("/v1/feedback", RATING).json["feedback_id"]
    second = owner.post("/v1/feedback", RATING).json["feedback_id"]
    assert "batches" not in owner.delete(f"/v1/feedback/{first}").json
    uploaded(owner)
    (receipt,) = owner.get("/v1/receipts").json["rows"]
    with daemon.caller() as app:  # it could find its user's batch by the id
        told = app.patch(f"/v1/feedback/{second}", {"rating": 1}).json
        assert (told["shared"], told["batches"]) == (True, [{"became": "sent", "batch_id": None}])
    told = owner.delete(f"/v1/feedback/{second}").json
    assert told["batches"] == [{"became": "sent", "batch_id": receipt["batch_id"]}]


WISH = {
    "feedback_type": "feature_request",
    "feature_description": "A dark theme, says Mia.",
    "product_id": "chat",
}


def test_a_wish_leaves_alone_and_in_the_very_words_that_were_approved(
    owner: Caller, collector: Collector
) -> None:
    wish = owner.post("/v1/feedback", WISH).json["feedback_id"]
    share = {"share": {"destination": "acme", "text": "A dark theme."}}
    problem(owner.ask("PUT", f"/v1/requests/{wish}", share), 409, "state-conflict")  # nothing is granted
    granted(owner, "requests")
    first = owner.ask("PUT", f"/v1/requests/{wish}", share)
    assert first.status == 200, first.body
    approved = first.json["batch_id"]
    assert owner.ask("PUT", f"/v1/requests/{wish}", share).json["batch_id"] == approved
    (row,) = owner.get("/v1/outbox/preview").json["batches"]
    assert (row["kind"], json.loads(row["body"])["text"]) == ("request", "A dark theme.")
    assert owner.post(f"/v1/outbox/{approved}/send", {}).status == 202
    settled(owner)
    (letter,) = collector.letters
    assert (letter.path, letter.text.decode()) == (f"/v1/requests/{approved}", row["body"])
    assert letter.headers["content-type"] == "application/vnd.feedback-sidecar.request+json;version=1"
    assert b"Mia" not in letter.text
    other = {"share": {"destination": "acme", "text": "Another wording."}}
    problem(owner.ask("PUT", f"/v1/requests/{wish}", other), 409, "state-conflict")


def test_an_approval_ends_with_its_wish_or_with_other_words(owner: Caller, collector: Collector) -> None:
    granted(owner, "requests")
    wish = owner.post("/v1/feedback", WISH).json["feedback_id"]
    words = ("First.", "Second.", "First.")
    ids = [
        owner.ask("PUT", f"/v1/requests/{wish}", {"share": {"destination": "acme", "text": text}}).json[
            "batch_id"
        ]
        for text in words
    ]
    assert ids[0] == ids[2] != ids[1]
    assert [row["batch_id"] for row in owner.get("/v1/outbox").json["rows"]] == [ids[0]]
    assert owner.delete(f"/v1/feedback/{wish}").json["batches"][0]["became"] == "sealed_anew"
    assert owner.get("/v1/outbox").json["rows"] == []
    uploaded(owner)
    assert collector.letters == []


def test_a_switch_outranks_a_grant(tmp_path: Path, collector: Collector) -> None:
    with (
        sharing_daemon(tmp_path, collector.url, DO_NOT_TRACK="1") as daemon,
        daemon.caller(manages=True) as owner,
    ):
        granted(owner, "ratings")
        owner.post("/v1/feedback", RATING)
        uploaded(owner)
        told = owner.get("/v1/outbox").json
        assert (told["switches"], told["attempts_ever"]) == (["DO_NOT_TRACK"], 0)
        assert told["why"] == "forbidden by DO_NOT_TRACK"
    assert collector.letters == []


def test_earlier_records_go_when_they_are_included(owner: Caller, collector: Collector) -> None:
    owner.post("/v1/feedback", RATING)
    granted(owner, "ratings")
    uploaded(owner)
    assert collector.letters == []
    granted(owner, "ratings", earlier=True)
    uploaded(owner)
    (letter,) = collector.letters
    assert json.loads(letter.text)["cells"][0]["counts"] == [0, 0, 0, 1, 0]


def test_answering_again_keeps_what_an_older_yes_allowed(owner: Caller, collector: Collector) -> None:
    granted(owner, "ratings")
    owner.post("/v1/feedback", RATING)
    granted(owner, "ratings", "comparisons")
    uploaded(owner)
    assert json.loads(collector.letters[0].text)["cells"][0]["counts"] == [0, 0, 0, 1, 0]
