"""Filling in the hardware bucket of records that came before the probe had answered.

Job: move every waiting series, its records and its cells to the bucket, in one transaction.
Must not: touch a series that has a bucket, or one of a model that runs elsewhere.
"""

import sqlite3

from sidecar.store.cells import TABLES
from sidecar.store.rows import SERIES_COLUMNS
from sidecar.store.series import FIND
from sidecar.store.transaction import Transaction


def fill_bucket(transaction: Transaction, *, bucket: str) -> int:
    """Give the bucket to every series that waits for it, record and cell; returns how many series moved."""
    transaction.flush()
    connection = transaction.connection
    waiting = connection.execute(
        "SELECT * FROM series WHERE hardware_bucket = '' AND runs_on = 'local'"
    ).fetchall()
    place = 1 + SERIES_COLUMNS.index("hardware_bucket")
    for row in waiting:
        old, dimensions = int(row[0]), (*row[1:place], bucket, *row[place + 1 : 1 + len(SERIES_COLUMNS)])
        found = connection.execute(FIND, dimensions).fetchone()
        if found is None:
            connection.execute("UPDATE series SET hardware_bucket = ? WHERE series = ?", (bucket, old))
        else:
            _merge(connection, old, int(found[0]))
    transaction.index.forget()
    return len(waiting)


def _merge(connection: sqlite3.Connection, old: int, new: int) -> None:
    connection.execute("UPDATE record SET series = ? WHERE series = ?", (new, old))
    for table, columns in TABLES.items():
        kept = ", ".join(column for column in columns if column != "series")
        connection.execute(
            f"INSERT INTO {table} (series, {kept}, n) SELECT ?, {kept}, n FROM {table} WHERE series = ? "  # noqa: S608  # own names
            "ON CONFLICT DO UPDATE SET n = n + excluded.n",
            (new, old),
        )
        connection.execute(f"DELETE FROM {table} WHERE series = ?", (old,))  # noqa: S608  # own names
    connection.execute("DELETE FROM series WHERE series = ?", (old,))
