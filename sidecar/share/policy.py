"""The policy: what the outbox does next.

Job: decide from a snapshot, the time and the hints alone; say how long to wait, and why.
Must not: read a clock, draw a number, send or store. The courier does what is decided here, one step at a time.

    a switch is on          -> nothing at all
    deadlines beyond reach  -> clamp them (a clock was set back)
    damaged on the disk     -> contain
    90 days unsent          -> expire
    a link came up          -> shorten what only waited for the transport
    a new week              -> seal each lane once
    withdrawing             -> withdraw
    held long enough        -> arm
    armed                   -> send
    nothing of these        -> wait, until then, because of that
"""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from msgspec import Struct

from sidecar.share.consent import Standing, may_send, may_withdraw, why_not

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
HOLD: Final = DAY
"""How long a sealed batch can be looked at before it may leave."""
JITTER: Final = DAY
"""Over how long the machines of the world spread what they seal at the same moment."""
UNSENT: Final = 90 * DAY
DEFER: Final = 7 * DAY
"""How long a metered link or a low battery may hold a batch back."""
LOW_BATTERY: Final = 0.2
MOST_WAIT: Final = DAY
EDGE_SPREAD: Final = 1_800.0
"""Seconds over which machines spread that got their network back at one moment."""
LOOK_AGAIN: Final = HOUR
BASE: Final = 30.0
MOST_BACKOFF: Final = 6 * HOUR
LEAST_BACKOFF: Final = 1.0


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


class Clamp(Struct, frozen=True):
    """Bring deadlines that a clock left in the far future back into reach."""


class Expire(Struct, frozen=True):
    """Give a batch up: it has waited too long."""

    batch: int


class Contain(Struct, frozen=True):
    """Set a batch apart whose row was damaged on the disk."""

    batch: int


class Shorten(Struct, frozen=True):
    """A link came up: what only waited for the transport may go soon."""

    edges: int


class Seal(Struct, frozen=True):
    """Seal what a lane has of periods that ended; with `running`, of the present one too."""

    destination: str
    product: str
    running: bool


class Arm(Struct, frozen=True):
    """Check the grant once more, commit to sending, then send."""

    batch: int


class Send(Struct, frozen=True):
    """Send the bytes of an armed batch again."""

    batch: int


class Withdraw(Struct, frozen=True):
    """Ask the collector to forget a batch."""

    batch: int


class Wait(Struct, frozen=True):
    """Nothing to do until then (seconds since the epoch; None: until something changes), and why."""

    until: float | None
    why: str


Action: TypeAlias = Clamp | Contain | Expire | Shorten | Seal | Arm | Send | Withdraw | Wait


def next_action(state: Snapshot, now: float, link: Link) -> Action:
    """The next step, or how long to wait."""
    if state.standing.switches:
        return Wait(None, f"forbidden by {state.standing.switches[0]}")
    if any(is_stranded(batch, now) for batch in state.batches) or any(
        pace.next_at > now + MOST_WAIT for pace in state.paces.values()
    ):
        return Clamp()
    damaged = next((each for each in state.batches if _is_damaged(each)), None)
    if damaged is not None:
        return Contain(damaged.number)
    if state.steady:
        old = next((each for each in state.batches if _is_too_old(each, now)), None)
        if old is not None:
            return Expire(old.number)
    if link.edges > state.edges:
        return Shorten(link.edges)
    sealing = _next_seal(state)
    if sealing is not None:
        return sealing
    waits = [_wait(each, state, now, link) for each in state.batches]
    due = [(each, wait) for each, wait in zip(state.batches, waits, strict=True) if wait is None]
    if due:
        return _step(min((each for each, _ in due), key=_rank))
    return _soonest(wait for wait in waits if wait is not None)


def backoff(failures: int, chance: float) -> float:
    """Seconds to wait after so many failures in a row: `max(1, uniform(0, min(6 h, 30 s * 2^n)))`.

    "Full jitter": Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015.

    Args:
        failures: before this one.
        chance: uniform in 0..1, drawn by the caller.
    """
    ceiling = MOST_BACKOFF if failures >= 10 else min(MOST_BACKOFF, BASE * 2**failures)  # noqa: PLR2004  # 2^10
    return max(LEAST_BACKOFF, chance * ceiling)


def slow_wait(chance: float) -> float:
    """Seconds to wait after an answer that no collector gives: one hour to a day."""
    return HOUR + chance * (DAY - HOUR)


def jitter(id_: bytes) -> float:
    """Seconds by which a batch leaves after its hold; of its id, so that looking again changes nothing."""
    return int.from_bytes(id_[:4]) / 2**32 * JITTER


def departure(batch: BatchView) -> float:
    """When a held batch may leave at the earliest."""
    return batch.hold_until + jitter(batch.id)


def is_stranded(batch: BatchView, now: float) -> bool:
    """Whether a deadline lies further ahead than any is ever set: the clock was set back since."""
    return batch.hold_until > now + HOLD or batch.next_at > now + MOST_WAIT or batch.sealed_at > now + HOUR


def _is_damaged(batch: BatchView) -> bool:
    """A withdrawal needs neither terms nor bytes, so it still goes out."""
    return not batch.terms_digest and batch.state != "withdrawing"


def _is_too_old(batch: BatchView, now: float) -> bool:
    return batch.state in {"held", "armed"} and now - batch.sealed_at > UNSENT


def _next_seal(state: Snapshot) -> Seal | None:
    """The next lane to look at; each once a week, and once more when the user says now."""
    if not state.steady:
        return None
    for lane in state.lanes:
        running = state.forced and (lane.destination, lane.product) not in state.sealed
        if running or lane.tried_week != state.week:
            return Seal(lane.destination, lane.product, running)
    return None


def _step(batch: BatchView) -> Arm | Send | Withdraw:
    if batch.state == "withdrawing":
        return Withdraw(batch.number)
    return Arm(batch.number) if batch.state == "held" else Send(batch.number)


def _rank(batch: BatchView) -> tuple[bool, int, float, int]:
    """Withdrawals first; then what was tried least, so that one bad batch never starves the others."""
    return batch.state != "withdrawing", batch.tries, batch.sealed_at, batch.number


def _wait(batch: BatchView, state: Snapshot, now: float, link: Link) -> Wait | None:
    """Why a batch has to wait, and until when; None when its turn is now."""
    if batch.number in state.tried:
        return Wait(None, "tried just now")
    if batch.state == "withdrawing":
        if not may_withdraw(state.standing):
            return Wait(None, f"the mode is {state.standing.mode}")
    elif not may_send(state.standing, batch.destination, batch.product, batch.terms_digest):
        return Wait(
            None, why_not(state.standing, batch.destination) or "the text that it was sealed under changed"
        )
    pace = state.paces.get(batch.destination, Pace())
    if pace.unsupported == state.version and batch.state != "withdrawing":
        return Wait(None, "the collector cannot read this version; an update may help")
    if pace.firm and pace.next_at > now:
        return Wait(pace.next_at, pace.why)
    if state.forced:
        return None
    if batch.state == "held":
        if not state.steady:
            return Wait(now + LOOK_AGAIN, "the clock was set; it has to stand for an hour")
        if not batch.urgent and departure(batch) > now:
            return Wait(departure(batch), "held, so that you can look at it")
    until = max(pace.next_at, batch.next_at)
    if until > now:
        return Wait(until, pace.why or "tried again later")
    if link.online is False:
        return Wait(now + LOOK_AGAIN, "no connection")
    if _deferred(batch, now, link):
        return Wait(now + LOOK_AGAIN, "the link is metered" if link.metered else "the battery is low")
    return None


def _deferred(batch: BatchView, now: float, link: Link) -> bool:
    """A metered link or a low battery holds back, but not for ever."""
    costly = link.metered is True or (link.battery is not None and link.battery < LOW_BATTERY)
    return costly and not batch.urgent and now < departure(batch) + DEFER


def _soonest(waits: Iterable[Wait]) -> Wait:
    """The wait that ends first; one without an end only where no other has one."""
    found = sorted(waits, key=lambda wait: (wait.until is None, wait.until or 0.0))
    return found[0] if found else Wait(None, "nothing is waiting")


class ClockWatch(Struct, frozen=True, kw_only=True):
    """Whether wall clock and boot clock agree.

    Attributes:
        offset: seconds between the two at the last look; None before the first.
        jumped_at: boot seconds at which they last disagreed by more than a day.
    """

    offset: float | None = None
    jumped_at: float | None = None

    def is_steady(self, boot: float) -> bool:
        """Whether the wall clock has stood for an hour since it was set by more than a day."""
        return self.jumped_at is None or boot - self.jumped_at >= HOUR


def watch_clock(known: ClockWatch, wall: float, boot: float) -> ClockWatch:
    """Look at both clocks once more."""
    offset = wall - boot
    if known.offset is None or abs(offset - known.offset) <= DAY:
        return ClockWatch(offset=offset, jumped_at=known.jumped_at)
    return ClockWatch(offset=offset, jumped_at=boot)
