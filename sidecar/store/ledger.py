"""The ledger: every loss, counted, with its reason.

Job: add to a line of the ledger, in the transaction that loses something.
Must not: forget. A line is never deleted, not even by `purge`.
"""

import sqlite3

from sidecar.vocabulary import LOSS_REASONS

DATABASE = "database"
"""The kind of a ledger line that speaks of a whole file."""


SALVAGED = "salvaged"
"""The kind of the one line that speaks of a gain: records that came back out of damaged files."""


def note_loss(connection: sqlite3.Connection, week: int, kind: str, reason: str, n: int) -> None:
    """Count `n` lost records of a kind. Call inside a transaction.

    Raises:
        ValueError: a reason that the closed list does not have.
    """
    if reason not in LOSS_REASONS:
        raise ValueError("a loss needs a reason of the closed list")
    if n > 0:
        connection.execute(
            "INSERT INTO ledger VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
            (week, kind, reason, n),
        )


def note_given(connection: sqlite3.Connection, name: str, last_seq: int | None) -> None:
    """Keep the highest number that records of a file had when it was set aside, if the writer knew it."""
    if last_seq is not None:
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"given:{name}", last_seq))


def given(connection: sqlite3.Connection, name: str) -> int | None:
    """What was kept: no more records than that went down with the file; None where nobody knew."""
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (f"given:{name}",)).fetchone()
    return int(row[0]) if row else None
