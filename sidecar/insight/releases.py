"""Releases: which of two version names is the earlier one.

Job: put the names of versions into the order in which people release them.
Must not: know a calendar: an old version that somebody still runs today is not a new one.
"""

import re
from collections.abc import Iterable
from typing import Final, TypeAlias

_RELEASE: Final = re.compile(r"v?(\d+(?:\.\d+)*)?(.*)", re.IGNORECASE | re.DOTALL | re.ASCII)
_PARTS: Final = re.compile(r"(\d+)|\D+", re.ASCII)

Part: TypeAlias = tuple[int, str]
Place: TypeAlias = tuple[tuple[int, ...], int, tuple[Part, ...], str]


def in_order(names: Iterable[str]) -> list[str]:
    """Earlier versions first: by their numbers; 1.9 is before 1.10, 1.0-rc2 before 1.0, 1.0+b1 behind it."""
    return sorted(names, key=_place)


def _place(name: str) -> Place:
    found = _RELEASE.match(name)
    numbers, rest = (found[1] or "", found[2]) if found else ("", name)
    release = [int(number) for number in numbers.split(".") if number]
    while release and release[-1] == 0:
        release.pop()  # 1.0 is 1
    stage = 1 if not rest else 2 if rest.startswith("+") else 0
    parts = ((int(part[1]), "") if part[1] else (-1, part[0]) for part in _PARTS.finditer(rest))
    return tuple(release), stage, tuple(parts), name
