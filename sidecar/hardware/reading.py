"""What a probe hands back, and how it reads a figure.

Job: the value that all probes share, and a reader of whole numbers that refuses instead of raising.
Must not: look at the machine.
"""

import re
from typing import Final

import msgspec

from sidecar.hardware.bucket import Environment, Gpu

MIB: Final = 1024 * 1024

DECIMAL: Final = re.compile(r"\d{1,19}", re.ASCII)  # 19 digits hold every 64-bit figure
HEXADECIMAL: Final = re.compile(r"0x([0-9a-f]{1,16})", re.ASCII | re.IGNORECASE)


class Finding(msgspec.Struct, frozen=True):
    """What one probe found; what it does not speak of stays None or empty."""

    memory_mib: int | None = None
    limit_mib: int | None = None
    environment: Environment | None = None
    gpus: tuple[Gpu, ...] = ()
    why: tuple[str, ...] = ()


def whole_number(text: str | None) -> int | None:
    """`24576` or `0x6000`, blanks around it; anything else is None."""
    word = (text or "").strip()
    if DECIMAL.fullmatch(word):
        return int(word)
    found = HEXADECIMAL.fullmatch(word)
    return int(found[1], 16) if found else None
