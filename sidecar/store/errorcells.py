"""The counters of error reports: which errors, how often, since when and where.

Job: answer from series and their counters, in one statement, so that all figures are of one moment.
Must not: read a record, or hand out more groups than were asked for.

Over all weeks the sums stand in `total`, and the weeks of a series are the two ends of an index. From a week
on, or by week, the cells of the errors' own series are added up; ratings are never looked at.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sidecar.insight.errors import ErrorPlace, ErrorSum, ErrorSums, Place
from sidecar.store.reader import Reader

_WEEK: Final = "(SELECT {end}(week) FROM cell WHERE cell.series = series.series AND cell.measure = 'n')"

# CROSS JOIN keeps the order: without statistics SQLite might walk through the weeks of all kinds instead.
_SUMS: Final = """
WITH counted AS MATERIALIZED (
    SELECT {columns}, fingerprint, error_type, coalesce(signature, '') AS signature,
           model_key AS models, runtime AS runtimes, hardware_bucket AS buckets,
           n, {first} AS first, {last} AS last
    FROM series
    CROSS JOIN {table} USING (series)
    LEFT JOIN error_template USING (fingerprint)
    WHERE kind = 'error_report' AND measure = 'n' {filters}
),
shown AS MATERIALIZED (
    SELECT {groups}, min(fingerprint) AS fingerprint, sum(n) AS n, count(DISTINCT fingerprint) AS errors,
           min(error_type) AS error_low, max(error_type) AS error_high,
           min(signature) AS signature_low, max(signature) AS signature_high,
           min(first) AS first, max(last) AS last,
           count(*) OVER () AS all_groups, sum(sum(n)) OVER () AS all_n
    FROM counted
    GROUP BY {groups}
    ORDER BY sum(n) DESC, {groups}
    LIMIT :limit
)
SELECT {groups}, NULL AS place, fingerprint AS name, n, template, errors, error_low, error_high,
       signature_low, signature_high, first, last, all_groups, all_n
FROM shown
LEFT JOIN error_template USING (fingerprint)
"""

_PLACES: Final = """
UNION ALL
SELECT {groups}, '{place}', {place}, sum(counted.n), {nothing}
FROM shown
JOIN counted USING ({groups})
WHERE {place} <> ''
GROUP BY {groups}, {place}
"""

_OF_A_GROUP: Final = 10
"""Columns that a place leaves empty."""

_PLACED: Final[tuple[Place, ...]] = ("models", "runtimes", "buckets")
_COLUMNS: Final = {"model": "model_key", "signature": "coalesce(signature, '')"}
"""Dimension -> its column, where they differ: models count under their key."""


async def error_sums(
    reader: Reader, *, group_by: Sequence[str], filters: Mapping[str, str], limit: int, since: int = 0
) -> ErrorSums:
    """The most frequent groups of errors.

    Args:
        reader: the open store.
        group_by: names of dimensions, `signature` or `week`, at least one, checked by the caller.
        filters: dimension or `signature` -> the only value that counts.
        limit: how many groups.
        since: the first week that counts.
    """
    sql = _statement(group_by, filters, by_week=since > 0 or "week" in group_by)
    found = await reader.rows(sql, {"since": since, "limit": limit, **filters})
    width = len(group_by)
    groups = [row for row in found if row["place"] is None]
    places = [row for row in found if row["place"] is not None]
    return ErrorSums(
        lines=[_line(tuple(row[:width]), row) for row in groups],
        places=[ErrorPlace(tuple(row[:width]), row["place"], row["name"], row["n"]) for row in places],
        groups=groups[0]["all_groups"] if groups else 0,
        n=groups[0]["all_n"] if groups else 0,
    )


def _statement(group_by: Sequence[str], filters: Mapping[str, str], *, by_week: bool) -> str:
    groups = ", ".join(f"group_{place}" for place in range(len(group_by)))
    sums = _SUMS.format(
        columns=", ".join(f"{_column(name)} AS group_{place}" for place, name in enumerate(group_by)),
        groups=groups,
        table="cell" if by_week else "total",
        first="week" if by_week else _WEEK.format(end="min"),
        last="week" if by_week else _WEEK.format(end="max"),
        filters="".join(f" AND {_column(name)} = :{name}" for name in filters)
        + (" AND week >= :since" if by_week else ""),
    )
    nothing = ", ".join(["NULL"] * _OF_A_GROUP)
    return sums + "".join(_PLACES.format(groups=groups, place=place, nothing=nothing) for place in _PLACED)


def _column(dimension: str) -> str:
    return _COLUMNS.get(dimension, dimension)


def _line(group: tuple[Any, ...], row: Mapping[str, Any]) -> ErrorSum:
    return ErrorSum(
        group=group,
        fingerprint=row["name"],
        template=row["template"],
        n=row["n"],
        errors=row["errors"],
        error_types=(row["error_low"], row["error_high"]),
        signatures=(row["signature_low"], row["signature_high"]),
        weeks=(row["first"], row["last"]),
    )
