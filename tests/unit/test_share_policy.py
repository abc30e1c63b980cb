"""The policy: what is next in every state, and how long to wait."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sidecar.share.agenda import DAY, HOLD, HOUR, BatchView, LaneView, Link, Pace, Snapshot, Wait
from sidecar.share.clockwatch import ClockWatch, watch_clock
from sidecar.share.policy import (
    DEFER,
    MOST_BACKOFF,
    UNSENT,
    Action,
    Arm,
    Clamp,
    Contain,
    Expire,
    Seal,
    Send,
    Shorten,
    Withdraw,
    backoff,
    departure,
    jitter,
    next_action,
    slow_wait,
)
from tests.unit.test_manifest import STEADY
from tests.unit.test_share_consent import GRANT, GRANTED

NOW = 1_800_000_000.0
ONLINE = Link(online=True)
HELD = BatchView(
    number=1,
    id=bytes(16),
    destination="acme",
    product="acme-chat",
    state="held",
    terms_digest=GRANT.digest,
    sealed_at=NOW - HOLD,
    hold_until=NOW,
)
ARMED = replace(HELD, state="armed")
TAKEN_BACK = replace(HELD, state="withdrawing")
IDLE = Snapshot(
    week=2968,
    standing=GRANTED,
    lanes=(LaneView(destination="acme", product="acme-chat", tried_week=2968),),
    version="1.0",
)


def state(*batches: BatchView, **more: Any) -> Snapshot:  # noqa: ANN401  # fields of Snapshot
    return replace(IDLE, batches=batches, **more)


def after(**pace: Any) -> dict[str, Pace]:  # noqa: ANN401  # fields of Pace
    return {"acme": Pace(**pace)}


@pytest.mark.parametrize(
    ("snapshot", "action"),
    [
        (IDLE, Wait(None, "nothing is waiting")),
        (state(HELD), Arm(1)),
        (state(ARMED), Send(1)),
        (state(TAKEN_BACK), Withdraw(1)),
        (state(HELD, week=2969), Seal("acme", "acme-chat", running=False)),
        (state(HELD, forced=True), Seal("acme", "acme-chat", running=True)),
        (state(HELD, forced=True, sealed=frozenset({("acme", "acme-chat")})), Arm(1)),
        (state(replace(HELD, hold_until=NOW + 60)), Wait(NOW + 60, "held, so that you can look at it")),
        (state(replace(HELD, hold_until=NOW + 60, urgent=True)), Arm(1)),
        (state(replace(HELD, hold_until=NOW + HOLD + 1)), Clamp()),
        (state(replace(HELD, next_at=NOW + DAY + 1)), Clamp()),
        (state(replace(HELD, sealed_at=NOW + DAY)), Clamp()),
        (state(HELD, paces=after(next_at=NOW + DAY + 1)), Clamp()),
        (state(replace(HELD, terms_digest="")), Contain(1)),
        (state(replace(ARMED, terms_digest="")), Contain(1)),
        (state(replace(HELD, sealed_at=NOW - UNSENT - 1)), Expire(1)),
        (state(replace(ARMED, sealed_at=NOW - UNSENT - 1)), Expire(1)),
        (state(replace(TAKEN_BACK, sealed_at=NOW - UNSENT - 1)), Withdraw(1)),
        (state(HELD, steady=False), Wait(NOW + HOUR, "the clock was set; it has to stand for an hour")),
        (state(replace(HELD, sealed_at=NOW - UNSENT - 1), steady=False), None),
        (state(ARMED, paces=after(next_at=NOW + 9, why="timeout")), Wait(NOW + 9, "timeout")),
        (state(ARMED, paces=after(unsupported="1.0")), None),
        (state(ARMED, paces=after(unsupported="0.9")), Send(1)),
        (state(TAKEN_BACK, paces=after(unsupported="1.0")), Withdraw(1)),
        (state(replace(HELD, terms_digest="0" * 64)), None),
        (state(HELD, standing=replace(GRANTED, switches=("CI",))), Wait(None, "forbidden by CI")),
        (state(TAKEN_BACK, standing=replace(GRANTED, switches=("CI",))), Wait(None, "forbidden by CI")),
        (state(HELD, standing=replace(GRANTED, grants={})), Wait(None, "not granted")),
        (state(TAKEN_BACK, standing=replace(GRANTED, grants={})), Withdraw(1)),
    ],
)
def test_each_state_has_its_next_step(snapshot: Snapshot, action: Action | None) -> None:
    found = next_action(snapshot, NOW, ONLINE)
    assert found == action if action is not None else isinstance(found, Wait)


def test_now_skips_hold_jitter_and_transport_waits_but_never_what_the_collector_named() -> None:
    done = frozenset({("acme", "acme-chat")})
    held = replace(HELD, hold_until=NOW + HOLD)
    assert next_action(state(held, forced=True, sealed=done), NOW, Link(online=False)) == Arm(1)
    soft = state(held, forced=True, sealed=done, paces=after(next_at=NOW + 60))
    assert next_action(soft, NOW, ONLINE) == Arm(1)
    firm = state(held, forced=True, sealed=done, paces=after(next_at=NOW + 60, firm=True, why="busy"))
    assert next_action(firm, NOW, ONLINE) == Wait(NOW + 60, "busy")
    again = state(held, forced=True, sealed=done, tried=frozenset({1}))
    assert isinstance(next_action(again, NOW, ONLINE), Wait)


def test_a_link_that_came_up_shortens_waits_once() -> None:
    waiting = state(ARMED, paces=after(next_at=NOW + 60))
    assert next_action(waiting, NOW, Link(online=True, edges=1)) == Shorten(1)
    assert isinstance(next_action(replace(waiting, edges=1), NOW, Link(online=True, edges=1)), Wait)


@pytest.mark.parametrize("link", [Link(metered=True), Link(battery=0.19)])
def test_a_costly_link_defers_for_a_week_at_most(link: Link) -> None:
    assert isinstance(next_action(state(HELD), NOW, link), Wait)
    assert next_action(state(HELD), NOW + DEFER, link) == Arm(1)
    assert next_action(state(replace(HELD, urgent=True)), NOW, link) == Arm(1)


def test_no_hint_is_no_reason_to_wait_and_no_connection_is_one() -> None:
    assert next_action(state(HELD), NOW, Link()) == Arm(1)
    assert next_action(state(HELD), NOW, Link(online=False)) == Wait(NOW + HOUR, "no connection")


def test_a_withdrawal_goes_first_and_a_bad_batch_starves_nobody() -> None:
    tried = replace(ARMED, tries=3)
    fresh = replace(HELD, number=2)
    assert next_action(state(tried, fresh), NOW, ONLINE) == Arm(2)
    assert next_action(state(tried, fresh, replace(TAKEN_BACK, number=3, tries=9)), NOW, ONLINE) == Withdraw(
        3
    )


@STEADY
@given(st.binary(min_size=16, max_size=16))
def test_a_batch_leaves_within_a_day_of_its_hold_and_always_at_the_same_time(id_: bytes) -> None:
    batch = replace(HELD, id=id_)
    assert 0 <= jitter(id_) < DAY
    assert departure(batch) == departure(replace(batch, tries=7))


@STEADY
@given(st.integers(0, 5_000), st.floats(0, 1))
def test_back_off_stays_within_its_bounds(failures: int, chance: float) -> None:
    assert 1 <= backoff(failures, chance) <= MOST_BACKOFF
    assert backoff(0, chance) <= 30
    assert HOUR <= slow_wait(chance) <= DAY


def test_the_clock_has_to_stand_for_an_hour_after_it_was_set() -> None:
    watch = watch_clock(ClockWatch(), NOW, 100.0)
    assert watch.is_steady(100.0)
    watch = watch_clock(watch, NOW + 60 + HOUR, 160.0)  # summer time, or a correction by minutes
    assert watch.is_steady(160.0)
    watch = watch_clock(watch, NOW + 3650 * DAY, 220.0)
    assert not watch.is_steady(220.0)
    watch = watch_clock(watch, NOW + 3650 * DAY + HOUR, 220.0 + HOUR)
    assert watch.is_steady(220.0 + HOUR)
