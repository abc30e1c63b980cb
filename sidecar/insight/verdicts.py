"""What the comparisons come down to, in one plain sentence.

Job: say who is the best, who may be, or that nobody can tell.
Must not: compute, or sound surer than the top set is.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

MOST_NAMED: Final = 4
"""More names are a list, not a sentence."""


class Standing(msgspec.Struct, frozen=True):
    """Of one component, strong to weak.

    Attributes:
        top: names of those that may be the best, at least one.
        size: how many contestants the component has.
        as_good_as_equal: whether no two of `top` can differ by much.
    """

    top: list[str]
    size: int
    as_good_as_equal: bool


def verdict(
    task_category: str | None, hardware_bucket: str | None, n: int, enough: int, standings: Sequence[Standing]
) -> str:
    """The sentence.

    Args:
        task_category: what the comparisons were about; None for everything.
        hardware_bucket: where; None for anywhere.
        n: how many comparisons there were.
        enough: how many it takes to say more.
        standings: of each component, the most compared first.
    """
    about = task_category or "all tasks together"
    on = f" on {hardware_bucket}" if hardware_bucket else ""
    if n == 0:
        return f"For {about}{on}: nothing was compared yet."
    if n < enough:
        return f"For {about}{on}: not enough data, {n} of at least {enough} comparisons."
    if len(standings) == 1:
        return f"For {about}{on}: {_one(standings[0], n)}."
    parts = "; ".join(_among(standing) for standing in standings[:MOST_NAMED])
    more = f"; and {len(standings) - MOST_NAMED} more groups" if len(standings) > MOST_NAMED else ""
    return f"For {about}{on}: {parts}{more}; these groups were not compared with each other ({_counted(n)})."


def _one(standing: Standing, n: int) -> str:
    names = _named(standing.top)
    if len(standing.top) == 1:
        return f"{names}, the best of {standing.size} in {_counted(n)}"
    if standing.as_good_as_equal:
        return f"{names}; {_counted(n)} show that they are about equally good"
    return f"{names}; {_counted(n)} cannot tell them apart"


def _among(standing: Standing) -> str:
    if len(standing.top) == standing.size and not standing.as_good_as_equal:
        return f"nothing to tell {_named(standing.top, 'and')} apart"
    return f"{_named(standing.top)} among {standing.size}"


def _named(names: Sequence[str], joined_by: str = "or") -> str:
    if len(names) > MOST_NAMED:
        return f"one of {len(names)} ({', '.join(names[:MOST_NAMED])} and others)"
    return f" {joined_by} ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _counted(n: int) -> str:
    return f"{n:,} comparison{'' if n == 1 else 's'}"
