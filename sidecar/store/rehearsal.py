"""Rehearsals: what sealing would make, without making it.

Job: let sealing run inside a transaction, hand out the exact texts, and take all of it back.
Must not: leave a trace.
"""

from collections.abc import Callable, Sequence

from sidecar.store.transaction import Transaction


def rehearse(transaction: Transaction, seal: Callable[[Transaction], Sequence[bytes]]) -> list[str]:
    """The texts of the batches that `seal` makes; `seal` returns their ids."""
    transaction.flush()
    execute, deleted = transaction.connection.execute, transaction.deleted
    execute("SAVEPOINT rehearsal")
    try:
        return [
            execute("SELECT body FROM batch WHERE id = ?", (id_,)).fetchone()[0] for id_ in seal(transaction)
        ]
    finally:
        execute("ROLLBACK TO rehearsal")
        execute("RELEASE rehearsal")
        transaction.deleted = deleted
        transaction.rehearsals += 1
