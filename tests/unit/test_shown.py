"""What the owner is shown of sharing, read out of the real store."""

from pathlib import Path

from sidecar.store import shown
from sidecar.store.reader import Reader
from sidecar.store.transaction import Transaction
from tests.support.local_store import opened


def left(transaction: Transaction) -> None:
    """A batch that a collector took, then a withdrawal, then a batch that it did not take."""
    transaction.connection.executemany(
        "INSERT INTO attempt (at, destination, url, what, batch, bytes, outcome, status) "
        "VALUES (?, 'acme', 'https://acme.example', ?, ?, 100, ?, ?)",
        [
            (1_000, "batch", 1, "shared", 200),
            (2_000, "withdrawal", 1, "withdrawn", 200),
            (3_000, "batch", 2, "quarantined", 200),
        ],
    )


async def test_the_last_upload_is_when_a_batch_was_taken_not_when_it_was_taken_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.intake.writer.submit(left)
        assert shown.last_upload(store.database.connection) == 1_000
        reader = Reader(store.database.path)
        assert (await reader.sharing()).last_upload == 1_000
        await reader.close()
