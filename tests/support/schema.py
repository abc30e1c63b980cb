"""The schema of a new store, as text: `python -m tests.support.schema > tests/golden/schema.sql`.

Job: write down every table and index that the migrations of this code make, in order of their names.
Must not: be edited by hand into what it should be.
"""

import contextlib
import sqlite3
import sys

from sidecar.store.migrate import migrate

HEADER = "-- The schema of a new store; written by `python -m tests.support.schema`.\n"
_ALL = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, name"


def schema(connection: sqlite3.Connection) -> str:
    """What stands in a database, comments and all."""
    statements = [f"{sql};\n" for (sql,) in connection.execute(_ALL)]
    return "\n".join([HEADER, *statements])


def schema_of_a_new_store() -> str:
    """What the migrations make of nothing."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        return schema(connection)


if __name__ == "__main__":
    sys.stdout.write(schema_of_a_new_store())
