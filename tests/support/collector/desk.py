"""One collector as a test holds it: its book, its script, its log and its clock.

Job: take requests in order, and obey the commands of a test, which can come from another process.
Must not: know sockets; a simulation in virtual time uses it as it is.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from tests.support.collector.counting import Known
from tests.support.collector.front import Request
from tests.support.collector.ledgerbook import Book, Refusal
from tests.support.collector.script import Act, Outcome, Script, play


class Push(Struct, frozen=True, tag="push"):
    """These acts are next, in this order."""

    acts: list[Act]


class Stand(Struct, frozen=True, tag="stand"):
    """These acts are meant for every request from now on that no pushed one is meant for."""

    acts: list[Act]


class Poison(Struct, frozen=True, tag="poison"):
    """Cells that carry all fields of one of these are refused, as `refusal` says."""

    cells: list[dict[str, Any]]
    refusal: Refusal = "partial"


class Learn(Struct, frozen=True, tag="learn"):
    """The collector's lists of words from now on; a list that is left out knows every word."""

    words: dict[str, list[str]]


class Clock(Struct, frozen=True, tag="clock"):
    """The collector's wall clock stands here from now on; None: it is the machine's."""

    now: datetime | None


class Look(Struct, frozen=True, tag="look"):
    """Tell everything."""


Command = Push | Stand | Poison | Learn | Clock | Look


class Number(Struct, frozen=True):
    """One number of `Book.counted`, as it goes through a pipe."""

    period: str
    product: str
    hardware_bucket: str
    kind: str
    dimensions: tuple[tuple[str, str | None], ...]
    measure: str
    n: int


class Seen(Struct, frozen=True):
    """What a collector has seen and what it counts.

    Attributes:
        requests: every whole request in the order of arrival, byte for byte.
        connections: how often somebody connected, whole requests or not.
        pushed: acts that still wait.
    """

    requests: list[Request]
    connections: int
    counted: list[Number]
    pushed: int


class Desk:
    """One collector."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.book = Book()
        self.script = Script()
        self.log: list[Request] = []
        self.connections = 0
        self.now = now
        self._machine = now

    def take(self, request: Request) -> Outcome:
        """One whole request, by whatever act is next for it."""
        return self.carry_out(self.script.next(request), request)

    def carry_out(self, act: Act, request: Request) -> Outcome:
        """One whole request, by this act."""
        outcome = play(self.book, act, request, self.log, self.now())
        self.log.append(request)
        return outcome

    def obey(self, command: Command) -> Seen | None:
        """Do what a test says."""
        match command:
            case Push(acts):
                self.script.queue += acts
            case Stand(acts):
                self.script.standing = list(acts)
            case Poison(cells, refusal):
                self.book.poison = lambda cell: any(_carries(cell, each) for each in cells)
                self.book.refusal = refusal
            case Learn(words):
                self.book.known = Known(**{name: frozenset(each) for name, each in words.items()})
            case Clock(now):
                self.now = self._machine if now is None else lambda: now
            case Look():
                return self._seen()
        return None

    def _seen(self) -> Seen:
        numbers = [Number(*name, n) for name, n in self.book.counted().items()]
        return Seen(list(self.log), self.connections, numbers, len(self.script.queue))


def _carries(cell: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    return all(name in cell and cell[name] == value for name, value in fields.items())
