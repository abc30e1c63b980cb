"""The policy: what the outbox does next.

Job: decide from a snapshot, the time and the hints alone; say how long to wait, and why.
Must not: read a clock, draw a number, send or store. The courier does what is decided here, step by step.

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

from collections.abc import Iterable
from typing import Final, TypeAlias

from msgspec import Struct

from sidecar.share.agenda import DAY, HOLD, HOUR, BatchView, Link, Pace, Snapshot, Wait
from sidecar.share.consent import may_withdraw, why_not_send

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


Action: TypeAlias = Clamp | Contain | Expire | Shorten | Seal | Arm | Send | Withdraw | Wait


def next_action(state: Snapshot, now: float, link: Link) -> Action:
    """The next step, or how long to wait."""
    if state.standing.switches:
        return Wait(None, f"forbidden by {state.standing.switches[0]}")
    return _tidy(state, now, link) or _next_seal(state) or _next_step(state, now, link)


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


def _tidy(state: Snapshot, now: float, link: Link) -> Clamp | Contain | Expire | Shorten | None:
    """What a clock, the time or a link has left to set right before anything leaves."""
    too_late = any(pace.next_at > now + MOST_WAIT for pace in state.paces.values())
    if too_late or any(is_stranded(batch, now) for batch in state.batches):
        return Clamp()
    damaged = next((each for each in state.batches if _is_damaged(each)), None)
    if damaged is not None:
        return Contain(damaged.number)
    old = next((each for each in state.batches if _is_too_old(each, now)), None)
    if old is not None and state.steady:
        return Expire(old.number)
    return Shorten(link.edges) if link.edges > state.edges else None


def _next_seal(state: Snapshot) -> Seal | None:
    """The next lane to look at; each once a week, and once more when the user says now."""
    if not state.steady:
        return None
    for lane in state.lanes:
        running = state.forced and (lane.destination, lane.product) not in state.sealed
        if running or lane.tried_week != state.week:
            return Seal(lane.destination, lane.product, running)
    return None


def _next_step(state: Snapshot, now: float, link: Link) -> Arm | Send | Withdraw | Wait:
    """The batch whose turn it is, or the wait that ends first."""
    waits = [(each, _wait(each, state, now, link)) for each in state.batches]
    due = [each for each, wait in waits if wait is None]
    return _step(min(due, key=_rank)) if due else _soonest(wait for _, wait in waits if wait is not None)


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
    pace = state.paces.get(batch.destination, Pace())
    return (
        _forbidden(batch, state, pace)
        or (Wait(pace.next_at, pace.why) if pace.firm and pace.next_at > now else None)
        or (None if state.forced else _held(batch, state, now) or _on_the_way(batch, pace, now, link))
    )


def _forbidden(batch: BatchView, state: Snapshot, pace: Pace) -> Wait | None:
    """What no waiting changes."""
    if batch.state == "withdrawing":
        mode = state.standing.mode
        return None if may_withdraw(state.standing) else Wait(None, f"the mode is {mode}")
    reason = why_not_send(state.standing, batch.destination, batch.product, batch.terms_digest)
    if reason is not None:
        return Wait(None, reason)
    if pace.unsupported == state.version:
        return Wait(None, "the collector cannot read this version; an update may help")
    return None


def _held(batch: BatchView, state: Snapshot, now: float) -> Wait | None:
    """The time in which a batch can be looked at."""
    if batch.state != "held":
        return None
    if not state.steady:
        return Wait(now + LOOK_AGAIN, "the clock was set; it has to stand for an hour")
    if not batch.urgent and departure(batch) > now:
        return Wait(departure(batch), "held, so that you can look at it")
    return None


def _on_the_way(batch: BatchView, pace: Pace, now: float, link: Link) -> Wait | None:
    """What earlier answers and the machine's link say."""
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
