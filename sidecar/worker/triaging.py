"""Triage for the worker: five thousand wishes are two seconds of work, and their words would stay in memory.

Job: say what is asked; read the wishes and work them into requests.
Must not: run its work inside the daemon, or write to the store.
"""

from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Raw, Struct

if TYPE_CHECKING:
    from sidecar.triage.rows import RequestInsight
    from sidecar.worker.ask import Worker


class Triage(Struct, frozen=True, tag="triage"):
    """What the process is told.

    Attributes:
        database: the file of the store.
        week: the current one, because votes fade.
        limit: how many requests at most.
        after: how many stand before them.
    """

    database: str
    week: int
    limit: int
    after: int = 0


async def triage(worker: "Worker", question: Triage, revision: Hashable) -> bytes:
    """The answer of `GET /v1/insights/requests` as JSON: the daemon passes it on without taking it apart.

    Raises:
        StoreUnavailable: the process could not read the file.
        InsightUnavailable: the process died, hung, or gave no answer.
    """
    return bytes(await worker.ask(question, revision, Raw))


def triaged(told: Triage) -> "RequestInsight":
    """The work, inside the process.

    Raises:
        StoreUnavailable: the file cannot be read.
    """
    from sidecar.clock import week_label  # noqa: PLC0415  # what the daemon's side has no use for
    from sidecar.store.requests import read_wishes  # noqa: PLC0415
    from sidecar.triage.requests import triage as sort_out  # noqa: PLC0415
    from sidecar.triage.rows import RequestInsight  # noqa: PLC0415

    found = read_wishes(Path(told.database))
    rows = sort_out(found, told.week, week_label)
    end = told.after + told.limit
    following = str(end) if end < len(rows) else None
    return RequestInsight(rows[told.after : end], len(rows), len(found), following)
