"""The agenda: everything that decides what the outbox does next, besides the time and the link.

Job: hold a snapshot of lanes, batches and paces as plain values.
Must not: decide; `share.policy` does.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from sidecar.share.consent import Standing

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
HOLD: Final = DAY
"""How long a sealed batch can be looked at before it may leave."""


class LaneView(Struct, frozen=True, kw_only=True):
    """A lane: one destination and one product.

    Attributes:
        tried_week: the week in which it was sealed, or found empty, last.
    """

    destination: str
    product: str
    tried_week: int | None


class BatchView(Struct, frozen=True, kw_only=True):
    """A batch that is not settled.

    Attributes:
        number: its row.
        state: `held`, `armed` or `withdrawing`.
        terms_digest: of the consent text that it was sealed under; empty where its row is damaged.
        next_at: not before; seconds since the epoch.
        urgent: the user said `send`.
    """

    number: int
    id: bytes
    destination: str
    product: str
    state: str
    terms_digest: str
    sealed_at: float
    hold_until: float
    next_at: float = 0.0
    tries: int = 0
    urgent: bool = False


class Pace(Struct, frozen=True, kw_only=True):
    """What a destination's answers taught.

    Attributes:
        failures: in a row.
        next_at: nothing is sent before.
        firm: the collector named that time itself, so nothing may shorten it.
        unsupported: the version of this program that the collector could not read, or none.
    """

    failures: int = 0
    next_at: float = 0.0
    firm: bool = False
    unsupported: str | None = None
    why: str = ""


class Link(Struct, frozen=True, kw_only=True):
    """What the machine tells of its connection, as hints: None where it cannot tell."""

    online: bool | None = None
    metered: bool | None = None
    battery: float | None = None
    edges: int = 0


class Snapshot(Struct, frozen=True, kw_only=True):
    """Everything that decides besides time and hints.

    Attributes:
        week: the present one.
        steady: whether wall clock and boot clock have agreed for an hour.
        edges: of the link, as far as they were taken into account.
        forced: the user said `upload --now`: hold, jitter and transport waits do not count.
        tried, sealed: batches and lanes that this forced round has seen to already.
    """

    week: int
    standing: Standing
    lanes: tuple[LaneView, ...] = ()
    batches: tuple[BatchView, ...] = ()
    paces: Mapping[str, Pace] = {}
    version: str = ""
    steady: bool = True
    edges: int = 0
    forced: bool = False
    tried: frozenset[int] = frozenset()
    sealed: frozenset[tuple[str, str]] = frozenset()


class Wait(Struct, frozen=True):
    """Nothing to do until then (seconds since the epoch; None: until something changes), and why."""

    until: float | None
    why: str
