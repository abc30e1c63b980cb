"""Sharing: what the user decides about destinations and batches, as transactions.

Job: grant, decline, revoke; send early, discard, take back.
Must not: be reached by an application: only the owner's routes and commands call it.
"""

from sidecar.errors import StateConflict
from sidecar.share.consent import Grant
from sidecar.store import lanes, sealing, splitting
from sidecar.store.consents import keep_grant, keep_refusal, settle_mode, share_withdrawal
from sidecar.store.giving_up import give_up_cells, settled
from sidecar.store.outgoing import Row, number_of, row_of
from sidecar.store.transaction import Transaction


def grant(transaction: Transaction, *, wanted: Grant) -> None:
    """Keep a grant; what is held under an older one is freed, to be sealed under this."""
    let_go(transaction, destination=wanted.destination, withdraw=False)
    keep_grant(transaction, grant=wanted)
    lanes.look_again(transaction, destination=wanted.destination)


def decline(transaction: Transaction, *, name: str, now: int) -> None:
    """Keep a "no" to a destination that was never granted."""
    keep_refusal(transaction, name=name, answer="declined", now=now)


def revoke(transaction: Transaction, *, name: str, withdraw: bool, now: int) -> None:
    """Take a grant back, from this transaction on."""
    keep_refusal(transaction, name=name, answer="revoked", now=now)
    let_go(transaction, destination=name, withdraw=withdraw)


def discard(transaction: Transaction, *, id_: bytes, now: int) -> None:
    """The user says no to a held batch: it is void, and its records stay here.

    Raises:
        NotFound: no such batch.
        StateConflict: it is not held any more.
    """
    row = held(transaction, id_)
    give_up_cells(transaction, row, None, "declined")
    lanes.untell_losses(transaction, row.number)
    settled(transaction, row.number, "void", now, "declined")
    transaction.connection.execute("UPDATE batch SET body = '' WHERE batch = ?", (row.number,))


def hasten(transaction: Transaction, *, number: int) -> None:
    """The user says `send`: the hold of a batch is over."""
    transaction.connection.execute("UPDATE batch SET urgent = 1 WHERE batch = ?", (number,))


def withdraw(transaction: Transaction, *, id_: bytes) -> str:
    """Begin to take a sent batch back; returns the state it is in now.

    Raises:
        NotFound: no such batch.
        StateConflict: it never left.
    """
    row = row_of(transaction, number_of(transaction, id_))
    if row.state in {"withdrawing", "withdrawn"}:
        transaction.connection.execute("UPDATE batch SET divide = 0 WHERE batch = ?", (row.number,))
        return row.state
    if row.armed_at is None or row.state not in {"armed", "shared", "void"}:
        raise StateConflict(
            f"this batch is {row.state}: there is nothing of it at the collector to take back"
        )
    _take_back(transaction, row.number)
    share_withdrawal(transaction)
    return "withdrawing"


def let_go(transaction: Transaction, *, destination: str, withdraw: bool) -> None:
    """What a revoked grant leaves behind: held batches are void, armed ones are never tried again.

    With `withdraw` everything that was sent is taken back too.
    """
    splitting.make_whole(transaction, destination=destination)
    transaction.connection.execute(
        "UPDATE batch SET divide = 0 WHERE divide AND lane IN (SELECT lane FROM lane WHERE destination = ?)",
        (destination,),
    )
    found = transaction.connection.execute(
        "SELECT batch, state FROM batch JOIN lane USING (lane) WHERE destination = ?", (destination,)
    ).fetchall()
    for number, state in found:
        if state == "held":
            sealing.void(transaction, number=number, why="the grant was taken back")
        elif withdraw and state in {"armed", "shared"}:
            _take_back(transaction, number)
        elif state == "armed":  # it may have arrived
            transaction.connection.execute("UPDATE batch SET given_up = 1 WHERE batch = ?", (number,))
    settle_mode(transaction)


def _take_back(transaction: Transaction, number: int) -> None:
    transaction.connection.execute(
        "UPDATE batch SET state = 'withdrawing', tries = 0, next_at = 0 WHERE batch = ?", (number,)
    )


def held(transaction: Transaction, id_: bytes) -> Row:
    """The batch of this id, which something can still be decided about.

    Raises:
        NotFound: no such batch.
        StateConflict: it is not held any more.
    """
    row = row_of(transaction, number_of(transaction, id_))
    if row.state != "held":
        raise StateConflict(
            f"this batch is {row.state}; only one that is held can be sent early or discarded"
        )
    return row
