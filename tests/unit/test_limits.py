"""The bucket: never more than it holds, never a connection that gets nothing, whatever the clock does."""

import random
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.api.limits import (
    BURST,
    KEPT_BACK,
    LONGEST_WAIT,
    MOST_PLACES,
    RATE,
    Bucket,
    RateLimit,
    places,
)
from sidecar.errors import RateLimited
from sidecar.records import ErrorReport
from sidecar.strict import MAX_BATCH

EPSILON: Final = 1e-6  # of rounding, over thousands of sums

ASK = st.tuples(
    st.integers(0, 7),  # who
    st.sampled_from([1, 1, 1, 3, 50, 199, 500]),  # records
    st.floats(-3, 3)
    | st.sampled_from([0.0, 0.0, 1e-4, 60.0]),  # seconds that pass, or that a clock is set back
    st.booleans(),  # hangs up afterwards
)


@given(st.lists(ASK, max_size=300))
def test_never_more_than_the_burst_and_what_time_brought(asks: list[tuple[int, int, float, bool]]) -> None:
    bucket, now, latest, taken = Bucket(0.0), 0.0, 0.0, 0
    for who, records, passed, leaves in asks:
        now += passed
        latest = max(latest, now)
        if bucket.draw(who, records, now) == 0:
            taken += records
        if leaves:
            bucket.leave(who)
        assert taken <= BURST + RATE * latest + EPSILON


@given(st.lists(ASK, max_size=200))
def test_who_waits_as_told_is_served_in_the_end(asks: list[tuple[int, int, float, bool]]) -> None:
    bucket, now = Bucket(0.0), 0.0
    for who, records, passed, leaves in asks:
        now += abs(passed)
        bucket.draw(who, records, now)
        if leaves:
            bucket.leave(who)
    for _ in range(20):
        wait = bucket.draw("patient", MAX_BATCH, now)
        if wait == 0:
            return
        assert 1 <= wait <= LONGEST_WAIT
        now += wait
    pytest.fail("never served")


def test_places_that_were_put_back_are_there_again_and_never_more_than_the_burst() -> None:
    bucket = Bucket(0.0)
    assert bucket.draw("first", int(BURST), 0.0) == 0
    bucket.put_back(int(BURST))
    bucket.put_back(int(BURST))
    assert bucket.draw("second", int(BURST), 0.0) == 0
    assert bucket.draw("third", 1, 0.0) > 0


@pytest.mark.parametrize(("size", "of_them"), [(1, 2_000), (500, 4), (7, 285)])
@pytest.mark.parametrize("callers", [1, 64])
def test_an_honest_burst_of_two_thousand_passes_at_once(size: int, of_them: int, callers: int) -> None:
    bucket = Bucket(0.0)
    assert not any(bucket.draw(n % callers, size, 0.0) for n in range(of_them))


def test_a_full_bucket_comes_back_after_four_seconds_of_quiet() -> None:
    bucket = Bucket(0.0)
    for n in range(5_000):
        bucket.draw("app", 1, n / 10_000)
    quiet = 0.5 + BURST / RATE
    assert not any(bucket.draw("app", 500, quiet) for _ in range(4))
    assert bucket.draw("app", 500, quiet) > 0


def test_a_flood_does_not_starve_who_asks_for_little() -> None:
    bucket = Bucket(0.0)
    refused = 0
    for n in range(100_000):  # 10,000 a second from one connection, for ten seconds
        now = n / 10_000
        bucket.draw("flood", 1, now)
        if n % 1_000 == 999:
            refused += bucket.draw("person", 1, now) > 0
    assert refused == 0


@pytest.mark.parametrize("floods", [1, 3])
def test_a_flood_does_not_starve_an_import(floods: int) -> None:
    bucket = Bucket(0.0)
    served = asks = 0
    due = 1.0
    for n in range(100_000):
        now = n / 10_000
        bucket.draw(n % floods, 1, now)
        if now >= due:
            asks += 1
            wait = bucket.draw("import", MAX_BATCH, now)
            served += wait == 0
            due = now + wait
    assert served >= 9 * RATE / (floods + 2) / MAX_BATCH - 1  # its own part of nine seconds, but one batch


def test_equal_floods_get_equal_parts() -> None:
    bucket = Bucket(0.0)
    rng = random.Random("equal")
    got = dict.fromkeys(range(4), 0)
    for n in range(200_000):
        who = rng.choices(range(4), weights=(100, 10, 5, 5))[0]
        got[who] += bucket.draw(who, 1, n / 10_000) == 0
    fair = (20 * RATE + BURST) / 4
    assert all(0.75 * fair <= each for each in list(got.values())[1:]), got


def test_a_connection_for_each_request_gets_one_part_together() -> None:
    """A keep-alive connection that is refused and comes back after its wait is served, all the same."""
    bucket = Bucket(0.0)
    got = served = asks = 0
    due = 5.0
    for n in range(200_000):
        now = n / 10_000
        got += bucket.draw(("flood", n), 1, now) == 0
        bucket.leave(("flood", n))
        if now >= due:
            asks += 1
            refused = bucket.draw("person", 1, now) > 0
            served += not refused
            due = now + 1.0
    assert asks == 15
    assert served >= asks - 1  # but the first, before which nobody had heard of it
    assert got <= BURST + 20 * RATE


def test_hoarding_connections_hold_nothing_for_long() -> None:
    """Fifty that ask just often enough to keep their part and take next to nothing of it."""
    bucket = Bucket(0.0)
    for _ in range(5):
        bucket.draw("flood", 500, 0.0)
    for who in range(50):
        bucket.draw(("hoard", who), 500, 0.0)
    refused = 0
    for n in range(1, 2_000):
        now = n / 100
        if n % 190 == 0:
            for who in range(50):
                bucket.draw(("hoard", who), 1, now)
        if n % 20 == 0 and now > LONGEST_WAIT:
            refused += bucket.draw("person", 1, now) > 0
    assert refused <= 9  # one in ten


def test_callers_that_left_are_forgotten() -> None:
    bucket = Bucket(0.0)
    for who in range(1_000):
        bucket.draw(who, 500, 0.0)
        bucket.leave(who)
    assert bucket.draw("app", int(BURST), BURST / RATE) == 0


def test_a_clock_that_goes_back_refuses_and_gives_nothing() -> None:
    bucket = Bucket(1_000.0)
    assert bucket.draw("app", int(BURST), 1_000.0) == 0
    assert bucket.draw("app", 1, 0.0) == 1
    assert bucket.draw("other", 1, 999.0) == 1
    assert bucket.draw("app", 1, 1_001.0) == 0


def test_refusal_says_when_to_ask_again_and_off_means_off() -> None:
    limit = RateLimit(lambda: 0.0)
    limit.take("app", int(BURST))
    with pytest.raises(RateLimited) as refused:
        limit.take("app", 1)
    assert refused.value.retry_after == 1
    limit.leave("app")
    off = RateLimit(lambda: 0.0, on=False)
    for _ in range(10):
        off.take("app", int(BURST))
    off.leave("app")


def test_what_is_kept_back_is_little_and_enough() -> None:
    assert 1 <= KEPT_BACK <= BURST / 20


def test_long_words_take_more_of_the_bucket_but_never_more_than_it_holds() -> None:
    short = ErrorReport(error_type="other", error_message="out of memory")
    long = ErrorReport(error_type="other", error_message="x" * 16_384)
    assert places([short]) == 1
    assert places([long]) == 33
    assert places([short] * 500) == 500
    assert places([long] * 60) == MOST_PLACES < BURST
