"""The exchange as pure steps: who is asked next, what is repeated, how long is waited."""

from collections.abc import Sequence

import pytest

from sidecar.client.addresses import Address, parse
from sidecar.client.exchange import (
    SERVER,
    Answer,
    Cut,
    Outcome,
    Pause,
    Plan,
    Request,
    Send,
    Step,
    Unreached,
    ask,
    read_answer,
)
from sidecar.errors import DaemonUnreachable

FIRST, SECOND = parse("http://127.0.0.1:1", trusted=True), parse("http://127.0.0.1:2")
BOTH = (FIRST, SECOND)
REPEATABLE = Request(method="GET", target="/healthz")
ONCE = Request(method="DELETE", target="/v1/feedback/x", repeatable=False)


def says(
    status: int = 200, *, server: str = SERVER, retry_after: int | None = None, body: bytes = b"{}"
) -> Answer:
    return Answer(status=status, media="application/json", server=server, retry_after=retry_after, body=body)


def play(plan: Plan[Answer], outcomes: Sequence[Outcome]) -> tuple[Answer | DaemonUnreachable, list[Step]]:
    """Answer each Send with the next outcome; returns the end of the plan, and its steps."""
    left, steps, done = list(outcomes), [], None
    try:
        while True:
            step = plan.send(done)
            steps.append(step)
            done = left.pop(0) if isinstance(step, Send) else None
    except StopIteration as end:
        result: Answer = end.value
    except DaemonUnreachable as fault:
        return fault, steps
    assert not left, "the plan asked less often than the rule says"
    return result, steps


def asked(steps: Sequence[Step]) -> list[Address]:
    return [step.address for step in steps if isinstance(step, Send)]


STRANGER = says(404, server="nginx")
OTHER_USER = says(403, body=b'{"type":"/problems/other-user"}')


@pytest.mark.parametrize("nothing", [Unreached(), STRANGER, OTHER_USER])
def test_next_address_is_asked_when_no_daemon_of_ours_answers(nothing: Outcome) -> None:
    end, steps = play(ask(BOTH, REPEATABLE), [nothing, says()])
    assert end == says()
    assert asked(steps) == [FIRST, SECOND]


@pytest.mark.parametrize("nothing", [Unreached(), STRANGER, OTHER_USER])
def test_no_answer_anywhere_is_unreachable(nothing: Outcome) -> None:
    end, _ = play(ask(BOTH, ONCE), [nothing, nothing])
    assert isinstance(end, DaemonUnreachable)


def test_no_address_is_unreachable() -> None:
    assert isinstance(play(ask((), REPEATABLE), [])[0], DaemonUnreachable)


@pytest.mark.parametrize("status", [200, 201, 401, 403, 404, 409, 422, 500, 503, 507])
def test_whatever_our_daemon_says_is_the_answer(status: int) -> None:
    end, steps = play(ask(BOTH, REPEATABLE), [says(status)])
    assert end == says(status)
    assert asked(steps) == [FIRST]


def test_cut_request_is_repeated_once_where_that_is_safe() -> None:
    end, steps = play(ask(BOTH, REPEATABLE), [Cut(), says(201)])
    assert end == says(201)
    assert asked(steps) == [FIRST, FIRST]


def test_request_cut_twice_is_unreachable() -> None:
    end, steps = play(ask(BOTH, REPEATABLE), [Cut(), Cut()])
    assert isinstance(end, DaemonUnreachable)
    assert asked(steps) == [FIRST, FIRST]


def test_daemon_that_died_in_between_leaves_the_next_address() -> None:
    end, steps = play(ask(BOTH, REPEATABLE), [Cut(), Unreached(), says()])
    assert end == says()
    assert asked(steps) == [FIRST, FIRST, SECOND]


def test_request_that_must_not_be_sent_twice_says_that_it_is_in_doubt() -> None:
    end, steps = play(ask(BOTH, ONCE), [Cut()])
    assert isinstance(end, DaemonUnreachable)
    assert "may have been done" in end.detail
    assert asked(steps) == [FIRST]


def test_hanging_daemon_is_not_asked_again() -> None:
    end, steps = play(ask(BOTH, REPEATABLE), [Cut(timed_out=True)])
    assert isinstance(end, DaemonUnreachable)
    assert asked(steps) == [FIRST]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("request_", [REPEATABLE, ONCE])
def test_busy_daemon_is_asked_again_after_the_time_it_named(status: int, request_: Request) -> None:
    end, steps = play(ask(BOTH, request_), [says(status, retry_after=3), says(201)])
    assert end == says(201)
    assert steps == [Send(FIRST, request_), Pause(3), Send(FIRST, request_)]


def test_waiting_is_bounded_and_then_the_refusal_is_the_answer() -> None:
    busy = says(503, retry_after=4)
    end, steps = play(ask(BOTH, REPEATABLE), [busy, busy, busy])
    assert end == busy
    assert [step for step in steps if isinstance(step, Pause)] == [Pause(4), Pause(4)]


def test_retry_after_nothing_waits_a_second_and_ends_too() -> None:
    busy = says(429, retry_after=0)
    end, steps = play(ask(BOTH, REPEATABLE), [busy] * 11)
    assert end == busy
    assert [step for step in steps if isinstance(step, Pause)] == [Pause(1)] * 10


@pytest.mark.parametrize("refusal", [says(503), says(503, retry_after=11), says(500, retry_after=1)])
def test_refusal_without_a_short_retry_after_is_not_repeated(refusal: Answer) -> None:
    end, steps = play(ask(BOTH, REPEATABLE), [refusal])
    assert end == refusal
    assert len(steps) == 1


def test_stranger_is_not_waited_for() -> None:
    _, steps = play(ask([FIRST], REPEATABLE), [says(503, server="nginx", retry_after=5)])
    assert steps == [Send(FIRST, REPEATABLE)]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("2", 2), (" 7 ", 7), ("0", 0), ("", None), (None, None), ("-1", None), ("1.5", None), ("٣", None)],
)
def test_retry_after_is_whole_seconds_or_nothing(header: str | None, seconds: int | None) -> None:
    assert read_answer(503, {"Retry-After": header}.get, b"").retry_after == seconds


def test_retry_after_as_a_date_or_without_end_is_nothing() -> None:
    for header in ("Wed, 21 Oct 2026 07:28:00 GMT", "9" * 5_000):
        assert read_answer(503, {"Retry-After": header}.get, b"").retry_after is None


def test_content_type_is_read_without_its_parameters() -> None:
    answer = read_answer(200, {"Content-Type": "Application/JSON; charset=utf-8"}.get, b"")
    assert answer.media == "application/json"


def test_token_and_host_are_sent_as_headers_only() -> None:
    request = Request(method="POST", target="/v1/purge", body=b"{}", token="t0ken")  # noqa: S106  # no secret
    headers = request.headers(FIRST)
    assert headers["Authorization"] == "Bearer t0ken"
    assert headers["Host"] == "127.0.0.1:1"
    assert headers["Content-Type"] == "application/json"
    assert "Authorization" not in REPEATABLE.headers(FIRST)
