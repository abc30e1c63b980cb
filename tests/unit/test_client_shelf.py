"""The shelf: all letters are spooled or none, and what is gone was taken or set aside."""

import errno
from pathlib import Path

import pytest

from sidecar import spool
from sidecar.client.shelf import Shelf
from sidecar.errors import DaemonUnreachable

LETTER = {"feedback_type": "rating", "model": "llama3.1:8b", "rating": 4, "idempotency_key": "one"}


def test_disk_that_fills_in_the_middle_of_a_batch_keeps_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, room = spool.write, iter([True, True, False])

    def write(folder: Path, record: dict[str, object]) -> Path:
        if not next(room):
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(folder, record)

    monkeypatch.setattr("sidecar.client.shelf.spool.write", write)
    shelf = Shelf(tmp_path)
    with pytest.raises(DaemonUnreachable) as raised:
        shelf.keep([LETTER] * 3)
    assert "No space left on device" in raised.value.detail
    assert list((tmp_path / "spool").iterdir()) == []
    assert shelf.held() == []


def test_file_that_is_gone_was_taken_unless_it_was_set_aside(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.keep([LETTER] * 3)
    waits, taken, refused = shelf.held()
    spool.remove(taken)
    spool.refuse(refused)
    assert [shelf.taken(path) for path in (waits, taken, refused)] == [False, True, False]
    assert [shelf.read(path) for path in (waits, taken, refused)] == [LETTER, None, None]


def test_delivered_file_is_neither_there_nor_held(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.keep([LETTER])
    (path,) = shelf.held()
    shelf.remove(path)
    assert (path.exists(), shelf.held()) == (False, [])
