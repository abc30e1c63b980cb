"""Errors: which failures come up, how often, and where.

Job: make of sums over groups one line for each, the most frequent first, with where it happened.
Must not: see a message or a record, or name one error for a group that holds several.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final, Literal, TypeAlias

import msgspec

MOST_NAMED: Final = 20
"""Models, runtimes or buckets of one line: more is a table of its own, grouped by them."""

Group: TypeAlias = tuple[Any, ...]
Place: TypeAlias = Literal["models", "runtimes", "buckets"]


class ErrorSum(msgspec.Struct, frozen=True):
    """What the store sums up of one group. Of names it knows the lowest and the highest.

    Attributes:
        group: what makes a line, in the order that was asked for.
        fingerprint: of the scrubbed message under its type; the lowest.
        template: of that fingerprint.
        n: reports.
        errors: different fingerprints.
        error_types: lowest and highest.
        signatures: lowest and highest id in the catalogue; `""` is none.
        weeks: of the first and of the last report.
    """

    group: Group
    fingerprint: str
    template: str | None
    n: int
    errors: int
    error_types: tuple[str, str]
    signatures: tuple[str, str]
    weeks: tuple[int, int]


class ErrorPlace(msgspec.Struct, frozen=True):
    """How many reports of a group named one model, runtime or bucket."""

    group: Group
    place: Place
    name: str
    n: int


class ErrorSums(msgspec.Struct, frozen=True):
    """Everything of one question, as of one moment.

    Attributes:
        lines: the most frequent groups, as many as were asked for.
        places: of these groups.
        groups: all groups.
        n: all reports.
    """

    lines: list[ErrorSum]
    places: list[ErrorPlace]
    groups: int
    n: int


class ErrorLine(msgspec.Struct, frozen=True):
    """One group, told.

    Attributes:
        group: as it came.
        fingerprint: the one that all reports have; None where they have several, as the next three.
        n: reports.
        errors: different fingerprints.
        models: key -> reports that named it, the most frequent first, at most `MOST_NAMED`.
        runtimes: the same of runtimes.
        buckets: the same of hardware buckets.
    """

    group: Group
    fingerprint: str | None
    error_type: str | None
    signature: str | None
    template: str | None
    n: int
    errors: int
    models: dict[str, int]
    runtimes: dict[str, int]
    buckets: dict[str, int]
    weeks: tuple[int, int]


def tell(sums: ErrorSums) -> list[ErrorLine]:
    """A line for each group, the most frequent first, equals in the order of their names."""
    named: defaultdict[tuple[Group, Place], list[ErrorPlace]] = defaultdict(list)
    for place in sums.places:
        named[place.group, place.place].append(place)
    return [
        ErrorLine(
            group=line.group,
            fingerprint=line.fingerprint if line.errors == 1 else None,
            error_type=_one(line.error_types),
            signature=_one(line.signatures),
            template=line.template if line.errors == 1 else None,
            n=line.n,
            errors=line.errors,
            models=_counts(named[line.group, "models"]),
            runtimes=_counts(named[line.group, "runtimes"]),
            buckets=_counts(named[line.group, "buckets"]),
            weeks=line.weeks,
        )
        for line in sorted(sums.lines, key=lambda line: (-line.n, line.group))
    ]


def _one(ends: tuple[str, str]) -> str | None:
    """The name of a whole group: there is one where the lowest is the highest."""
    low, high = ends
    return low or None if low == high else None


def _counts(places: Iterable[ErrorPlace]) -> dict[str, int]:
    """Name -> reports, the most frequent first."""
    ordered = sorted(places, key=lambda place: (-place.n, place.name))
    return {place.name: place.n for place in ordered[:MOST_NAMED]}
