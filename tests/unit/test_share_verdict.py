"""Verdicts: the table of what an answer means, row by row, and that nothing else is ever believed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.share.verdict import (
    Bisect,
    Heard,
    Quarantined,
    Refused,
    Retry,
    Sent,
    Shared,
    Unsupported,
    Verdict,
    Withdrawn,
    judge,
    judge_withdrawal,
    retry_after,
)
from tests.unit.test_manifest import STEADY

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SENT = Sent(id="ab" * 16, sha256="cd" * 32, cells=4)
VERDICTS = ("stored", "duplicate", "partial", "rejected", "conflict", "gone", "unsupported")


def heard(status: int = 200, **more: Any) -> Heard:  # noqa: ANN401  # members of an answer
    echo: dict[str, Any] = {"batch_id": SENT.id, "sha256": SENT.sha256, "cells": [], "detail": None}
    return Heard(status=status, body=json.dumps(echo | more).encode())


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (heard(verdict="stored"), Shared()),
        (heard(verdict="duplicate"), Shared()),
        (heard(verdict="partial", cells=[3, 1]), Shared((1, 3))),
        (heard(verdict="rejected", cells=[0]), Refused((0,))),
        (heard(verdict="rejected"), Bisect(told=True)),
        (heard(verdict="gone"), Withdrawn()),
        (heard(409, verdict="conflict"), Quarantined("conflict")),
        (heard(verdict="unsupported"), Unsupported()),
        (heard(verdict="partial"), Retry("no verdict")),
        (heard(verdict="conflict"), Retry("no verdict")),
        (heard(verdict="marvellous"), Retry("no verdict")),
        (heard(409, verdict="stored"), Retry("status 409", slow=True)),
        (heard(verdict="stored", batch_id="00" * 16), Retry("no verdict")),
        (heard(verdict="stored", sha256="00" * 32), Retry("no verdict")),
        (heard(verdict="partial", cells=[4]), Retry("no verdict")),
        (heard(verdict="partial", cells=[-1]), Retry("no verdict")),
        (Heard(status=200), Retry("no verdict")),
        (Heard(status=200, body=b"<html>Welcome to the airport"), Retry("no verdict")),
        (Heard(status=302), Retry("status 302")),
        (Heard(status=400), Retry("status 400", slow=True)),
        (Heard(status=408), Retry("status 408")),
        (Heard(status=413), Retry("status 413", slow=True)),
        (Heard(status=425), Retry("status 425")),
        (Heard(status=429), Retry("busy", after=60)),
        (Heard(status=429, retry_after="7"), Retry("busy", after=7)),
        (Heard(status=503, retry_after="Tue, 24 Nov 2026 12:02:00 GMT"), Retry("busy", after=120)),
        (Heard(status=500), Retry("status 500")),
        (Heard(status=511), Retry("status 511")),
        (Heard(failure="timeout"), Retry("timeout")),
    ],
)
def test_each_answer_has_its_effect(answer: Heard, verdict: Verdict) -> None:
    assert judge(SENT, answer, NOW) == verdict


def test_a_single_refused_cell_is_quarantined_by_a_verdict_alone() -> None:
    alone = Sent(id=SENT.id, sha256=SENT.sha256, cells=1, too_large=9, errors=9, others_pass=True)
    assert judge(alone, heard(verdict="rejected"), NOW) == Quarantined("quarantined")
    assert isinstance(judge(alone, Heard(status=413), NOW), Retry)
    assert isinstance(judge(alone, Heard(status=500), NOW), Retry)


@pytest.mark.parametrize(
    ("before", "status", "found"),
    [
        ({"too_large": 0}, 413, Retry),
        ({"too_large": 1}, 413, Bisect),
        ({"errors": 1, "others_pass": True}, 500, Retry),
        ({"errors": 2, "others_pass": False}, 500, Retry),
        ({"errors": 2, "others_pass": True}, 500, Bisect),
        ({"errors": 2, "others_pass": True}, 503, Retry),
    ],
)
def test_a_bare_status_splits_only_where_it_is_said_again_and_again(
    before: dict[str, Any], status: int, found: type[Verdict]
) -> None:
    sent = Sent(id=SENT.id, sha256=SENT.sha256, cells=4, **before)
    assert type(judge(sent, Heard(status=status), NOW)) is found


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'{"batch_id":"ab', heard(verdict="stored", sha256="00" * 32).body, b"[]", b"\xff\xfe"],
)
def test_no_status_without_a_true_echo_is_ever_an_acknowledgement(body: bytes) -> None:
    for status in range(200, 600):
        assert isinstance(judge(SENT, Heard(status=status, body=body), NOW), Retry), status
        assert isinstance(judge_withdrawal(SENT, Heard(status=status, body=body), NOW), Retry), status


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_true_echo_counts_only_with_the_status_of_its_verdict(verdict: str) -> None:
    believed = [
        status
        for status in range(300, 600)
        if not isinstance(judge(SENT, heard(status, verdict=verdict, cells=[0]), NOW), Retry)
    ]
    assert believed == ([409] if verdict == "conflict" else [])


def test_only_gone_with_its_id_ends_a_withdrawal() -> None:
    gone = Heard(status=200, body=json.dumps({"batch_id": SENT.id, "verdict": "gone"}).encode())
    assert judge_withdrawal(SENT, gone, NOW) == Withdrawn()
    for answer in (Heard(status=403), Heard(status=404), heard(verdict="stored"), Heard(failure="dns")):
        assert isinstance(judge_withdrawal(SENT, answer, NOW), Retry)
    other = Heard(status=200, body=b'{"batch_id":"00","verdict":"gone"}')
    assert isinstance(judge_withdrawal(SENT, other, NOW), Retry)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 60),
        ("0", 1),
        ("120", 120),
        ("999999999", 86_400),
        ("9999999999", 86_400),
        ("9" * 400, 86_400),
        ("-5", 60),
        ("soon", 60),
        ("", 60),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 1),
        ("Wed, 24 Nov 2027 12:00:00 GMT", 86_400),
        ("Tue, 99 Nov 2026 12:00:00 GMT", 60),
        ("Tue, 24 Nov 2026 12:00:30", 30),
        ("Tue Nov 24 12:02:00 2026", 120),
    ],
)
def test_retry_after_is_read_in_both_forms_and_kept_within_bounds(value: str | None, seconds: float) -> None:
    assert retry_after(value, NOW) == seconds


@STEADY
@given(st.binary(max_size=200), st.integers(100, 999), st.text(max_size=40))
def test_any_answer_gets_a_verdict(body: bytes, status: int, value: str) -> None:
    answer = Heard(status=status, body=body, retry_after=value)
    assert isinstance(judge(SENT, answer, NOW), Retry)
    assert isinstance(judge_withdrawal(SENT, answer, NOW), Retry)
