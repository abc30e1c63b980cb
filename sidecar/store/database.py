"""The database file and its one writing connection.

Job: open (or set aside and begin anew), run a group of operations as one transaction, checkpoint, close.
Must not: know threads, queues or callers; `ingest` brings those.

    operation -> BEGIN IMMEDIATE -> each apply() -> cells -> COMMIT (fsync) -> results
                 corrupt file    -> set aside, new file, the whole group once more;
                                    no space for a new one: the error for every caller, the next group tries
                 full disk, lock -> ROLLBACK, the error for every caller; nothing of the group is stored
                 file removed    -> ROLLBACK, put back from the open connection, the whole group once more
                 a bug in one    -> ROLLBACK, each operation alone, so that one cannot fail the others
"""

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from sidecar.clock import Clock, week_number
from sidecar.errors import SidecarError, StartupError, StoreUnavailable
from sidecar.home import sync_folder
from sidecar.store import aside
from sidecar.store.connection import (
    BUSY_SECONDS,
    DISK_FULL_RETRY_SECONDS,
    FILE_NAME,
    as_problem,
    begin_wal,
    is_corrupt,
    is_disk,
    open_writer,
)
from sidecar.store.migrate import migrate
from sidecar.store.place import Displaced, Place
from sidecar.store.rescue import put_back, recover
from sidecar.store.series import SeriesIndex, drop_unused
from sidecar.store.transaction import Transaction, last_seq

DISPLACED: Final = (
    "the database was removed or replaced while the daemon used it, and cannot be put back now; let the "
    "daemon run, see that it can write to its data directory, and send it again"
)
NEVER: Final = 1 << 62  # a sequence number that no record gets

Operation: TypeAlias = Callable[[Transaction], object]
"""Reads, decides, then writes. A SidecarError it raises before its first write is its caller's alone."""


class Database:
    """The file and its writer. Not thread-safe: one thread at a time.

    Attributes:
        revision: grows with each commit; what was computed at the same revision is still true.
        generation: grows when the file is replaced; readers must open anew.
        set_aside: names of the files that were moved away and still lie there, those of earlier starts too.
        on_set_aside: called in the writer's thread when one more was.
        on_growth: called in the writer's thread when a record has got the number `tell_at_seq`, once.
        put_back: how often the file was removed or replaced under us since this start.
        fault: why the disk refused the last write; None once it took one.
        erasing: whether deleted bytes may still stand in the WAL because a reader held it.
        hindered: whether it was tried, and a reader or the disk was in the way.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.path = folder / FILE_NAME
        self.revision = 0
        self.generation = 0
        self.set_aside: list[str] = aside.listed(folder)
        self.on_set_aside: Callable[[], object] = lambda: None
        self.on_growth: Callable[[], object] = lambda: None
        self.tell_at_seq = NEVER
        self.put_back = 0
        self.fault: SidecarError | None = None
        self.erasing = True  # a daemon that was killed may have left some
        self.hindered = False
        self._clock = clock
        self._broken = False  # from the moment the file is found damaged until a new one stands in its place
        self._moved_to: str | None = None
        self._last_seq: int | None = None  # until a file was opened
        self._given: int | None = None
        self._closed = True

    def open(self) -> None:
        """Open and migrate; a damaged file is set aside first.

        Raises:
            StartupError: the file cannot be used, in words that say what to do.
        """
        try:
            recover(self.path, self._clock.now())
            self.set_aside = aside.listed(self.path.parent)
            try:
                self._open()
            except sqlite3.Error as fault:
                if not is_corrupt(fault):
                    raise
                self._replace()
        except (sqlite3.Error, OSError) as fault:
            raise StartupError(as_problem(fault).detail) from fault

    def run(self, operations: Sequence[Operation]) -> list[object]:
        """Run a group as one transaction; an operation's own SidecarError takes the place of its result.

        When this returns, all results are on the disk.
        """
        try:
            return self._commit_whole(operations)
        except (sqlite3.Error, OSError) as fault:
            if is_disk(fault):
                self.fault = as_problem(fault)
                return [self.fault] * len(operations)
            return self._one_by_one(operations, fault)
        except SidecarError as fault:  # an operation's own never comes this far
            self.fault = fault
            return [fault] * len(operations)
        except Exception as fault:  # noqa: BLE001  # a bug in one operation must not reach the others
            return self._one_by_one(operations, fault)

    @property
    def last_seq(self) -> int:
        """The highest sequence number given."""
        return self._last_seq or 0

    def try_write(self) -> bool:
        """Write a little for good; False, with `fault` set, when the disk does not take it."""
        self.run([_touch])
        return self.fault is None

    def look_at_place(self) -> bool:
        """Put the file back if somebody removed or replaced it; True when it was in its place.

        Raises:
            StoreUnavailable: it cannot be put back now.
        """
        if self._closed or self._place.look():
            return True
        self._put_back()
        return False

    def erase(self) -> bool:
        """Empty the WAL, so that what was deleted is in no file; False while a reader or the disk hinders it.

        Nobody waits for it: the records are on the disk already, and it is tried again.
        """
        self.erasing = True
        with contextlib.suppress(sqlite3.Error):
            self.connection.execute("PRAGMA busy_timeout = 0")
            busy, _, _ = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self.erasing = bool(busy)
        with contextlib.suppress(sqlite3.Error):
            self.connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000:.0f}")
        self.hindered = self.erasing
        return not self.erasing

    def verify(self) -> bool:
        """Look at every page as it lies on the disk; a damaged file is set aside. True when it was whole."""
        try:  # the writer's own connection would answer from its memory
            with contextlib.closing(sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)) as fresh:
                whole = bool(fresh.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
        except sqlite3.Error as fault:
            whole = not is_corrupt(fault)
        if not whole:
            with contextlib.suppress(sqlite3.Error, OSError):  # the next group tries again and tells
                self._replace()
        return whole

    def close(self) -> None:
        """Checkpoint and close; the WAL is gone after it unless a reader is left."""
        with contextlib.suppress(SidecarError):
            self.look_at_place()
        self.erase()
        self.connection.close()

    def _open(self) -> None:
        self.connection = open_writer(self.path)
        try:
            new = migrate(self.connection)
            begin_wal(self.connection)
            if new:
                sync_folder(self.path.parent)  # a new file's name survives power loss as its content does
            self._look_over()
        except BaseException:
            self.connection.close()
            raise
        self._index = SeriesIndex(self.connection)
        self._last_seq = last_seq(self.connection)
        self._place = Place(self.path)
        self._closed = False
        self.generation += 1

    def _look_over(self) -> None:
        """A cheap look at each tree's first pages; a full check is `doctor`'s, it reads every page."""
        tables = self.connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        for (table,) in tables:
            self.connection.execute(f'SELECT * FROM "{table}" LIMIT 1').fetchone()  # noqa: S608  # own tables

    def _commit_whole(self, operations: Sequence[Operation]) -> list[object]:
        """Commit, in a new file if this one is found damaged."""
        try:
            if self._broken:
                self._replace()
            elif self._closed:
                self._open()
            return self._commit(operations)
        except Displaced:
            self._put_back()
            try:
                return self._commit(operations)
            except Displaced:  # somebody removes it again and again
                raise StoreUnavailable(DISPLACED, retry_after=DISK_FULL_RETRY_SECONDS) from None
        except sqlite3.Error as fault:
            if not is_corrupt(fault):
                raise
        self._replace()
        return self._commit(operations)

    def _commit(self, operations: Sequence[Operation]) -> list[object]:
        execute = self.connection.execute
        week = week_number(self._clock.now())
        transaction = Transaction(self.connection, self._index, week, self.last_seq)
        execute("BEGIN IMMEDIATE")
        try:
            results = [self._apply(operation, transaction) for operation in operations]
            transaction.flush()
            if transaction.deleted:
                drop_unused(self.connection)
                self._index.forget()
            self._place.glance()
            execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        self.revision += transaction.rehearsals < len(operations)  # a look at the draft is no news
        self.fault = None
        self._last_seq = transaction.last_seq
        if transaction.deleted:
            self.erase()
        if transaction.last_seq >= self.tell_at_seq:
            self.tell_at_seq = NEVER
            self.on_growth()
        return results

    def _apply(self, operation: Operation, transaction: Transaction) -> object:
        try:
            return operation(transaction)
        except SidecarError as fault:
            return fault

    def _one_by_one(self, operations: Sequence[Operation], fault: Exception) -> list[object]:
        if len(operations) == 1:
            return [fault]
        return [result for operation in operations for result in self.run([operation])]

    def _roll_back(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        self._index.forget()

    def _replace(self) -> None:
        """Set the damaged file aside and begin a new one; to be called again where that failed halfway.

        Raises:
            sqlite3.Error, OSError: there is no new file yet.
        """
        from sidecar.store.succession import remember  # noqa: PLC0415  # few files are ever damaged

        self._broken = True
        with contextlib.suppress(sqlite3.Error, AttributeError):
            self.connection.close()
        if self._moved_to is None:
            self._moved_to, self._given = aside.move(self.path, "corrupt", self._clock.now()), self._last_seq
            self.set_aside.append(self._moved_to)
        self._open()
        self.connection.execute("BEGIN IMMEDIATE")
        remember(self.connection, week_number(self._clock.now()), self._moved_to, self._given)
        self.connection.execute("COMMIT")
        self._broken, self._moved_to = False, None
        self.on_set_aside()

    def _put_back(self) -> None:
        """The file stands in its place again, with everything in it.

        Raises:
            StoreUnavailable: it cannot be written now; the next group tries again.
        """
        try:
            foreign = put_back(self.connection, self.path, self._place, self._clock.now())
        except (sqlite3.Error, OSError) as fault:
            raise StoreUnavailable(DISPLACED, retry_after=DISK_FULL_RETRY_SECONDS) from fault
        self._closed = True
        self.put_back += 1
        self.set_aside += [foreign] if foreign else []
        self._open()


def _touch(transaction: Transaction) -> None:
    transaction.connection.execute("INSERT OR REPLACE INTO meta VALUES ('probe', ?)", (transaction.week,))
