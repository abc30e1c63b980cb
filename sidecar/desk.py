"""The desk: triage of a whole store, in a process of its own.

Job: read the wishes, work them into requests, print the answer of `GET /v1/insights/requests` as JSON.
Must not: write to the store, or run inside the daemon: five thousand wishes are two seconds of work, and
their words would stay in its memory.

    python -m sidecar.desk DATABASE WEEK LIMIT
    exit 0: the answer is on stdout · exit UNREADABLE: the file could not be read
"""

import sys
from pathlib import Path
from typing import Final

import msgspec

from sidecar.clock import week_label
from sidecar.errors import SidecarError
from sidecar.store.requests import read_wishes
from sidecar.triage.requests import triage
from sidecar.triage.rows import RequestInsight

UNREADABLE: Final = 3


def main(words: list[str]) -> int:
    """Answer once; returns the exit code."""
    path, week, limit = words
    try:
        found = read_wishes(Path(path))
    except SidecarError:
        return UNREADABLE
    rows = triage(found, int(week), week_label)
    sys.stdout.buffer.write(msgspec.json.encode(RequestInsight(rows[: int(limit)], len(rows), len(found))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
