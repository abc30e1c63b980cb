"""The welcome: whether the owner has seen it.

Job: remember it in the file, so that another browser does not show it again.
Must not: remember who, or when.
"""

from typing import Final

from sidecar.store.reader import Reader
from sidecar.store.transaction import Transaction

NAME: Final = "welcomed"


async def was_welcomed(reader: Reader) -> bool:
    """Whether the owner has seen it, or skipped it.

    Raises:
        StoreUnavailable: the file cannot be read.
    """
    return bool(await reader.rows("SELECT 1 FROM meta WHERE name = :name", {"name": NAME}))


def welcome(transaction: Transaction) -> None:
    """The owner has seen it."""
    transaction.connection.execute("INSERT OR REPLACE INTO meta VALUES (:name, 1)", {"name": NAME})
