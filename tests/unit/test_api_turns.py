"""Turns: a few requests begin in each turn of the event loop, in their order, and nobody is forgotten."""

import asyncio
from functools import partial

from sidecar.api.turns import Turns

AT_ONCE = 4


class Crowd:
    """Requests, and in which turn of the loop each began."""

    def __init__(self) -> None:
        self.turns = Turns(AT_ONCE)
        self.turn = 0
        self.began: list[tuple[int, str]] = []

    def ask(self, name: str, *, known: bool = True) -> None:
        """One more."""
        if self.turns.take(partial(self._begin, name), known=known):
            self._begin(name)

    async def pass_turns(self, turns: int) -> None:
        """Let the loop turn."""
        for _ in range(turns):
            self.turn += 1
            await asyncio.sleep(0)

    def names(self) -> list[str]:
        """Who began, in order."""
        return [name for _, name in self.began]

    def _begin(self, name: str) -> None:
        self.began.append((self.turn, name))


async def test_few_begin_in_one_turn_of_the_loop_and_all_in_their_order() -> None:
    crowd = Crowd()
    wanted = [f"{number}" for number in range(30)]
    for name in wanted:
        crowd.ask(name)
    await crowd.pass_turns(20)
    assert crowd.names() == wanted
    turns = [turn for turn, _ in crowd.began]
    assert max(turns.count(turn) for turn in turns) == AT_ONCE


async def test_a_flood_of_newcomers_does_not_hold_up_who_is_known() -> None:
    crowd = Crowd()
    for number in range(100):
        crowd.ask(f"{number}", known=False)
    crowd.ask("known")
    await crowd.pass_turns(3)
    assert "known" in crowd.names()


async def test_a_flood_of_known_ones_does_not_hold_up_a_newcomer() -> None:
    crowd = Crowd()
    for number in range(100):
        crowd.ask(f"{number}")
    crowd.ask("newcomer", known=False)
    await crowd.pass_turns(3)
    assert "newcomer" in crowd.names()
    await crowd.pass_turns(40)
    assert len(crowd.began) == 101, "and the others are not forgotten"


async def test_a_crowd_that_asks_again_and_again_leaves_a_place_for_each() -> None:
    crowd = Crowd()
    for number in range(20):
        crowd.ask(f"greedy {number}")
    crowd.ask("modest")
    for _ in range(10):
        crowd.ask("greedy again")
        await crowd.pass_turns(1)
    assert crowd.names().index("modest") == 20


async def test_where_nobody_waits_the_loop_goes_to_sleep() -> None:
    crowd = Crowd()
    for _ in range(3):
        crowd.ask("one")
        await crowd.pass_turns(5)
    assert not crowd.turns.is_awake
    assert crowd.names() == ["one"] * 3
