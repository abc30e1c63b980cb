"""Sharing over real HTTP, from the first "yes" to a withdrawal: what the preview shows is what arrives."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.caller import Caller
from tests.support.daemon import Daemon
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
