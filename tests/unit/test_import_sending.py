"""Batches of an import, and what is said when one is refused."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from sidecar.client import Receipt
from sidecar.errors import IdempotencyConflict, InvalidRecord, RateLimited, SidecarError, StorageFull
from sidecar.imports.records import Numbered
from sidecar.imports.sending import MAX_BATCH_BYTES, Done, batches, send

STORED = Receipt("0" * 32, duplicate=False, spooled=False, answer={})
KNOWN = Receipt("0" * 32, duplicate=True, spooled=False, answer={})


class Daemon:
    """Stores batches until it is told to refuse one."""

    def __init__(self, refusal: SidecarError | None = None, *, at: int = 0) -> None:
        self.sent: list[Sequence[dict[str, Any]]] = []
        self._refusal = refusal
        self._at = at

    def submit_batch(self, records: Sequence[dict[str, Any]]) -> list[Receipt]:
        """Store, or refuse when it is time."""
        if self._refusal is not None and len(self.sent) == self._at:
            raise self._refusal
        self.sent.append(records)
        return [KNOWN if "known" in record else STORED for record in records]


def numbered(count: int, **fields: object) -> Iterator[Numbered]:
    return (Numbered(line, {"line": line, **fields}) for line in range(2, count + 2))


def test_a_batch_holds_at_most_500_records() -> None:
    assert [len(batch) for batch in batches(numbered(1_001))] == [500, 500, 1]


def test_a_batch_stays_under_the_body_limit_of_the_daemon() -> None:
    found = list(batches(numbered(200, error_message="x" * 16_000)))
    assert len(found) > 1
    assert all(len(str([each.record for each in batch])) < 1024 * 1024 for batch in found)
    assert sum(map(len, found)) == 200
    assert MAX_BATCH_BYTES < 1024 * 1024


class Crowded(Daemon):
    """Has no place for more than a few records at once."""

    def submit_batch(self, records: Sequence[dict[str, Any]]) -> list[Receipt]:
        """Refuse what is too much."""
        if len(records) > 100:
            raise RateLimited("too many", retry_after=1)
        return super().submit_batch(records)


def test_a_batch_that_finds_no_place_goes_in_halves_each_row_once() -> None:
    daemon = Crowded()
    assert send(daemon, numbered(1_234), lambda _: None).stored == 1_234
    assert [record["line"] for batch in daemon.sent for record in batch] == list(range(2, 1_236))


def test_a_single_row_that_finds_no_place_ends_the_import_and_says_what_is_stored() -> None:
    daemon = Daemon(RateLimited("too many", retry_after=1), at=1)
    with pytest.raises(RateLimited, match=r"none of lines 502 to 502 is; 500 rows before it are stored"):
        send(daemon, numbered(501), lambda _: None)


def test_no_rows_are_no_batch() -> None:
    assert list(batches(())) == []


def test_new_and_known_records_are_counted_apart_and_told_after_each_batch() -> None:
    told: list[Done] = []
    rows = [*numbered(600), Numbered(700, {"known": True})]
    assert send(Daemon(), rows, told.append) == Done(600, 1)
    assert told == [Done(500, 0), Done(600, 1)]


def test_a_refused_row_is_named_with_what_is_stored_and_what_is_not() -> None:
    daemon = Daemon(InvalidRecord("no product file declares it", field="task_category", index=7), at=1)
    with pytest.raises(InvalidRecord) as fault:
        send(daemon, numbered(1_000), lambda _: None)
    assert fault.value.detail == (
        "line 509: no product file declares it; none of lines 502 to 1001 is; 500 rows before it are stored"
    )


def test_a_row_that_said_something_else_before_is_explained() -> None:
    with pytest.raises(InvalidRecord, match=r"^line 2: this row was imported before.*nothing of the file"):
        send(Daemon(IdempotencyConflict("x", index=0)), numbered(3), lambda _: None)


def test_a_full_disk_stays_what_it_is_and_says_what_is_stored() -> None:
    with pytest.raises(StorageFull, match="500 rows before it are stored") as fault:
        send(Daemon(StorageFull("free some space", retry_after=60), at=1), numbered(600), lambda _: None)
    assert fault.value.retry_after == 60
