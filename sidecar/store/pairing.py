"""Paired origins: which web origins beyond this machine the user allowed to submit.

Job: read the list at the start, and replace it whole inside the writer's transaction.
Must not: hand out an origin that can never be paired, whoever wrote it into the file.
"""

import sqlite3

from sidecar.origins import only_valid
from sidecar.store.transaction import Transaction


def paired_origins(connection: sqlite3.Connection) -> frozenset[str]:
    """The paired origins of a file."""
    return only_valid(origin for (origin,) in connection.execute("SELECT origin FROM paired_origin"))


def set_paired(transaction: Transaction, *, origins: frozenset[str]) -> frozenset[str]:
    """Let these origins be the paired ones, and no others; returns them."""
    transaction.connection.execute("DELETE FROM paired_origin")
    transaction.connection.executemany(
        "INSERT INTO paired_origin (origin) VALUES (?)", [(origin,) for origin in sorted(origins)]
    )
    return origins
