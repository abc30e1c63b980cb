"""What the views of the dashboard ask beside insights: the list from its new end, counts, the welcome."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import LEAST, least
from tests.support.problem import problem
from tests.support.signin import Browser


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with start(tmp_path / "data").ready() as daemon:
        yield daemon


@pytest.fixture
def owner(daemon: Daemon) -> Iterator[Caller]:
    with daemon.caller(manages=True) as owner:
        yield owner


def listed(owner: Caller, query: str) -> list[str]:
    """Ids of all pages of a list."""
    found, after = [], ""
    while True:
        page = owner.get(f"/v1/feedback?limit=2&{query}{after}").json
        found += [row["feedback_id"] for row in page["rows"]]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


def test_records_are_listed_from_either_end(owner: Caller) -> None:
    made = [owner.post("/v1/feedback", least("rating")).json["feedback_id"] for _ in range(5)]
    assert listed(owner, "order=oldest") == made
    assert listed(owner, "order=newest") == made[::-1]


def test_records_of_one_kind_are_listed(owner: Caller) -> None:
    made = {kind: owner.post("/v1/feedback", least(kind)).json["feedback_id"] for kind in LEAST}
    for kind, id_ in made.items():
        assert listed(owner, f"feedback_type={kind}&order=newest") == [id_]


@pytest.mark.parametrize(
    "query", ["order=random", "feedback_type=secret", "order=", "order=oldest&order=newest"]
)
def test_another_word_is_refused(owner: Caller, query: str) -> None:
    problem(owner.get(f"/v1/feedback?{query}"), 422, "invalid-query")


def test_counts_are_those_of_the_store(owner: Caller) -> None:
    nothing_left = {"mode": "local", "attempts_ever": 0, "sent": 0, "held": 0}
    assert owner.get("/v1/counts").json == {"records": {}, "leaving": nothing_left}
    gone = owner.post("/v1/feedback", least("rating")).json["feedback_id"]
    for kind in LEAST:
        assert owner.post("/v1/feedback", least(kind)).status == 201
    assert owner.delete(f"/v1/feedback/{gone}").status == 200
    counted = dict.fromkeys(sorted(LEAST), 1)
    assert owner.get("/v1/counts").json == {"records": counted, "leaving": nothing_left}


def test_requests_go_on_behind_the_last(owner: Caller) -> None:
    for number in range(5):
        wish = least("feature_request", feature_description=f"wish number {number} of many")
        assert owner.post("/v1/feedback", wish).status == 201
    whole = owner.get("/v1/insights/requests").json
    first = owner.get("/v1/insights/requests?limit=3").json
    second = owner.get(f"/v1/insights/requests?limit=3&after={first['next']}").json
    assert whole["next"] is None
    assert second["next"] is None
    assert first["rows"] + second["rows"] == whole["rows"]


def test_the_welcome_is_shown_until_it_was_seen(daemon: Daemon) -> None:
    browser = Browser(daemon)
    assert b'id="welcome"' in browser.ask("GET", "/").body
    problem(browser.ask("POST", "/v1/welcome", b"{}"), 403, "csrf-token-needed")
    problem(browser.ask("POST", "/v1/welcome", b'{"share":true}', csrf=browser.csrf), 422, "invalid-record")
    assert b'id="welcome"' in browser.ask("GET", "/ratings").body
    assert browser.ask("POST", "/v1/welcome", b"{}", csrf=browser.csrf).json == {"welcomed": True}
    assert b'id="welcome"' not in browser.ask("GET", "/").body
    assert b'id="welcome"' in browser.ask("GET", "/?welcome").body
