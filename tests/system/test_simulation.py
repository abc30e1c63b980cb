"""Sharing in a simulated world: whatever people, networks, clocks, disks and collectors do, the promises hold."""

import pytest

from tests.support.simulation.mutations import BREAKS
from tests.support.simulation.oracles import Broken
from tests.support.simulation.shrink import shrunk
from tests.support.simulation.world import first_fault, run, script_of

SEEDS = 2_000
MANY_SEEDS = 20_000
AT_ONCE = 250

CAUGHT: dict[str, int] = {}
"""Broken rule -> the first seed that sees it."""


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_every_promise_holds_in_every_world(first: int) -> None:
    _see(range(first, first + AT_ONCE))


@pytest.mark.long
def test_every_promise_holds_in_many_worlds() -> None:
    _see(range(SEEDS, SEEDS + MANY_SEEDS))


def test_a_world_is_the_same_each_time() -> None:
    assert script_of(7) == script_of(7)


@pytest.mark.parametrize("rule", BREAKS)
def test_a_broken_rule_is_seen(rule: str) -> None:
    script = script_of(CAUGHT[rule])
    with BREAKS[rule](), pytest.raises(Broken):
        run(script)


def _see(seeds: range) -> None:
    found = first_fault([script_of(seed) for seed in seeds])
    if found is not None:
        script, fault = found
        steps = "\n    ".join(map(repr, shrunk(script).steps))
        pytest.fail(
            f"{fault}\n`python -m tests.support.simulation {script.seed}` ({script.kind}):\n    {steps}"
        )
