"""A link that comes up, on the real store: it shortens waits for the transport, and no other."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from sidecar.share import policy
from sidecar.share.verdict import TRANSPORT, Heard, pace
from sidecar.store import outgoing, settling
from sidecar.store.transaction import Transaction
from tests.support.local_store import opened

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
LATE = SECONDS + 20_000


def waits(transaction: Transaction, *, why: str, firm: bool) -> None:
    transaction.connection.execute(
        "INSERT INTO pace (destination, failures, next_at, firm, why) VALUES ('acme', 3, ?, ?, ?)",
        (LATE, firm, why),
    )


async def after_an_edge(folder: Path, heard: Heard) -> float:
    """When the next attempt is made after this came back and then a link came up."""
    retry = pace(heard, NOW)
    async with opened(folder) as store:
        await store.intake.writer.submit(partial(waits, why=retry.why, firm=retry.after is not None))
        await store.intake.writer.submit(partial(settling.shorten, chance=0.5, now=SECONDS))
        return outgoing.paces(store.database.connection)["acme"].next_at


@pytest.mark.parametrize("failure", TRANSPORT)
async def test_a_link_that_came_up_shortens_a_wait_for_the_transport(tmp_path: Path, failure: str) -> None:
    assert await after_an_edge(tmp_path, Heard(failure=failure)) == SECONDS + policy.EDGE_SPREAD / 2


@pytest.mark.parametrize(
    "heard",
    [
        Heard(status=500),
        Heard(status=302),
        Heard(status=429),
        Heard(status=403),
        Heard(status=200, body=b"<html>"),
        Heard(failure="too_large"),
        Heard(failure="protocol"),
    ],
    ids=str,
)
async def test_a_link_that_came_up_changes_no_wait_after_an_answer(tmp_path: Path, heard: Heard) -> None:
    assert await after_an_edge(tmp_path, heard) == LATE
