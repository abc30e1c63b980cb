"""Migrations: each whole or not at all, each known by its checksum; no file is touched that is not ours."""

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from sidecar.clock import SystemClock
from sidecar.errors import StartupError
from sidecar.records import KINDS
from sidecar.store.connection import open_writer
from sidecar.store.database import Database
from sidecar.store.migrate import Migration, migrate, shipped, version
from sidecar.store.rows import KEY_COLUMNS
from sidecar.strict import described_fields
from sidecar.vocabulary import LOSS_REASONS
from tests.support.daemon import refusal, start
from tests.support.feedback import Body
from tests.support.schema import schema, schema_of_a_new_store

GOLDEN: Final = Path(__file__).parents[1] / "golden" / "schema.sql"
RATING: Final[Body] = {"feedback_type": "rating", "model": "mistral:7b", "rating": 4}

OF_THE_STORE: Final = {
    "series": {"series", "kind", "hardware_bucket", "fingerprint", *KEY_COLUMNS},
    "record": {"seq", "id", "series", "week", "digest"},
}
"""Columns that no field of a record fills: numbers, and what is derived."""

PLACES: Final = {"series", "record", "text", "derived"}


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """An empty file."""
    with contextlib.closing(open_writer(tmp_path / "feedback.db")) as found:
        yield found


def next_step(sql: str, name: str = "next.sql") -> list[Migration]:
    """The shipped migrations and one more."""
    return [*shipped(), Migration(shipped()[-1].number + 1, name, sql)]


def test_schema_is_the_golden_one() -> None:
    """A change of the schema is a change of `golden/schema.sql`, to be looked at."""
    assert schema_of_a_new_store() == GOLDEN.read_text("utf-8")


def test_daemon_and_migrations_make_the_same_schema(tmp_path: Path) -> None:
    database = Database(tmp_path, SystemClock())
    database.open()
    assert schema(database.connection) == GOLDEN.read_text("utf-8")
    database.close()


@pytest.mark.parametrize("table", ["series", "record"])
def test_columns_are_the_fields_that_the_records_keep_there(
    connection: sqlite3.Connection, table: str
) -> None:
    """`kept` in the schema of records says where a field is; the table has these columns and no other."""
    migrate(connection)
    columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
    kept = {
        name
        for kind in KINDS
        for name, meta in described_fields(kind).items()
        if (meta.extra or {}).get("kept") == table
    }
    assert columns == kept | OF_THE_STORE[table]


def test_every_field_says_where_it_is_kept() -> None:
    for kind in KINDS:
        metas = described_fields(kind)
        assert set(metas) == set(kind.__struct_fields__)
        assert {(meta.extra or {}).get("kept") for meta in metas.values()} <= PLACES


def test_ledger_takes_the_reasons_of_the_closed_list_alone(connection: sqlite3.Connection) -> None:
    migrate(connection)
    (sql,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'ledger'").fetchone()
    assert set(re.findall(r"'(\w+)'", sql)) == set(LOSS_REASONS)


def test_each_migration_is_recorded_with_its_checksum(connection: sqlite3.Connection) -> None:
    assert migrate(connection) == [step.number for step in shipped()]
    recorded = connection.execute("SELECT number, name, checksum FROM migration ORDER BY number").fetchall()
    assert recorded == [(step.number, step.name, step.checksum) for step in shipped()]
    assert [step.number for step in shipped()] == list(range(1, len(shipped()) + 1))
    assert migrate(connection) == []


def test_migration_that_fails_halfway_leaves_nothing_of_itself(connection: sqlite3.Connection) -> None:
    """Not its first table, not its record, not its number."""
    migrate(connection)
    before = schema(connection), version(connection)
    with pytest.raises(sqlite3.Error):
        migrate(connection, next_step("CREATE TABLE half (x);\nINSERT INTO nowhere VALUES (1);\n"))
    assert (schema(connection), version(connection)) == before
    assert connection.execute("SELECT count(*) FROM migration").fetchone() == (len(shipped()),)
    assert not connection.in_transaction
    assert migrate(connection, next_step("CREATE TABLE whole (x);\n")) == [shipped()[-1].number + 1]


def test_migration_whose_commit_never_came_leaves_nothing_of_itself(tmp_path: Path) -> None:
    """The process dies inside it: the next start finds the file as it was."""
    path = tmp_path / "feedback.db"
    with contextlib.closing(open_writer(path)) as first:
        migrate(first)
    with contextlib.closing(open_writer(path)) as dying:
        dying.execute("BEGIN IMMEDIATE")
        dying.execute("CREATE TABLE half (x)")
        dying.execute("PRAGMA user_version = 99")
    with contextlib.closing(open_writer(path)) as after:
        assert migrate(after) == []
        assert schema(after) == GOLDEN.read_text("utf-8")


def test_edited_migration_is_refused(connection: sqlite3.Connection) -> None:
    migrate(connection)
    edited = [Migration(step.number, step.name, f"{step.sql}-- a word more\n") for step in shipped()]
    with pytest.raises(StartupError, match=shipped()[0].name):
        migrate(connection, edited)


def test_migrations_are_refused_out_of_order(connection: sqlite3.Connection) -> None:
    """A file that lacks the record of a step it claims to have seen."""
    migrate(connection)
    connection.execute("DELETE FROM migration WHERE number = 1")
    with pytest.raises(StartupError):
        migrate(connection)


def refused(data_dir: Path) -> str:
    """The words of a daemon that does not start, and leaves the file as it found it."""
    before = (data_dir / "feedback.db").read_bytes()
    ended = refusal(data_dir)
    assert ended.code == 1
    assert "Traceback" not in ended.words
    assert (data_dir / "feedback.db").read_bytes() == before
    assert not list(data_dir.glob("*corrupt*"))
    return ended.words


def test_newer_file_is_refused_with_the_version_it_needs(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with start(data_dir) as daemon:
        with daemon.caller() as caller:
            assert caller.post("/v1/feedback", RATING).status == 201
        assert daemon.stop() == 0
    with contextlib.closing(sqlite3.connect(data_dir / "feedback.db")) as newer:
        newer.execute("PRAGMA user_version = 99")
    words = refused(data_dir)
    assert "99" in words
    assert str(shipped()[-1].number) in words
    assert "install" in words


@pytest.mark.parametrize(("application_id", "user_version"), [(0, 0), (0, 1), (0, 77), (0x12345678, 0)])
def test_database_of_another_program_is_refused_and_left_alone(
    tmp_path: Path, application_id: int, user_version: int
) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    with contextlib.closing(sqlite3.connect(data_dir / "feedback.db")) as foreign, foreign:
        foreign.execute("CREATE TABLE diary (day TEXT, words TEXT)")
        foreign.execute(f"PRAGMA application_id = {application_id}")
        foreign.execute(f"PRAGMA user_version = {user_version}")
    assert "another program" in refused(data_dir)
