"""Figures of sharing: weeks offline, a herd that comes back, poison in a batch, a revoke at any moment."""

import itertools
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from sidecar.share import policy
from sidecar.share.agenda import DAY, Link
from sidecar.store import sharing
from sidecar.vocabulary import ACTIONS, TASK_CATEGORIES
from tests.support.simulation import people
from tests.support.simulation.home import Home
from tests.support.simulation.world import Script, World, a_world

CLIENTS = 100_000
CELLS = 500
MOMENTS = 8
"""At which somebody can act while a tick arms, sends and settles one batch."""
MODELS = {"llama3.1:8b": "llama-3.1-8b", "qwen2.5:7b": "qwen-2.5-7b", "mistral:7b": "mistral-7b"}
"""As an application says them -> as they leave."""
RATING = {"feedback_type": "rating", "model": "mistral:7b", "rating": 5, "product_id": "chat"}


@pytest.fixture
def world() -> Iterator[World]:
    with a_world(Script(1, "plain", ())) as found:
        yield found


def test_all_weeks_arrive_once_after_thirty_days_offline(world: World) -> None:
    (home,) = world.homes
    world.network.weather = "offline"
    for day in range(30):
        people.feedback(world, home, random.Random(day))
        world.sky.seconds += DAY
        home.tick(Link())
    weeks = {row[0] for row in home.rows("SELECT period FROM batch")}
    assert len(weeks) >= 4
    world.network.weather, world.network.sent = "fair", []
    home.tick(Link(edges=1))
    until = home.courier.waiting.until
    assert until is not None
    assert until <= world.sky.seconds + policy.EDGE_SPREAD
    world.sky.seconds = until
    home.tick(Link(edges=1))
    assert {row[0] for row in home.rows("SELECT period FROM batch WHERE state = 'shared'")} >= weeks - {
        max(weeks)
    }
    times = Counter(letter.dispatch.sent.id for letter in world.network.sent)
    assert set(times.values()) == {1}
    world.judge()


@pytest.mark.parametrize(
    "moments",
    [
        pytest.param(lambda rng: policy.jitter(rng.randbytes(16)), id="all seal on Monday"),
        pytest.param(lambda rng: rng.random() * policy.EDGE_SPREAD, id="all get their network back"),
        pytest.param(lambda rng: _first_after(3 * DAY, rng), id="all wait for one collector"),
    ],
)
def test_a_herd_comes_back_at_no_more_than_ten_times_the_mean_rate(
    moments: Callable[[random.Random], float],
) -> None:
    rng = random.Random(100_000)
    arrivals = [moments(rng) for _ in range(CLIENTS)]
    each_minute = Counter(int(at // 60) for at in arrivals)
    mean = CLIENTS / (max(each_minute) - min(each_minute) + 1)
    assert max(each_minute.values()) <= 10 * mean


def _first_after(outage: float, rng: random.Random) -> float:
    """When a client that failed since moment 0 tries for the first time after the outage; 0 is its end."""
    at, failures = 0.0, 0
    while at < outage:
        at += policy.backoff(failures, rng.random())
        failures += 1
    return at - outage


@pytest.mark.parametrize("k", [1, 2, 5, 20])
def test_poison_costs_few_refusals_and_spares_the_others(world: World, k: int) -> None:
    (home,) = world.homes
    collector = world.network.collectors["acme"]
    said = list(itertools.product(MODELS, TASK_CATEGORIES, ACTIONS))[:CELLS]
    for body in said:
        _use(world, home, *body)
    poison = {(MODELS[model], task, action) for model, task, action in random.Random(k).sample(said, k)}
    collector.book.refusal = "bare"
    collector.book.poison = lambda cell: (cell["model"], cell["task_category"], cell["action"]) in poison
    for _ in range(12):
        world.sky.seconds += DAY
        home.tick(Link())
    fates = home.rows("SELECT batch.state, batch_cell.state FROM batch_cell JOIN batch USING (batch)")
    assert Counter(fates) == {("shared", ""): CELLS - k, ("quarantined", "quarantined"): k}
    assert collector.refused <= k * (2 + math.log2(CELLS))
    world.judge()


def _use(world: World, home: Home, model: str, task: str, action: str) -> None:
    """One record that becomes a cell of its own."""
    body = {"feedback_type": "usage_pattern", "model": model, "task_category": task, "action": action}
    people.post(world, home, body | {"product_id": "chat"})


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_after_a_revoke_no_byte_leaves_and_what_left_is_known_and_can_be_taken_back(
    world: World, moment: int
) -> None:
    (home,) = world.homes
    people.post(world, home, RATING)
    world.sky.seconds += 7 * DAY
    home.tick(Link())
    world.sky.seconds += 3 * DAY
    states: list[str] = []

    def revoke() -> None:
        states.extend(state for (state,) in home.rows("SELECT state FROM batch"))
        home.do(partial(sharing.revoke, name="acme", withdraw=False, now=int(world.sky.seconds)))
        home.memory.grants.clear()

    home.faults.untimely, home.faults.act = moment, revoke
    home.tick(Link())
    assert states in (["held"], ["armed"], ["shared"])
    for _ in range(9):
        world.sky.seconds += DAY
        home.tick(Link(), forced=True)
    left = [letter.dispatch.sent.id for letter in world.network.sent]
    if states == ["held"]:
        assert not left
        return
    assert len(left) == 1
    (id_,) = map(bytes.fromhex, left)
    home.do(partial(sharing.withdraw, id_=id_))
    home.tick(Link(), forced=True)
    assert home.rows("SELECT state FROM batch") == [("withdrawn",)]
    world.judge()


def test_every_moment_of_a_tick_was_tried(world: World) -> None:
    (home,) = world.homes
    people.post(world, home, RATING)
    world.sky.seconds += 7 * DAY
    home.tick(Link())
    world.sky.seconds += 3 * DAY
    home.faults.untimely = planned = 100
    left: list[int] = []
    home.faults.clear = lambda: left.append(home.faults.untimely)  # type: ignore[method-assign]
    home.tick(Link())
    assert planned - left[0] == MOMENTS
