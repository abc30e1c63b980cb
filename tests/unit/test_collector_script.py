"""The double's script in memory: who gets which act, what the book hears, and what the client would see."""

import gzip
import json
import random
import tracemalloc
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from tests.support.collector.desk import Clock, Desk, Learn, Look, Poison, Push, Stand
from tests.support.collector.front import Request
from tests.support.collector.letters import Letter, Pen, compressed, headers_of, ratings
from tests.support.collector.script import (
    CONTENTS,
    HONEST,
    LOST_AFTER,
    LOST_BEFORE,
    RETRY_AFTER,
    STATUSES,
    Act,
    Content,
    Outcome,
    any_act,
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def letter() -> Letter:
    return Pen(random.Random(3)).batch()


def put(letter: Letter) -> Request:
    """The request that carries a letter."""
    headers = tuple(headers_of(letter).items())
    return Request(method="PUT", target=letter.path, headers=headers, body=compressed(letter.body))


def verdict(outcome: Outcome) -> str | None:
    """What a client reads that checks the echo as the contract says; None: it learned nothing."""
    seen = outcome.seen
    try:
        said = json.loads(seen.body) if seen else None
    except ValueError:
        return None
    return said.get("verdict") if isinstance(said, dict) else None


def test_without_a_script_it_is_honest(desk: Desk, letter: Letter) -> None:
    assert [verdict(desk.take(put(letter))) for _ in range(2)] == ["stored", "duplicate"]
    assert [request.plain() for request in desk.log] == [letter.body] * 2


def test_pushed_acts_come_first_and_once_standing_ones_always(desk: Desk, letter: Letter) -> None:
    desk.obey(Push([Act(status=500), Act(status=501, only="DELETE")]))
    desk.obey(Stand([Act(status=502, only="/v1/batches/")]))
    statuses = [outcome.seen.status for outcome in (desk.take(put(letter)) for _ in range(3)) if outcome.seen]
    assert statuses == [500, 502, 502]
    seen = desk.obey(Look())
    assert seen is not None
    assert seen.pushed == 1
    desk.obey(Stand([]))
    assert desk.take(put(letter)).act == HONEST


def test_an_answer_that_is_lost_after_it_was_stored(desk: Desk, letter: Letter) -> None:
    desk.script.queue.append(LOST_AFTER)
    assert desk.take(put(letter)).seen is None
    assert verdict(desk.take(put(letter))) == "duplicate"


def test_a_request_that_is_lost_before_it_was_stored(desk: Desk, letter: Letter) -> None:
    desk.script.queue.append(LOST_BEFORE)
    assert desk.take(put(letter)).seen is None
    assert not desk.book.counted()
    assert verdict(desk.take(put(letter))) == "stored"


def test_old_requests_come_again_before_a_new_one(desk: Desk) -> None:
    pen = Pen(random.Random(4))
    root = pen.batch(*ratings(1))
    child = pen.child(root, *root.document["cells"])
    for each in (root, child):
        desk.take(put(each))
    before = desk.book.counted()
    desk.script.queue.append(Act(replay=(0, 1, 0), times=3))
    assert verdict(desk.take(put(pen.batch(cells=[])))) == "duplicate"
    assert desk.book.counted() == before


@pytest.mark.parametrize("content", [content for content in CONTENTS if content != "honest"])
@pytest.mark.parametrize("delivered", [True, False])
def test_spoilt_content_never_echoes_right(
    desk: Desk, letter: Letter, content: Content, *, delivered: bool
) -> None:
    desk.script.queue.append(Act(content=content, delivered=delivered))
    outcome = desk.take(put(letter))
    assert outcome.seen is not None
    assert bool(desk.book.counted()) == delivered
    if verdict(outcome) is not None:
        said = json.loads(outcome.seen.body)
        assert (said["batch_id"], said["sha256"]) != (letter.id, letter.sha256)
        assert letter.id == said["batch_id"] or letter.sha256 == said["sha256"], "only one of the two is bent"


def test_the_words_and_the_clock_of_a_collector_are_a_tests_to_set(desk: Desk, letter: Letter) -> None:
    desk.obey(Learn({"task_category": ["math"]}))
    desk.obey(Poison([{"model": "nobody"}]))
    desk.obey(Clock(datetime(2030, 1, 1, tzinfo=UTC)))
    assert verdict(desk.take(put(letter))) == "rejected"
    desk.obey(Clock(None))
    assert verdict(desk.take(put(letter))) == "stored"
    assert {dict(name.dimensions)["task_category"] for name in desk.book.counted()} == {"other"}
    desk.obey(Poison([{"kind": "rating"}], "bare"))
    assert verdict(desk.take(put(Pen(random.Random(9)).batch()))) == "rejected"


def test_a_bomb_is_never_expanded_further_than_a_batch_may_be(letter: Letter) -> None:
    bomb = gzip.compress(bytes(64 << 20), mtime=0)
    request = Request(method="PUT", target=letter.path, headers=(("Content-Encoding", "gzip"),), body=bomb)
    tracemalloc.start()
    assert request.plain() is None
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 20


def test_an_act_cannot_show_an_honest_answer_to_who_was_not_told() -> None:
    for act in ({"delivered": False}, {"delivered": False, "stop": "body"}):
        with pytest.raises(ValueError, match="name a content"):
            Act(**act)


def test_any_act_is_one_that_can_be_played() -> None:
    desk, pen, rng = Desk(), Pen(random.Random(1)), random.Random(2)
    statuses = set()
    for number in range(600):
        desk.script.queue.append(any_act(rng, number))
        planned = desk.take(put(pen.batch())).planned
        statuses |= {planned.status} if planned else set()
    assert len(statuses) > 100
    assert statuses <= set(STATUSES)


def test_a_date_in_each_form_is_the_same_moment() -> None:
    now = datetime(2026, 11, 8, 2, 3, 4, tzinfo=UTC)
    moments = {
        parsedate_to_datetime(RETRY_AFTER[name](now)).replace(tzinfo=UTC)
        for name in RETRY_AFTER
        if name.startswith("date")
    }
    assert len(moments) == 1
