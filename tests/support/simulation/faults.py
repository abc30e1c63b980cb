"""Crashes, full disks and untimely people, at a counted moment.

Job: stand where the writer stands, run each operation at once, and let the planned fault happen.
Must not: know what an operation does.
"""

import errno
import sqlite3
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from sidecar.store.database import Database
from sidecar.store.transaction import Transaction

T = TypeVar("T")
NEVER: Final = -1
WRITES: Final = ("INSERT", "UPDATE", "DELETE")
DISK: Final = {
    "ENOSPC": (sqlite3.SQLITE_FULL, "database or disk is full"),
    "EIO": (sqlite3.SQLITE_IOERR, "disk I/O error"),
}


class Crash(BaseException):
    """The process ends here, as by kill -9."""


class Faults:
    """What is planned; each number counts down to its moment.

    Attributes:
        crash: moments until the process ends: before, in, after a transaction; before and after a letter.
        untimely: the same moments, but those inside a transaction, until `act` is done.
        disk: writes until the disk refuses one, with `error`.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Nothing is planned any more."""
        self.crash = self.untimely = self.disk = NEVER
        self.error = "EIO"
        self.act: Callable[[], object] = lambda: None

    def moment(self, *, inside: bool = False) -> None:
        """One moment passes.

        Raises:
            Crash: this was it.
        """
        if not inside and self.untimely >= 0:
            self.untimely -= 1
            if self.untimely < 0:
                self.act()
        if self.crash >= 0:
            self.crash -= 1
            if self.crash < 0:
                raise Crash

    def write(self) -> None:
        """One write.

        Raises:
            sqlite3.OperationalError: the disk refuses it.
        """
        if self.disk >= 0:
            self.disk -= 1
            if self.disk < 0:
                code, words = DISK[self.error]
                fault = sqlite3.OperationalError(words)
                fault.sqlite_errorcode = code
                fault.errno = errno.EIO  # type: ignore[attr-defined]
                raise fault


class Connection:
    """The writer's connection, whose writes are counted."""

    def __init__(self, real: sqlite3.Connection, faults: Faults) -> None:
        self._real = real
        self._faults = faults

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:  # noqa: ANN401  # as sqlite3's
        """One statement."""
        if sql.lstrip().startswith(WRITES):
            self._faults.write()
        return self._real.execute(sql, parameters)

    def executemany(self, sql: str, rows: Any) -> sqlite3.Cursor:  # noqa: ANN401  # as sqlite3's
        """One statement for many rows."""
        self._faults.write()
        return self._real.executemany(sql, rows)


class Writer:
    """Runs each operation as a transaction of its own, at once.

    Attributes:
        after: called with each result that is on the disk.
    """

    def __init__(self, database: Database, faults: Faults, after: Callable[[object], None]) -> None:
        self._database = database
        self._faults = faults
        self._after = after

    async def submit(self, operation: Callable[[Transaction], T]) -> T:
        """As `ingest.writer.Writer.submit`."""
        self._faults.moment()
        (result,) = self._database.run([lambda transaction: self._apply(operation, transaction)])
        if isinstance(result, Exception):
            raise result
        self._after(result)
        self._faults.moment()
        return result  # type: ignore[return-value]

    async def alone(self, work: Callable[[Database], T]) -> T:
        """As `ingest.writer.Writer.alone`."""
        self._faults.moment()
        return work(self._database)

    def _apply(self, operation: Callable[[Transaction], T], transaction: Transaction) -> T:
        transaction.connection = Connection(transaction.connection, self._faults)  # type: ignore[assignment]
        result = operation(transaction)
        self._faults.write()  # the commit itself
        self._faults.moment(inside=True)
        return result


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run what never really waits."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    raise AssertionError("the courier awaited something that is no part of this world")
