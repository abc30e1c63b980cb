"""What a new file knows of the damaged one whose place it takes.

Job: write it into the new file, within the transaction of its caller.
Must not: read the damaged file; `damaged` and `graft` do. A daemon whose file is whole never loads this.
"""

import sqlite3

from sidecar.store.ledger import DATABASE, note_given, note_loss
from sidecar.store.sealing import be_unsure


def remember(connection: sqlite3.Connection, week: int, name: str, last_seq: int | None) -> None:
    """The loss in the ledger, the numbers that were given, and that nobody knows what had left.

    Args:
        connection: of the new file.
        week: now.
        name: of the file that was set aside.
        last_seq: the highest number that a record had there, where it is known.
    """
    note_loss(connection, week, DATABASE, "corrupt", 1)
    note_given(connection, name, last_seq)
    be_unsure(connection, week)
