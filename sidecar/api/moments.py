"""Moments: seconds since the epoch as people and programs read them.

Job: write a time down in UTC (RFC 3339).
Must not: read a clock.
"""

from datetime import UTC, datetime
from typing import overload


@overload
def moment(seconds: float) -> str: ...
@overload
def moment(seconds: None) -> None: ...
def moment(seconds: float | None) -> str | None:
    """`2026-11-24T03:00:00Z`; None for none."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
