"""The pages that need no secret: prompts, hardware, health, problems, and the words that products declare."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sidecar import __version__
from sidecar.api.problems import known
from sidecar.prompts import DEFAULT_LANGUAGE
from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import TABLE, TASKS, least
from tests.support.plain_http import ask, ours, url_of
from tests.support.problem import CANARY, problem
from tests.support.secure import secure

BUCKET = re.compile(r"unknown|ram\d+(-\d+|\+)_gpu(True|False)")


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with start(tmp_path_factory.mktemp("pages") / "data") as daemon:
        with daemon.caller(manages=True) as owner:
            assert owner.get("/v1/feedback").status == 200  # returns once the bucket is known
        yield daemon


@pytest.fixture
def anyone(daemon: Daemon) -> Iterator[Caller]:
    with daemon.caller() as caller:
        yield caller


def test_prompts_say_what_may_be_asked_what_not_and_why(anyone: Caller) -> None:
    answer = secure(anyone.get("/v1/prompts"), corp="cross-origin")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    found = answer.json
    assert found["lang"] == "en"
    assert set(found["kinds"]) == set(TABLE)
    for kind in found["kinds"].values():
        assert kind["may_ask"]
        assert all(question["ask"] and question["id"] for question in kind["may_ask"])
        assert all(never["ask"] and never["why"] and never["instead"] for never in kind["must_not_ask"])
    assert any(kind["must_not_ask"] for kind in found["kinds"].values())


@pytest.mark.parametrize("lang", ["en", "EN", "en-GB", "en_US", "fr", "tlh", "", "x", "*", "en;q=1"])
def test_prompts_come_in_english_where_a_language_is_not_shipped(anyone: Caller, lang: str) -> None:
    answer = anyone.get(f"/v1/prompts?lang={lang}")
    assert (answer.status, answer.json["lang"]) == (200, DEFAULT_LANGUAGE)
    assert answer.json == anyone.get("/v1/prompts").json


def test_a_page_of_this_machine_may_read_the_prompts(daemon: Daemon) -> None:
    url = url_of(daemon)
    answer = ask(url, "GET", "/v1/prompts", ours(url, ("Origin", "http://localhost:3000")))
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert secure(answer, corp="cross-origin").status == 200


def test_nothing_else_may_be_embedded_by_any_page(anyone: Caller) -> None:
    for path in (
        "/v1/hardware",
        "/v1/schema",
        "/v1/openapi.json",
        "/healthz",
        "/readyz",
        "/problems/not-found",
        "/x",
    ):
        secure(anyone.get(path), corp="same-origin")


def test_hardware_is_a_bucket_and_plain_words(anyone: Caller) -> None:
    answer = secure(anyone.get("/v1/hardware"))
    found = answer.json
    assert set(found) == {"hardware_bucket", "memory_gib", "gpus", "environment", "why"}
    assert BUCKET.fullmatch(found["hardware_bucket"])
    assert found["memory_gib"] > 0
    assert all(isinstance(sentence, str) and sentence for sentence in found["why"])
    said = anyone.post("/v1/feedback", least("rating")).json
    assert said["hardware_bucket"] == found["hardware_bucket"]


def test_health_says_that_it_lives_and_is_ready(anyone: Caller) -> None:
    healthy = {"status": "ok", "version": __version__, "notes": []}
    for path in ("/healthz", "/readyz"):
        answer = secure(anyone.get(path))
        assert (answer.status, answer.json) == (200, healthy)


@pytest.mark.parametrize("slug", sorted(known()))
def test_every_problem_type_leads_to_a_page(anyone: Caller, slug: str) -> None:
    answer = secure(anyone.get(f"/problems/{slug}"))
    assert answer.status == 200
    found = answer.json
    assert set(found) == {"type", "title", "status", "meaning"}
    assert (found["type"], found["title"], found["status"]) == (
        f"/problems/{slug}",
        known()[slug].title,
        known()[slug].status,
    )
    assert found["meaning"].endswith(".")


@pytest.mark.parametrize("slug", ["nothing", CANARY, "__init__", "Not-Found", "not-found%20"])
def test_an_unknown_problem_is_not_found(anyone: Caller, slug: str) -> None:
    problem(anyone.get(f"/problems/{slug}"), 404, "not-found")


PRODUCT = """
models = ["example-7b-tuned"]
tasks = ["x_ticket_triage"]
error_codes = ["x_bad_ticket"]
variants = ["prompt-v2"]
"""


@pytest.fixture
def words(daemon: Daemon) -> Iterator[Path]:
    """A product that is installed while the daemon runs."""
    folder = daemon.data_dir / "products.d"
    folder.mkdir(exist_ok=True)
    path = folder / "example-chat.toml"
    path.write_text(PRODUCT)
    yield path
    path.unlink(missing_ok=True)


@pytest.mark.usefixtures("words")
def test_a_declared_word_is_taken_from_its_own_product_alone(anyone: Caller) -> None:
    for body, field in (
        (least("rating", task_category="x_ticket_triage"), "task_category"),
        (least("usage_pattern", task_category="x_ticket_triage"), "task_category"),
        (least("error_report", error_type="x_bad_ticket"), "error_type"),
    ):
        assert anyone.post("/v1/feedback", body | {"product_id": "example-chat"}).status == 201
        for other in (None, "example", "Example-Chat"):
            found = problem(anyone.post("/v1/feedback", body | {"product_id": other}), 422, "invalid-record")
            assert found["field"] == field
    swapped = least("rating", task_category="x_bad_ticket", product_id="example-chat")
    assert problem(anyone.post("/v1/feedback", swapped), 422)["field"] == "task_category"


@pytest.mark.usefixtures("words")
def test_a_change_takes_the_words_of_the_records_own_product(anyone: Caller) -> None:
    mine = anyone.post("/v1/feedback", least("rating", product_id="example-chat")).json["feedback_id"]
    other = anyone.post("/v1/feedback", least("rating", product_id="other")).json["feedback_id"]
    change = {"task_category": "x_ticket_triage"}
    assert anyone.patch(f"/v1/feedback/{mine}", change).json["task_category"] == "x_ticket_triage"
    problem(anyone.patch(f"/v1/feedback/{other}", change), 422, "invalid-record")


OWN_DESTINATION = """
[[destinations]]
name = "example"
url = "https://feedback.example.org"
products = ["example-chat"]
controller = "Example"
contact = "privacy@example.org"
purpose = "to see which models suit"
privacy_url = "https://example.org/privacy"
retention = "24 months"
"""
OWN = {"model": "example-7b-tuned", "task_category": "x_ticket_triage", "variant": "prompt-v2"}


def test_a_products_own_words_leave_to_its_own_destination_alone(anyone: Caller, words: Path) -> None:
    rating = least("rating", product_id="example-chat", **OWN)
    report = least("error_report", error_type="x_bad_ticket", product_id="example-chat")

    def shareable(body: dict[str, Any]) -> dict[str, Any]:
        cell: dict[str, Any] = anyone.post("/v1/feedback", body).json["shareable"]
        return {name: cell[name] for name in (*OWN, "error_type") if name in cell}

    assert shareable(rating) == {"model": "custom", "task_category": "other", "variant": None}
    assert shareable(report)["error_type"] == "other"
    words.write_text(PRODUCT + OWN_DESTINATION)
    anyone.get("/v1/schema")  # looks at the product files again
    assert shareable(rating) == OWN
    assert shareable(report)["error_type"] == "x_bad_ticket"
    undeclared = rating | {"variant": "undeclared", "model": "undeclared-7b"}
    assert shareable(undeclared) == OWN | {"variant": None, "model": "custom"}


def test_the_schema_lists_the_declared_words_while_they_are_declared(anyone: Caller, words: Path) -> None:
    body = least("rating", task_category="x_ticket_triage", product_id="example-chat")
    for path in ("/v1/schema", "/v1/openapi.json"):
        assert b'"x_ticket_triage"' in anyone.get(path).body
    assert tasks_of(anyone) == [*TASKS, "x_ticket_triage"]
    assert anyone.post("/v1/feedback", body).status == 201
    words.unlink()
    for path in ("/v1/schema", "/v1/openapi.json"):
        assert b'"x_ticket_triage"' not in anyone.get(path).body
    problem(anyone.post("/v1/feedback", body), 422, "invalid-record")
    assert tasks_of(anyone) == TASKS


def tasks_of(anyone: Caller) -> list[str]:
    """The tasks that the published schema lists for a rating."""
    schema = json.loads(anyone.get("/v1/schema").body)
    found: list[str] = schema["$defs"]["Rating"]["properties"]["task_category"]["anyOf"][0]["enum"]
    return found


def test_a_faulty_product_file_is_left_out_and_named(daemon: Daemon, anyone: Caller) -> None:
    folder = daemon.data_dir / "products.d"
    folder.mkdir(exist_ok=True)
    path = folder / "faulty.toml"
    path.write_text('tasks = ["triage"]')
    try:
        body = least("rating", task_category="x_any", product_id="faulty")
        problem(anyone.post("/v1/feedback", body), 422, "invalid-record")
        (note,) = anyone.get("/healthz").json["notes"]
        assert note.startswith("a product file was left out: faulty.toml: ")
        assert anyone.post("/v1/feedback", least("rating")).status == 201
    finally:
        path.unlink()
    problem(anyone.post("/v1/feedback", body), 422, "invalid-record")
    assert anyone.get("/healthz").json["notes"] == []
