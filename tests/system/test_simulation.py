"""Sharing in simulated worlds: whatever people, networks, clocks, disks and collectors do, promises hold."""

from typing import Final

import pytest

from tests.support.simulation.mutations import BREAKS
from tests.support.simulation.oracles import Broken
from tests.support.simulation.shrink import shrunk
from tests.support.simulation.world import first_fault, run, script_of

SEEDS = 2_000
MANY_SEEDS = 20_000
AT_ONCE = 250

CAUGHT: Final = {
    "ack on a bare 200": 3,
    "ack with a wrong digest": 18,
    "conflict taken for stored": 10,
    "dropped on 4xx": 105,
    "thrown away after one failure": 0,
    "partial taken for stored": 122,
    "Retry-After ignored": 17,
    "no look at the consent when arming": 128,
    "tried again after a revoke": 54,
    "held batches outlive a revoke": 4,
    "records from before the grant": 1,
    "no hold": 1,
    "supersedes forgotten": 0,
    "ids at random": 0,
    "a period sealed twice": 1,
    "undo leaves the held batch": 1,
    "a part withdrawn with its own secret": 44,
    "a part halved without taking it back": 116,
    "parts of what may be stored are free": 116,
    "damaged bytes are sent": 19,
    "a restore is not noticed": 195,
    "a restore counts nothing": 195,
    "a new grant reaches behind a restore": 222,
    "no clamp after the clock went back": 398,
    "a line of the ledger forgotten": 2,
    "losses told by what never arrived": 2,
    "a wider grant frees nothing": 14,
    "withdrawals need a grant": 88,
}
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
