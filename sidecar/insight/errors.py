"""Errors: which failures come up, how often, and where.

Job: add up counters of the store into one line for each group, most frequent first.
Must not: see a message or a record, or name one error for a group that holds several.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, Final

import msgspec

MOST_NAMED: Final = 20
"""Models, runtimes or buckets of one line: more is a table of its own, grouped by them."""


class ErrorCell(msgspec.Struct, frozen=True):
    """One counter: an error in one place.

    Attributes:
        group: what makes a line, in the order that was asked for.
        fingerprint: of the scrubbed message, under its type.
        signature: id in the catalogue; `""` for none.
        model: key of the model; `""` where none was given, as for `runtime` and `bucket`.
        n: reports.
        first: the first week with one.
        last: the last week with one.
    """

    group: tuple[Any, ...]
    fingerprint: str
    error_type: str
    signature: str
    template: str
    model: str
    runtime: str
    bucket: str
    n: int
    first: int
    last: int


class ErrorGroup(msgspec.Struct, frozen=True):
    """What the counters of one group say.

    Attributes:
        group: as in its cells.
        fingerprint: the one that all reports have; None where they have several, as the next three.
        n: reports.
        errors: different fingerprints.
        models: key -> reports that named it, the most frequent first, at most `MOST_NAMED`.
        runtimes: the same of runtimes.
        buckets: the same of hardware buckets.
    """

    group: tuple[Any, ...]
    fingerprint: str | None
    error_type: str | None
    signature: str | None
    template: str | None
    n: int
    errors: int
    models: dict[str, int]
    runtimes: dict[str, int]
    buckets: dict[str, int]
    first: int
    last: int


def group_errors(cells: Iterable[ErrorCell]) -> list[ErrorGroup]:
    """One line for each group, the most frequent first, equals in the order of their names."""
    groups: defaultdict[tuple[Any, ...], list[ErrorCell]] = defaultdict(list)
    for cell in cells:
        groups[cell.group].append(cell)
    found = [_summary(group, members) for group, members in groups.items()]
    return sorted(found, key=lambda line: (-line.n, line.group))


def _summary(group: tuple[Any, ...], cells: list[ErrorCell]) -> ErrorGroup:
    return ErrorGroup(
        group=group,
        fingerprint=_shared(cell.fingerprint for cell in cells),
        error_type=_shared(cell.error_type for cell in cells),
        signature=_shared(cell.signature for cell in cells),
        template=_shared(cell.template for cell in cells),
        n=sum(cell.n for cell in cells),
        errors=len({cell.fingerprint for cell in cells}),
        models=_named((cell.model, cell.n) for cell in cells),
        runtimes=_named((cell.runtime, cell.n) for cell in cells),
        buckets=_named((cell.bucket, cell.n) for cell in cells),
        first=min(cell.first for cell in cells),
        last=max(cell.last for cell in cells),
    )


def _shared(values: Iterable[str]) -> str | None:
    """The value of all cells; None where they differ or have none."""
    different = set(values)
    return (different.pop() or None) if len(different) == 1 else None


def _named(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Name -> reports, the most frequent first."""
    found: Counter[str] = Counter()
    for name, n in counts:
        found[name] += n
    del found[""]
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST_NAMED])
