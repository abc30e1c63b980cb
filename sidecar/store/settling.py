"""Settling: what an answer, or the time, does to a batch.

Job: let each verdict have its effect in one transaction; expire, shorten and clamp what only waits.
Must not: believe an answer (verdicts come from `share.verdict`), or decide what is next.

    armed -> shared | split | void | quarantined | withdrawn          withdrawing -> withdrawn
"""

from sidecar.share import agenda, policy
from sidecar.share.verdict import (
    TRANSPORT,
    Bisect,
    Quarantined,
    Refused,
    Retry,
    Shared,
    Unsupported,
    Verdict,
    Withdrawn,
)
from sidecar.store import lanes, sealing, splitting
from sidecar.store.consents import settle_mode
from sidecar.store.dispatching import Dispatch
from sidecar.store.giving_up import contain, give_up_cells, settled
from sidecar.store.outgoing import Row, row_of
from sidecar.store.transaction import Transaction


def settle(  # noqa: PLR0913  # one transaction takes all of it
    transaction: Transaction,
    *,
    dispatch: Dispatch,
    verdict: Verdict,
    status: int | None,
    chance: float,
    version: str,
    now: int,
) -> None:
    """Let an answer have its effect, all of it or none.

    A batch that was taken back while its bytes were on the way stays so: only its own DELETE ends that.
    """
    _note_outcome(transaction, dispatch.attempt, verdict, status)
    row = row_of(transaction, dispatch.number)
    is_expected = row.state == ("withdrawing" if dispatch.secret else "armed")
    if isinstance(verdict, Retry):
        _slow_down(transaction, row.destination, verdict, chance, now)
        if is_expected:
            _count_try(transaction, row, verdict, status, now)
        return
    _passed(transaction, row.destination, now)
    if isinstance(verdict, Unsupported):
        transaction.connection.execute(
            "UPDATE pace SET unsupported = ? WHERE destination = ?", (version, row.destination)
        )
    elif not is_expected:
        return
    elif row.given_up and isinstance(verdict, Refused | Bisect):
        _end_given_up(transaction, row, verdict)
    else:
        _end(transaction, row, verdict, range(dispatch.sent.cells), now)


def _end_given_up(transaction: Transaction, row: Row, verdict: Refused | Bisect) -> None:
    """A batch without a grant is not tried again; it is free where the collector surely holds none of it.

    A part never is: it may still stand there as the whole that it was a part of.
    """
    if row.root is None and (isinstance(verdict, Refused) or verdict.told):
        sealing.void(transaction, number=row.number, why="the grant was taken back")


def _end(
    transaction: Transaction,
    row: Row,
    verdict: Shared | Refused | Bisect | Quarantined | Withdrawn,
    cells: range,
    now: int,
) -> None:
    """What a batch becomes; `cells` are the positions it has."""
    match verdict:
        case Shared(refused):
            give_up_cells(transaction, row, refused, "quarantined")
            settled(transaction, row.number, "shared", now)
        case Refused(refused):
            give_up_cells(transaction, row, refused, "quarantined")
            rest = [position for position in cells if position not in refused]
            if rest:
                splitting.split(transaction, row, [rest], now=now)
            else:
                lanes.untell_losses(transaction, row.number)
                settled(transaction, row.number, "quarantined", now)
        case Bisect(told):
            _halve(transaction, row, cells, now, told=told or _only_too_large(transaction, row))
        case Quarantined(reason):
            give_up_cells(transaction, row, cells, reason)
            lanes.untell_losses(transaction, row.number)
            settled(transaction, row.number, "quarantined", now)
        case Withdrawn() if row.divide:
            _halve(transaction, row, cells, now, told=True)
        case Withdrawn():
            settled(transaction, row.number, "withdrawn", now)
            settle_mode(transaction)


def _halve(transaction: Transaction, row: Row, cells: range, now: int, *, told: bool) -> None:
    """Let the halves go on, so that what the collector may hold of the whole never counts beside them.

    The first half that is stored voids revision 0 there. Any other batch is taken back first.
    """
    if told or row.root is None:
        middle = (len(cells) + 1) // 2
        splitting.split(transaction, row, [cells[:middle], cells[middle:]], now=now, unsure=not told)
        return
    transaction.connection.execute(
        "UPDATE batch SET state = 'withdrawing', divide = 1, tries = 0, next_at = 0, why = ? WHERE batch = ?",
        ("taken back, so that its halves can go", row.number),
    )


def _only_too_large(transaction: Transaction, row: Row) -> bool:
    """Whether every attempt met a 413, which says that nothing was taken."""
    other = transaction.connection.execute(
        "SELECT 1 FROM attempt WHERE batch = ? AND status IS NOT 413 LIMIT 1", (row.number,)
    ).fetchone()
    return other is None


def expire(transaction: Transaction, *, number: int, now: int) -> None:
    """Give up a batch that could not leave for ninety days."""
    row = row_of(transaction, number)
    if row.state in {"held", "armed"}:
        give_up_cells(transaction, row, None, "expired")
        if row.state == "held":  # an armed one may have arrived, and told
            lanes.untell_losses(transaction, number)
        settled(transaction, number, "void", now, "expired")


def set_apart(transaction: Transaction, *, number: int, now: int) -> None:
    """A batch was damaged on the disk."""
    contain(transaction, row_of(transaction, number), now)


def shorten(transaction: Transaction, *, chance: float, now: int) -> None:
    """A link came up: what waited for the transport alone may go within half an hour.

    A wait after an answer stays: the collector was reached, and a link says nothing of it.
    """
    soon = now + int(chance * policy.EDGE_SPREAD)
    words = ", ".join("?" * len(TRANSPORT))
    transaction.connection.execute(
        f"UPDATE pace SET next_at = ? WHERE next_at > ? AND why IN ({words})",  # noqa: S608  # marks alone
        (soon, soon, *TRANSPORT),
    )


def clamp(transaction: Transaction, *, now: int) -> None:
    """Bring back deadlines that a clock, since set back, had put into the far future."""
    execute = transaction.connection.execute
    execute("UPDATE batch SET sealed_at = ? WHERE sealed_at > ?", (now, now))
    execute("UPDATE batch SET hold_until = ?1 WHERE hold_until > ?1", (now + int(agenda.HOLD),))
    execute("UPDATE batch SET next_at = ?1 WHERE next_at > ?1", (now + int(policy.MOST_WAIT),))
    execute("UPDATE pace SET next_at = ?1 WHERE next_at > ?1", (now + int(policy.MOST_WAIT),))


def _note_outcome(transaction: Transaction, attempt: int, verdict: Verdict, status: int | None) -> None:
    outcome = verdict.why if isinstance(verdict, Retry) else type(verdict).__name__.lower()
    transaction.connection.execute(
        "UPDATE attempt SET outcome = ?, status = ? WHERE attempt = ?", (outcome, status, attempt)
    )


def _slow_down(transaction: Transaction, destination: str, retry: Retry, chance: float, now: int) -> None:
    """When the next attempt may be made, whatever became of the batch meanwhile."""
    execute = transaction.connection.execute
    execute("INSERT OR IGNORE INTO pace (destination) VALUES (?)", (destination,))
    (failures,) = execute("SELECT failures FROM pace WHERE destination = ?", (destination,)).fetchone()
    if retry.after is not None:
        wait = retry.after
    else:
        wait = policy.slow_wait(chance) if retry.slow else policy.backoff(failures, chance)
    execute(
        "UPDATE pace SET failures = failures + 1, next_at = ?, firm = ?, why = ? WHERE destination = ?",
        (now + max(1, round(wait)), retry.after is not None, retry.why, destination),
    )


def _count_try(transaction: Transaction, row: Row, retry: Retry, status: int | None, now: int) -> None:
    execute = transaction.connection.execute
    execute("UPDATE batch SET tries = tries + 1, why = ? WHERE batch = ?", (retry.why, row.number))
    if status == 413:  # noqa: PLR2004  # Content Too Large
        execute("UPDATE batch SET too_large = too_large + 1 WHERE batch = ?", (row.number,))
    elif status is not None and status >= 500 and status != 503:  # noqa: PLR2004  # server errors, but busy
        execute(
            "UPDATE batch SET errors = errors + 1, error_at = coalesce(error_at, ?) WHERE batch = ?",
            (now, row.number),
        )


def _passed(transaction: Transaction, destination: str, now: int) -> None:
    transaction.connection.execute(
        "INSERT INTO pace (destination, passed_at) VALUES (?, ?) ON CONFLICT DO UPDATE "
        "SET failures = 0, next_at = 0, firm = 0, passed_at = excluded.passed_at, why = '', "
        "unsupported = NULL",
        (destination, now),
    )
