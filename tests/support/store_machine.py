"""The store as a state machine for Hypothesis: the real ingest path beside a plain Python model.

Job: send requests in groups, let time pass, kill and restart, and compare after every commit.
Must not: reach into the store but through what the daemon calls.
"""

import asyncio
import contextlib
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from logging.handlers import RotatingFileHandler
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from msgspec import Struct

from sidecar import jobs, strict
from sidecar.clock import week_number
from sidecar.errors import IdempotencyConflict, InvalidRecord, NotFound
from sidecar.ingest.intake import Accepted, Intake
from sidecar.ingest.writer import Writer
from sidecar.products import Products
from sidecar.store.database import Database, Operation
from sidecar.store.hearing import Hearing
from sidecar.store.transaction import Transaction
from tests.support import made_up
from tests.support.disks import fast_folder
from tests.support.local_store import BEGINNING, ROOMY, SALT, SetClock
from tests.support.plain_store import DIMENSIONS, Body, PlainStore
from tests.support.recount import cells, check_whole, recount, sums, totals
from tests.support.silent_desk import silent_desk

RETENTION_DAYS: Final = 14
BUSY: Final = 3  # requests in a group before something drastic may join it: else most stores would be empty


class WatchedDatabase(Database):
    """The real one, which tells when a group had to be run one by one: only a bug may cause that."""

    torn = 0

    def _one_by_one(self, operations: Sequence[Operation], fault: Exception) -> list[object]:
        self.torn += 1
        return super()._one_by_one(operations, fault)


class ImpatientIntake(Intake):
    """The real one, which waits for nobody: what comes first, also before the probe, is the point here."""

    async def _wait_briefly(self) -> None:
        return

    async def _let_others_in(self) -> None:
        return


class Sent(Struct):
    """A request of the present group, and what the model expects of it."""

    work: Callable[[], Coroutine[Any, Any, object]]
    expect: Callable[[object], None]
    fails: bool = False


class StoreMachine(RuleBasedStateMachine):
    """Requests gather into one group until `commit` runs them; the model runs them one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.leave = contextlib.ExitStack()
        self.folder = self.leave.enter_context(fast_folder())
        self.files = self.folder / "0"
        self.files.mkdir()
        self.lives = 0
        self.clock = SetClock()
        self.plain = PlainStore(week_number(BEGINNING))
        self.ids: dict[object, bytes] = {}
        self.names = 0
        self.random = 0
        self.group: list[Sent] = []
        self.runner = asyncio.Runner()

    @initialize()
    def start(self) -> None:
        """A first start on an empty directory, and a little of everything."""
        self.runner.run(self._open())
        self._insert([dict(body) for body in made_up.SEED])

    async def _open(self) -> None:
        self.database = WatchedDatabase(self.files, self.clock)
        self.database.open()
        self.writer = Writer(self.database)
        self.intake = ImpatientIntake(
            self.writer,
            clock=self.clock,
            salt=SALT,
            products=Products(()),
            random_bytes=self._random,
            hearing=Hearing(),
        )
        self.bucket = ""

    def _random(self, size: int) -> bytes:
        self.random += 1
        return self.random.to_bytes(size, "big")

    def _chores(self, quota_bytes: int) -> jobs.Chores:
        return jobs.Chores(
            intake=self.intake,
            desk=silent_desk(self.writer, self.clock),
            database=self.database,
            clock=self.clock,
            data_dir=self.files,
            retention_days=RETENTION_DAYS,
            quota_bytes=quota_bytes,
            log_max_bytes=ROOMY,
            log_handler=RotatingFileHandler(self.folder / "log", delay=True),
        )

    def _name(self, body: Body) -> object:
        if "idempotency_key" in body:
            return body.get("product_id"), body["idempotency_key"]
        self.names += 1
        return self.names

    def _one_of(self, position: int, *, gone: bool = False) -> object:
        """The name of some record: a live one, or any that there ever was."""
        names = sorted(self.ids if gone else self.plain.live, key=repr)
        return names[position % len(names)] if names else None

    @rule(some=st.lists(made_up.bodies, min_size=1, max_size=6))
    def batch(self, some: list[Body]) -> None:
        """All records of a batch, or none."""
        self._insert(some)

    @rule(body=made_up.bodies)
    def insert(self, body: Body) -> None:
        """One record."""
        self._insert([body])

    @rule(product=made_up.products, key=st.sampled_from(["k1", "k2"]), said=made_up.thumbs)
    def insert_keyed(self, product: str, key: str, said: Body) -> None:
        """A key out of so few that it stands for the same, or for something else, most of the time."""
        self._insert([made_up.body_of(product, key, "local", said)])

    @precondition(lambda self: self.plain.live)
    @rule(position=st.integers(0, 50), gone=st.sampled_from(["undone", "purged"]))
    def say_again(self, position: int, gone: str) -> None:
        """The same dimensions once more, after their last record went, and others before them."""
        self.commit()
        if not self.plain.live:
            return
        body = self.plain.live[self._one_of(position)].body
        if gone == "undone":
            self.undo(position=position, gone=False)
        else:
            self.purge(product=None)
        self.commit()
        same = {name: value for name, value in body.items() if name != "idempotency_key"}
        self._insert([same | {"product_id": "app-c"}])
        self._insert([same])
        self.commit()

    def _insert(self, some: list[Body]) -> None:
        rows = [(self._name(body), body) for body in some]
        records = [strict.record(dict(body)) for body in some]
        bucket = self.bucket

        def expect(result: object) -> None:
            duplicates = self.plain.insert(rows, bucket)
            if duplicates is None:
                assert isinstance(result, IdempotencyConflict)
                return
            assert isinstance(result, list), result
            accepted: list[Accepted] = result
            assert [each.duplicate for each in accepted] == duplicates
            for (name, _), each in zip(rows, accepted, strict=True):
                assert self.ids.setdefault(name, each.stamped.row.id) == each.stamped.row.id

        self.group.append(Sent(lambda: self.intake.submit(records), expect))

    @rule(position=st.integers(0, 50), said=made_up.new_stars | made_up.new_thumbs)
    def change(self, position: int, said: Body) -> None:
        """A change counts in the record's own week."""
        name = self._one_of(position)
        if name is None:
            return
        wanted = strict.change(dict(said))

        def expect(result: object) -> None:
            if self.plain.change(name, said):
                assert not isinstance(result, Exception), result
            else:
                assert isinstance(result, NotFound | InvalidRecord)

        self.group.append(Sent(lambda: self.intake.change(self.ids[name], wanted), expect))

    @rule(position=st.integers(0, 50), gone=st.booleans())
    def undo(self, position: int, gone: bool) -> None:  # noqa: FBT001  # drawn by Hypothesis
        """A record is undone once; its key never brings it back."""
        name = self._one_of(position, gone=gone)
        if name is None:
            return

        def expect(result: object) -> None:
            if self.plain.delete(name):
                assert not isinstance(result, Exception), result
            else:
                assert isinstance(result, NotFound)

        self.group.append(Sent(lambda: self.intake.undo(self.ids[name]), expect))

    @precondition(lambda self: len(self.group) >= BUSY)
    @rule(product=st.sampled_from([None, "app-a", "app-a", "app-b", "app-b"]))
    def purge(self, product: str | None) -> None:
        """Everything, or one product, goes with its counts; requests around it in the group are whole."""

        def expect(result: object) -> None:
            assert result == self.plain.purge(product)

        self.group.append(Sent(lambda: self.intake.purge(product), expect))

    @precondition(lambda self: len(self.group) >= BUSY)
    @rule()
    def bug(self) -> None:
        """An operation that fails halfway takes nobody with it."""

        def broken(transaction: Transaction) -> object:
            transaction.connection.execute("INSERT INTO ledger VALUES (1, 'rating', 'quota', 1)")
            raise RuntimeError("a bug")

        def expect(result: object) -> None:
            assert isinstance(result, RuntimeError)

        self.group.append(Sent(lambda: self.writer.submit(broken), expect, fails=True))

    @precondition(lambda self: not self.bucket)
    @rule(bucket=st.sampled_from(made_up.BUCKETS))
    def probe_answers(self, bucket: str) -> None:
        """Records that came before the probe get their bucket, in the same group too."""

        def expect(result: object) -> None:
            assert not isinstance(result, Exception), result
            self.plain.fill_bucket(bucket)

        self.bucket = bucket
        self.group.append(Sent(lambda: self.intake.set_bucket(bucket), expect))

    @precondition(lambda self: self.plain.live)
    @rule(position=st.integers(0, 50), undone=st.booleans())
    def come_back_late(self, position: int, undone: bool) -> None:  # noqa: FBT001  # drawn by Hypothesis
        """A week after a record, it is changed or undone: in its own week."""
        self.commit()
        self._pass(1)
        if undone:
            self.undo(position=position, gone=False)
        else:
            self.change(position=position, said={"rating": 5, "task_category": "math"})
        self.commit()

    @precondition(lambda self: self.plain.live)
    @rule(position=st.integers(0, 50), bucket=st.sampled_from(made_up.BUCKETS))
    def come_before_the_probe(self, position: int, bucket: str) -> None:
        """A record just after a start, and the probe's answer in the same group."""
        self.commit()
        self.end(how="stopped")
        if not self.plain.live:
            return
        body = self.plain.live[self._one_of(position)].body
        same = {name: value for name, value in body.items() if name != "idempotency_key"}
        self._insert([same])
        self.probe_answers(bucket=bucket)
        self._insert([same])
        self.commit()

    @precondition(lambda self: self.group)
    @rule()
    def commit(self) -> None:
        """All that was sent goes to the disk as one group."""
        group, self.group = self.group, []
        results = self.runner.run(_together([sent.work for sent in group]))
        for sent, result in zip(group, results, strict=True):
            sent.expect(result)
        assert self.database.torn == 0 or any(sent.fails for sent in group)
        self.database.torn = 0
        self._compare()

    @precondition(lambda self: len(self.group) >= BUSY)
    @rule(weeks=st.integers(0, 3), what=made_up.ages)
    def age(self, weeks: int, what: str) -> None:
        """Time passes; then the jobs run, or not."""
        self.commit()
        self._pass(58 if what == "years" else weeks)
        if what == "quota":
            self.runner.run(_awaited(jobs.hold_quota(self._chores(0))))
            self.plain.lose(self.plain.week + 1, "quota")
        elif what != "time":
            self._expire()
        if what == "years":  # a key is remembered for 58 weeks, not for 59
            self._pass(1)
            self._expire()
        self._compare()

    def _pass(self, weeks: int) -> None:
        self.clock.go_on(weeks=weeks)
        self.plain.week += weeks

    def _expire(self) -> None:
        """Old records go, their cells stay, their keys are remembered."""
        self.runner.run(_awaited(self.writer.submit(_believe)))
        self.runner.run(_awaited(jobs.expire(self._chores(ROOMY))))
        self.plain.lose(self.plain.week - RETENTION_DAYS // 7, "expired")
        self.plain.forget_keys()
        self._compare()

    @precondition(lambda self: len(self.group) >= BUSY)
    @rule(how=st.sampled_from(["killed", "killed early", "stopped"]))
    def end(self, how: str) -> None:
        """The process ends; what was committed is there again, what was only sent is not."""
        if how == "killed early":
            self.group = []
        self.commit()
        if how == "stopped":
            self.runner.run(self.writer.stop())
            assert not (self.files / "feedback.db-wal").exists()
        else:
            self._crash()
        self.runner.run(self._open())
        self._compare()

    def _crash(self) -> None:
        """Go on with the files as they lie there at this moment."""
        self.lives += 1
        fresh = self.folder / str(self.lives)
        fresh.mkdir()
        for name in ("feedback.db", "feedback.db-wal"):
            if (self.files / name).exists():
                shutil.copyfile(self.files / name, fresh / name)
        self.runner.run(self.writer.stop())
        self.files = fresh

    def _compare(self) -> None:
        with contextlib.closing(sqlite3.connect(self.files / "feedback.db")) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            assert _cells(connection) == self.plain.cells
            found = {bytes(id_) for (id_,) in connection.execute("SELECT id FROM record")}
            assert found == {self.ids[name] for name in self.plain.live}
            buried = {bytes(id_) for (id_,) in connection.execute("SELECT id FROM tombstone")}
            assert buried == {self.ids[name] for name in self.plain.remembered}
            lost = connection.execute("SELECT kind, reason, sum(n) FROM ledger GROUP BY 1, 2")
            assert {(kind, reason): n for kind, reason, n in lost} == dict(self.plain.lost)
            assert totals(connection) == sums(cells(connection))
            if not self.plain.lost:  # nothing expired: cells are the live records alone
                assert cells(connection) == recount(connection)

    def teardown(self) -> None:
        """A last look with every check that there is; then leave nothing behind."""
        try:
            self.runner.run(self.writer.stop())
            with contextlib.closing(sqlite3.connect(self.files / "feedback.db")) as connection:
                if not self.plain.lost:
                    check_whole(connection)
        finally:
            self.runner.close()
            self.leave.close()


async def _together(works: list[Callable[[], Coroutine[Any, Any, object]]]) -> list[object]:
    """Sent in one turn of the loop, so that the writer takes them as one group."""
    return await asyncio.gather(*(work() for work in works), return_exceptions=True)


async def _awaited(work: Coroutine[Any, Any, object]) -> object:
    return await work


def _believe(transaction: Transaction) -> None:
    """As if the daemon had looked at its clock every week until now."""
    transaction.connection.execute("INSERT OR REPLACE INTO meta VALUES ('week', ?)", (transaction.week,))


def _cells(connection: sqlite3.Connection) -> Counter[tuple[tuple[str, ...], str, int]]:
    """The cells under their dimensions: a number of a series that was used twice would show."""
    rows = connection.execute(
        f"SELECT {', '.join(DIMENSIONS)}, measure, week, n FROM cell JOIN series USING (series)"  # noqa: S608  # own names
    )
    found: Counter[tuple[tuple[str, ...], str, int]] = Counter()
    for row in rows:
        found[tuple(row[:-3]), row[-3], row[-2]] += row[-1]
    return found
