"""A full, read-only, failing or locked disk: a clear problem, nothing acknowledged lost, and on it goes."""

import contextlib
import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from sidecar import config
from sidecar.api.readiness import Readiness
from sidecar.cli.status import gather
from tests.support.caller import Answer, Caller
from tests.support.daemon import refusal, start
from tests.support.disks import failing, small_disk
from tests.support.feedback import Body, feedback
from tests.support.local_store import opened
from tests.support.recount import check_whole, opened_copy

MANY: Final = 3000  # requests; far more than the small disk takes
SLUGS: Final = {503: "store-unavailable", 507: "storage-full"}
LITTLE: Final = 200 * 1024  # bytes left free: some records fit, most do not


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a daemon that was started and stopped."""
    data_dir = tmp_path_factory.mktemp("made") / "data"
    with start(data_dir) as daemon:
        assert daemon.stop() == 0
    return data_dir


def bodies(seed: str) -> list[Body]:
    """Keyed and unkeyed in turn."""
    rng = random.Random(seed)
    return [feedback(rng, "app", f"key-{n}" if n % 2 else None) for n in range(MANY)]


def must_be_problem(answer: Answer, status: int, slug: str) -> None:
    """A refusal that tells when to come again."""
    assert answer.status == status, answer.body
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json["type"] == f"/problems/{slug}"
    assert int(answer.headers["retry-after"]) >= 1


def send_until_refused(caller: Caller, some: list[Body]) -> tuple[dict[str, Body], Body, Answer]:
    """What was acknowledged, and the first refusal with its request."""
    told: dict[str, Body] = {}
    for body in some:
        answer = caller.post("/v1/feedback", body)
        if answer.status != 201:
            return told, body, answer
        told[answer.json["feedback_id"]] = body
    raise AssertionError("the disk never filled")


def stored_ids(data_dir: Path, scratch: Path) -> set[str]:
    """What the file holds, after a look at everything in it."""
    with opened_copy(data_dir, scratch) as connection:
        check_whole(connection)
        return {id_ for (id_,) in connection.execute("SELECT lower(hex(id)) FROM record")}


def test_full_disk_says_507_and_stores_again_when_there_is_space(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        data_dir = disk.path / "data"
        with (
            start(data_dir, settings={"RATE_LIMIT": "off"}) as daemon,
            daemon.caller() as caller,
            daemon.caller(manages=True) as owner,
        ):
            disk.fill(LITTLE)
            told, refused, answer = send_until_refused(caller, bodies("full"))
            must_be_problem(answer, 507, "storage-full")
            assert told
            assert caller.get("/healthz").status == 200
            assert {row["feedback_id"] for row in owner.rows("/v1/feedback")} == set(told)
            disk.free()
            again = caller.post("/v1/feedback", refused)
            assert again.status == 201, "the refused request had left something behind"
            told[again.json["feedback_id"]] = refused
            assert daemon.stop() == 0
        assert stored_ids(data_dir, tmp_path / "scratch") == set(told)


def test_full_disk_refuses_a_batch_whole(tmp_path: Path) -> None:
    rng = random.Random("batch")
    with small_disk(tmp_path / "disk") as disk:
        data_dir, told, answer = disk.path / "data", 0, None
        with start(data_dir, settings={"RATE_LIMIT": "off"}) as daemon, daemon.caller() as caller:
            disk.fill(LITTLE)
            for _ in range(MANY):
                answer = caller.post(
                    "/v1/feedback/batch", {"records": [feedback(rng, "app") for _ in range(20)]}
                )
                if answer.status != 201:
                    break
                told += 20
            assert answer is not None
            must_be_problem(answer, 507, "storage-full")
            daemon.kill()
        assert len(stored_ids(data_dir, tmp_path / "scratch")) == told


def test_full_disk_and_a_kill_lose_nothing_acknowledged(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        data_dir = disk.path / "data"
        with start(data_dir) as daemon, daemon.caller() as caller:
            disk.fill(LITTLE)
            told, _, _ = send_until_refused(caller, bodies("kill"))
            disk.fill()
            daemon.kill()
        ended = refusal(data_dir)
        assert ended.code == 1
        assert "Traceback" not in ended.words
        assert "space" in ended.words.lower()
        disk.free()
        with start(data_dir) as daemon, daemon.caller(manages=True) as owner:
            assert {row["feedback_id"] for row in owner.rows("/v1/feedback")} == set(told)


def test_full_disk_at_the_first_start_is_told_in_words(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        disk.fill()
        ended = refusal(disk.path / "data")
        assert ended.code == 1
        assert "Traceback" not in ended.words
        assert "space" in ended.words.lower()


def test_read_only_disk_is_told_in_words_at_start(made: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        data_dir = shutil.copytree(made, disk.path / "data")
        disk.turn_read_only()
        ended = refusal(data_dir)
        assert ended.code == 1
        assert "Traceback" not in ended.words
        assert "read-only" in ended.words.lower()


@pytest.mark.parametrize(
    ("call", "error", "status"),
    [
        ("fdatasync", "EIO", 503),
        ("pwrite64", "EIO", 503),
        ("pwrite64", "EROFS", 503),
        ("pwrite64", "ENOSPC", 507),
    ],
)
def test_failing_disk_refuses_and_goes_on_when_it_works_again(
    made: Path, tmp_path: Path, call: str, error: str, status: int
) -> None:
    """Some calls in a row fail in the middle of the writer's life."""
    data_dir = shutil.copytree(made, tmp_path / "data")
    told, refused = set(), []
    with start(data_dir, prefix=failing(call, error, 30, 33)) as daemon:
        with daemon.caller() as caller:
            for body in bodies(error)[:60]:
                answer = caller.post("/v1/feedback", body)
                if answer.status == 201:
                    told.add(answer.json["feedback_id"])
                else:
                    must_be_problem(answer, status, SLUGS[status])
                    refused.append(body)
            assert refused, "no call failed"
            for body in refused:
                again = caller.post("/v1/feedback", body)
                assert again.status == 201, "the refused request had left something behind"
                told.add(again.json["feedback_id"])
        daemon.kill()
    assert stored_ids(data_dir, tmp_path / "scratch") == told


@contextlib.contextmanager
def locked_by_another(data_dir: Path, how: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """Another program holds the database."""
    with contextlib.closing(sqlite3.connect(data_dir / "feedback.db", isolation_level=None)) as other:
        for statement in how.split(";"):
            other.execute(statement)
        yield
        if other.in_transaction:
            other.execute("ROLLBACK")


def test_locked_database_says_503_and_stores_again_when_it_is_free(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    first, second = bodies("locked")[:2]
    with start(data_dir).ready() as daemon, daemon.caller() as caller:
        with locked_by_another(data_dir):
            asked = time.monotonic()
            must_be_problem(caller.post("/v1/feedback", first), 503, "store-unavailable")
            assert time.monotonic() - asked < 4  # the daemon waits two seconds for the other program
        assert caller.post("/v1/feedback", first).status == 201
        assert caller.post("/v1/feedback", second).status == 201
        daemon.kill()
    assert len(stored_ids(data_dir, tmp_path / "scratch")) == 2


def test_locked_database_is_told_in_words_at_start(made: Path, tmp_path: Path) -> None:
    data_dir = shutil.copytree(made, tmp_path / "data")
    with locked_by_another(data_dir, "PRAGMA locking_mode = EXCLUSIVE;BEGIN EXCLUSIVE"):
        ended = refusal(data_dir)
    assert ended.code == 1
    assert "Traceback" not in ended.words
    assert "another program holds the database" in ended.words


def lose_buckets(data_dir: Path) -> None:
    """As if the daemon had been killed before its probe answered."""
    with contextlib.closing(sqlite3.connect(data_dir / "feedback.db")) as database, database:
        database.execute("UPDATE series SET hardware_bucket = ''")


def test_full_disk_at_the_probes_answer_does_not_silence_reading_for_ever(tmp_path: Path) -> None:
    """Records wait for their bucket and the disk is full: reading says so, and works once there is space."""
    with small_disk(tmp_path / "disk") as disk:
        data_dir = disk.path / "data"
        with start(data_dir) as daemon, daemon.caller() as caller:
            assert caller.post("/v1/feedback", bodies("probe")[0]).status == 201
            assert daemon.stop() == 0
        lose_buckets(data_dir)
        disk.fill(52 * 1024)  # enough to start, with 32 KiB of -shm and the discovery file; not for a commit
        with start(data_dir) as daemon, daemon.caller(manages=True) as owner:
            assert owner.get("/v1/feedback").status in {200, 507}
            disk.free()
            (row,) = owner.rows("/v1/feedback")
            assert row["hardware_bucket"]


def test_locked_database_at_the_probes_answer_does_not_silence_reading_for_ever(tmp_path: Path) -> None:
    """As above, with another program in the way."""
    data_dir = tmp_path / "data"
    with start(data_dir) as daemon, daemon.caller() as caller:
        assert caller.post("/v1/feedback", bodies("probe")[0]).status == 201
        assert daemon.stop() == 0
    lose_buckets(data_dir)
    with contextlib.ExitStack() as lock:
        lock.enter_context(locked_by_another(data_dir))
        with start(data_dir) as daemon, daemon.caller(manages=True) as owner:
            must_be_problem(owner.post("/v1/feedback", bodies("probe")[1]), 503, "store-unavailable")
            lock.close()
            (row,) = owner.rows("/v1/feedback")
            assert row["hardware_bucket"]


def asked_until(caller: Caller, status: int) -> Answer:
    """`/readyz` until it says so, by itself: nothing else is sent."""
    end = time.monotonic() + 30
    while (answer := caller.get("/readyz")).status != status:
        assert time.monotonic() < end, answer.body
        time.sleep(0.1)
    return answer


def test_daemon_is_not_ready_while_the_disk_refuses_and_ready_again_without_traffic(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        data_dir = disk.path / "data"
        with start(data_dir).ready() as daemon, daemon.caller() as caller:
            disk.fill()
            _, _, answer = send_until_refused(caller, bodies("ready"))
            assert answer.status == 507
            refused = caller.get("/readyz")
            assert (refused.status, refused.json["status"]) == (503, "cannot write")
            for path in ("/readyz", "/healthz"):
                assert any("storage-full" in note for note in caller.get(path).json["notes"])
            assert caller.get("/healthz").status == 200
            said = gather(config.load({"data_dir": str(data_dir)}, {}))
            assert any("storage-full" in note for note in said.notes)
            disk.free()
            assert asked_until(caller, 200).json["notes"] == []


def test_disk_that_fills_up_unnoticed_is_noticed_by_asking(tmp_path: Path) -> None:
    """Nobody has sent anything since: the daemon tries by itself."""
    with (
        small_disk(tmp_path / "disk") as disk,
        start(disk.path / "data").ready() as daemon,
        daemon.caller() as caller,
    ):
        disk.fill()
        asked_until(caller, 503)
        disk.free()
        asked_until(caller, 200)


async def test_being_asked_often_writes_seldom(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as store:
        readiness, commits = Readiness(), []
        for _ in range(20):
            assert await readiness.look(store.intake.writer, store.clock)
            commits.append(store.database.revision)
            store.clock.go_on(seconds=1)
        assert len(set(commits)) == 4
        await store.submit(bodies("often")[0])
        store.clock.go_on(seconds=10)
        before = store.database.revision
        assert await readiness.look(store.intake.writer, store.clock)
        assert store.database.revision == before, "what somebody stored is proof enough"
