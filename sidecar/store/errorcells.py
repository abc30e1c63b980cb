"""The counters of error reports, each with its template and its first and last week.

Job: answer from series and their counters, however many records there are.
Must not: read a record.

Over all weeks the sums stand in `total`, and the weeks of a series are the two ends of an index. From a week
on, or by week, the cells of the errors' own series are added up; ratings are never looked at.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sidecar.insight.errors import ErrorCell
from sidecar.store.reader import Reader

_WEEKS: Final = "(SELECT {end}(week) FROM cell WHERE cell.series = series.series AND cell.measure = 'n')"

# CROSS JOIN keeps the order: without statistics SQLite might walk through the weeks of all kinds instead.
_SELECT: Final = """
SELECT {columns} fingerprint, error_type, coalesce(signature, ''), coalesce(template, ''),
       model_key, runtime, hardware_bucket, sum(n), min({first}), max({last})
FROM series
CROSS JOIN {table} USING (series)
LEFT JOIN error_template USING (fingerprint)
WHERE kind = 'error_report' AND measure = 'n' {filters}
GROUP BY {columns} fingerprint, model_key, runtime, hardware_bucket
"""

_COLUMNS: Final = {"model": "model_key", "signature": "coalesce(signature, '')"}
"""Dimension -> its column, where they differ: models count under their key."""


async def error_cells(
    reader: Reader, *, group_by: Sequence[str], filters: Mapping[str, str], since: int = 0
) -> list[ErrorCell]:
    """The counters of errors.

    Args:
        reader: the open store.
        group_by: names of dimensions, `signature` or `week`, checked by the caller.
        filters: dimension or `signature` -> the only value that counts.
        since: the first week that counts.
    """
    by_week = since > 0 or "week" in group_by
    sql = _SELECT.format(
        columns="".join(f"{_column(name)}, " for name in group_by),
        table="cell" if by_week else "total",
        first="week" if by_week else _WEEKS.format(end="min"),
        last="week" if by_week else _WEEKS.format(end="max"),
        filters="".join(f" AND {_column(name)} = :{name}" for name in filters)
        + (" AND week >= :since" if by_week else ""),
    )
    found = await reader.rows(sql, {"since": since, **filters})
    width = len(group_by)
    return [ErrorCell(tuple(row[:width]), *row[width:]) for row in found]


def _column(dimension: str) -> str:
    return _COLUMNS.get(dimension, dimension)
