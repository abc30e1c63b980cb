"""Hearing: whose feedback the user wants, as it stands in the file and in memory.

Job: keep the muted products, and refuse what nobody wants to hear before anything of it is kept.
Must not: delete a record; `records.purge` does, where the user says so too.
"""

import sqlite3
from typing import Final

from msgspec import Struct

from sidecar.errors import ProductMuted, SwitchedOff
from sidecar.share.consent import OFF
from sidecar.store import consents
from sidecar.store.transaction import Transaction

_MUTED: Final = "muted:"
_FOUND: Final = "SELECT name FROM meta WHERE substr(name, 1, length(?1)) = ?1"
_COUNT: Final = "SELECT count(*) FROM record JOIN series USING (series) WHERE product_id = ?"


class Hearing(Struct):
    """What is asked for each record, so it is held in memory; changed once the change is on the disk.

    Attributes:
        off: the mode is `off`: nothing is taken.
        muted: ids of products that are not heard.
    """

    off: bool = False
    muted: frozenset[str] = frozenset()

    def check(self, product_id: str | None) -> None:
        """Let a record pass.

        Raises:
            SwitchedOff, ProductMuted: nobody wants it.
        """
        if self.off:
            raise SwitchedOff("the owner of this machine wants no feedback kept; do not send it again")
        if product_id in self.muted:
            raise ProductMuted("the owner of this machine muted this product; do not send it again")


def hearing(connection: sqlite3.Connection) -> Hearing:
    """As it stands in the file."""
    return Hearing(off=consents.mode(connection) == OFF, muted=muted(connection))


def muted(connection: sqlite3.Connection) -> frozenset[str]:
    """The ids of muted products."""
    return frozenset(name.removeprefix(_MUTED) for (name,) in connection.execute(_FOUND, (_MUTED,)))


def set_muted(transaction: Transaction, *, product_id: str, wanted: bool) -> frozenset[str]:
    """Mute a product or let it speak again; returns all that are muted."""
    execute, name = transaction.connection.execute, f"{_MUTED}{product_id}"
    if wanted:
        execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, transaction.week))
    else:
        execute("DELETE FROM meta WHERE name = ?", (name,))
    return muted(transaction.connection)


def records_of(connection: sqlite3.Connection, product_id: str) -> int:
    """How many records of a product are here."""
    return int(connection.execute(_COUNT, (product_id,)).fetchone()[0])
