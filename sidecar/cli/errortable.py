"""`sidecar insights errors` for people: what fails, what to try first, and where it happens.

Job: lay each row out in words: the cause where it is known, else the scrubbed message.
Must not: leave out how often, or that the catalogue knows nothing.
"""

from collections.abc import Mapping
from typing import Any, Final

from sidecar.cli import screen
from sidecar.cli.screen import Cell

MOST_SHOWN: Final = 3  # models, runtimes or machines in one cell; `--json` has more, `--group-by` all
SAID: Final = frozenset({"fingerprint", "error_type", "signature"})
"""Groups that stand in the columns of every table anyway."""

UNKNOWN: Final = "not in the catalogue; the runtime's own log may say more"
SEVERAL: Final = "group by fingerprint to see each"


def show(found: Mapping[str, Any]) -> None:
    """The table, and what it leaves out."""
    groups = [name for name in found["group_by"] if name not in SAID]
    columns = [*groups, "n", "error", "what happened", "try first", "where", "weeks"]
    rows = [_row(groups, row) for row in found["rows"]]
    screen.show_table(columns, rows, lines=True)
    left_out = found["groups"] - len(rows)
    if left_out:
        screen.say(f"{left_out:,} more row{'s' * (left_out > 1)}; --limit shows more")


def _row(groups: list[str], row: Mapping[str, Any]) -> list[Cell]:
    names: list[Cell] = [row[name] or "-" for name in groups]
    return [*names, row["n"], _error(row), _happened(row), _remedy(row), _where(groups, row), _weeks(row)]


def _error(row: Mapping[str, Any]) -> str:
    """The shortest name that tells it from others."""
    if row["signature"]:
        return str(row["signature"])
    kind = row["error_type"] or "several types"
    return f"{kind} {row['fingerprint'][:8]}" if row["fingerprint"] else kind


def _happened(row: Mapping[str, Any]) -> str:
    if row["cause"]:
        return str(row["cause"])
    return row["template"] or (f"{row['errors']:,} different errors" if row["errors"] > 1 else "no message")


def _remedy(row: Mapping[str, Any]) -> str:
    return row["remedy"] or (SEVERAL if row["errors"] > 1 else UNKNOWN)


def _where(groups: list[str], row: Mapping[str, Any]) -> str:
    """Models, runtimes, machines, each with how often; not those that are the row's own group."""
    places = {"model": row["models"], "runtime": row["runtimes"], "hardware_bucket": row["buckets"]}
    told = (_counts(counts) for name, counts in places.items() if name not in groups and counts)
    return "; ".join(told) or "-"


def _counts(counts: Mapping[str, int]) -> str:
    shown = [f"{name} ({n:,})" for name, n in list(counts.items())[:MOST_SHOWN]]
    return ", ".join([*shown, "..."] if len(counts) > MOST_SHOWN else shown)


def _weeks(row: Mapping[str, Any]) -> str:
    first, last = row["first_week"], row["last_week"]
    return str(first) if first == last else f"{first} to {last}"
