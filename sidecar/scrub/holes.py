"""The placeholders of a template.

Job: say once which holes there are, how they look, and how to find them.
Must not: carry any value of the message but the power of two that a size lies in.
"""

import re
from itertools import pairwise
from typing import Final

STRING: Final = "<str>"
PATH: Final = "<path>"
NUMBER: Final = "<n>"
HEX: Final = "<hex>"
NAME: Final = "<x>"
WORDS: Final = "<w>"
CONTENT: Final = "<content>"

_POWERS: Final = tuple(
    f"{1 << (power % 10)}{unit}"
    for power, unit in ((power, "MGT"[(power - 20) // 10]) for power in range(20, 50))
)
_STEPS: Final = (
    f"0-{_POWERS[0]}",
    *(f"{low}-{high}" for low, high in pairwise(_POWERS)),
)

HOLE_PATTERN: Final = r"<(?:str|path|n|hex|x|w|content|mem:(?:" + "|".join(_STEPS) + r"))>"
HOLE: Final = re.compile(HOLE_PATTERN)


def memory(size: float) -> str:
    """The power-of-two step that a size in bytes lies in: 4,697,620,480 -> `<mem:4G-8G>`."""
    power = min(max(int(size).bit_length() - 1, 19), 48)
    return f"<mem:{_STEPS[power - 19]}>"
