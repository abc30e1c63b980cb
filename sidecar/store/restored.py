"""Restored: what follows, once, when an older backup has taken the place of the file.

Job: keep here what the file before may have sent already, and count it.
Must not: be repeated; the caller does it in the transaction that forgets that there was a restore.

What the lost file sealed after the backup was made, nobody can tell. So every record of the backup that had
not left stays, its held batches are void, and periods up to this week are not sealed again.
"""

from collections.abc import Sequence

from sidecar.store import lanes, sealing
from sidecar.store.consents import grants
from sidecar.store.giving_up import give_up_cells, settled
from sidecar.store.outgoing import row_of
from sidecar.store.transaction import Transaction

RESTORED = "restored"


def settle(transaction: Transaction, *, open_lanes: Sequence[tuple[str, str]], salt: bytes, now: int) -> int:
    """Let nothing of the backup leave that had not; returns how many records that were, over all lanes.

    `open_lanes` are destination and product of every lane that could be packed now.
    """
    transaction.flush()
    execute = transaction.connection.execute
    kept = 0
    for (number,) in execute("SELECT batch FROM batch WHERE state = 'held'").fetchall():
        kept += give_up_cells(transaction, row_of(transaction, number), None, RESTORED)
        settled(transaction, number, "void", now, RESTORED)
        lanes.untell_losses(transaction, number)
        execute("UPDATE batch SET body = '' WHERE batch = ?", (number,))
    granted = grants(transaction.connection)
    for destination, product in open_lanes:
        at = lanes.lane(transaction, destination=destination, product=product, salt=salt)
        for kind, n in lanes.count_free(transaction, at, granted[destination].scopes):
            lanes.note_lane_loss(transaction, at.number, kind, RESTORED, n)
            kept += n
    lanes.keep_until(transaction, transaction.last_seq)
    sealing.be_unsure(transaction.connection, transaction.week)
    transaction.deleted = True  # the bytes of a preview go out of every file
    return kept
