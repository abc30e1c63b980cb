"""The golden exchanges: what a real daemon answers is, member for member, what the files say."""

from pathlib import Path

import pytest

from sidecar.api.problems import known
from sidecar.api.routes import ROUTES
from sidecar.errors import (
    BodyTooLarge,
    CsrfNeeded,
    DaemonUnreachable,
    InsightUnavailable,
    Misdirected,
    PeerForbidden,
    QueueFull,
    RateLimited,
    Stopping,
    StorageFull,
    StoreUnavailable,
    SubmitTokenNeeded,
    TookTooLong,
    TooManyGuesses,
    TooManyStreams,
)
from sidecar.records import KINDS
from tests.support import golden
from tests.support.daemon import start

LARGE = {
    "GET /widget.js",
    "GET /v1/events",
    "GET /v1/prompts",
    "GET /v1/schema",
    "GET /v1/openapi.json",
    "GET /metrics",
}
"""Shown by tests of their own."""

OF_THIS_MACHINE = {"GET /v1/hardware"}

NOT_SAID_TO_A_REQUEST = {"internal", "startup", "usage", "configuration", DaemonUnreachable.slug}
SHOWN_ELSEWHERE = {
    fault.slug
    for fault in (
        BodyTooLarge,
        CsrfNeeded,
        InsightUnavailable,
        Misdirected,
        PeerForbidden,
        QueueFull,
        RateLimited,
        StorageFull,
        StoreUnavailable,
        Stopping,
        SubmitTokenNeeded,
        TookTooLong,
        TooManyGuesses,
        TooManyStreams,
    )
}


OF_BATCHES = {
    ("POST /v1/outbox/{batch_id}/send", 202),
    ("POST /v1/outbox/{batch_id}/discard", 200),
    ("POST /v1/receipts/{batch_id}/withdraw", 202),
}
"""They need a collector: tests/contract/test_sharing.py has one."""


@pytest.mark.parametrize("name", golden.names())
def test_the_daemon_answers_as_the_golden_file_says(tmp_path: Path, name: str) -> None:
    data_dir = tmp_path / "data"
    golden.prepare(data_dir)
    data_dir.chmod(0o700)
    with (
        start(data_dir, settings=golden.settings(), environment=golden.SILENT) as daemon,
        daemon.caller(manages=True) as owner,
    ):
        assert owner.get("/v1/feedback").status == 200  # returns once the bucket is known
        replay = golden.Replay(daemon)
        for exchange in golden.read(name):
            assert replay.answer(exchange) == (exchange.status, exchange.answer), exchange.ask


def _route(asked: str) -> str:
    """The route that an exchange asks."""
    path = asked.partition("?")[0].replace("/requests/<id 1>", "/requests/{request_id}")
    path = path.replace("/products/sharing-chat", "/products/{product_id}").replace("/acme/", "/{name}/")
    return path.replace("<id 1>", "{feedback_id}")


def test_every_route_and_kind_of_answer_has_a_golden_example() -> None:
    shown = {
        (_route(exchange.ask), exchange.status) for name in golden.names() for exchange in golden.read(name)
    }
    wanted = {(f"{route.method} {route.path}", status) for route in ROUTES for status, _ in route.answers}
    wanted -= {(each, 200) for each in LARGE | OF_THIS_MACHINE}
    wanted -= OF_BATCHES
    wanted -= {("GET /problems/{slug}", 200), ("GET /readyz", 503), ("POST /v1/session", 201)}
    assert wanted <= shown


def test_every_problem_that_a_request_can_meet_has_a_golden_example() -> None:
    shown = {
        exchange.answer["type"].removeprefix("/problems/")
        for name in golden.names()
        for exchange in golden.read(name)
        if exchange.status >= 400
    }
    assert set(known()) - NOT_SAID_TO_A_REQUEST - SHOWN_ELSEWHERE <= shown


def test_every_kind_is_shown_in_its_smallest_and_its_fullest_form() -> None:
    for cls in KINDS:
        bodies = [exchange.body for exchange in golden.read(cls.kind) if exchange.status == 201]
        said = set().union(*bodies) - {"feedback_type"}
        assert said == set(cls.__struct_fields__), cls.kind
        assert min(map(len, bodies)) <= 3
