"""Exports: what the owner of the machine may take along, as JSON Lines or CSV.

Job: turn a stored row into a flat line with the names of the schema.
Must not: query, or write files; the callers stream.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import json

from sidecar.buckets import bucket_label
from sidecar.clock import week_label
from sidecar.store.rows import SERIES_COLUMNS, SPEEDS, VALUE_COLUMNS

COLUMNS: Final = (
    "feedback_id",
    "feedback_type",
    "week",
    *(name for name in SERIES_COLUMNS if name != "kind"),
    *VALUE_COLUMNS,
    "feature_description",
    "template",
    "signature",
)
FORMULA: Final = re.compile(
    r"(?:\A|(?<=[;\t\r\n]))(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])|\A(?=[\t\r\n])"  # also their wide forms
)
"""Where a spreadsheet begins a cell that it would run (OWASP, CSV injection): at the start and, where it
takes another separator for ours, behind that."""


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A stored row under the names of the schema, without what it does not say."""
    line: dict[str, Any] = {
        "feedback_id": bytes(row["id"]).hex(),
        "feedback_type": row["kind"],
        "week": week_label(row["week"]),
    }
    line |= {name: row[name] for name in SERIES_COLUMNS if name != "kind" and row[name] != ""}
    line |= {name: row[name] for name in VALUE_COLUMNS if row[name] is not None}
    line["safe_to_share"] = bool(row["safe_to_share"])
    if row["tie"] is not None:
        line["tie"] = bool(row["tie"])
    if row["reasons"]:
        line["reasons"] = row["reasons"].split(",")
    line |= {name: bucket_label(row[name]) for name in SPEEDS if row[name] is not None}
    texts = {"feature_description": row["text"], "template": row["template"], "signature": row["signature"]}
    return line | {name: text for name, text in texts.items() if text is not None}


def jsonl(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """One JSON object a line."""
    return b"".join(json.encode(flat(row)) + b"\n" for row in rows)


def csv_header() -> bytes:
    """The first line of a CSV export (RFC 4180)."""
    return _csv([list(COLUMNS)])


def csv_rows(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The lines of some rows, in the order of `COLUMNS`."""
    return _csv([[_cell(line.get(name)) for name in COLUMNS] for line in map(flat, rows)])


def _csv(lines: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case list():
            return " ".join(value)
        case str():
            return FORMULA.sub("'", value)
        case _:
            return str(value)
