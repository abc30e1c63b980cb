"""A machine as an application describes it: loose words in, one hardware bucket out.

Job: find the memory and the graphics processor in a dict that no schema rules.
Must not: look at the machine; the daemon does that by itself, and stores its own finding.

Names are read without regard to case, blanks or hyphens. What is not understood counts as not said.

    memory    ram, memory or mem; before it total_, system_, installed_ or physical_; behind it _total, _size
              or _installed, and the unit: _gb, _gib, _mb, _mib, _kb, _kib or _bytes. Without a unit: GiB.
              `total` is bytes, as psutil says it. "16 GB" is understood. GB and GiB mean the same here:
              memory is sold in powers of two, whatever the label says.
    graphics  gpu, gpus, cuda, rocm, metal, mps, vulkan, vram or accelerator; before it has_ or is_; behind it
              anything (_available, _count, _name, _vram_gb).
              No: false, 0, nothing, and the words none, no, false, cpu, n/a, unknown, basic.
"""

import math
import re
from collections.abc import Mapping
from typing import Final

from sidecar.hardware.bucket import Gpu, Hardware, bucket, installed_gib
from sidecar.vocabulary import fold

_MEMORY: Final = re.compile(
    r"(?:(?:total|system|installed|physical)_)*(?:ram|memory|mem)(?:_(?:total|size|installed))?"
    r"(?:_(gb|gib|mb|mib|kb|kib|bytes|b))?",
    re.ASCII,
)
_GRAPHICS: Final = re.compile(
    r"(?:has_|is_)?(?:gpus?|cuda|rocm|metal|mps|vulkan|vram|accelerators?)(?:_[a-z_]+)?", re.ASCII
)
_AMOUNT: Final = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)_?(gb|gib|mb|mib|kb|kib|bytes|b)?", re.ASCII)
_MIB_PER: Final = {"g": 1024.0, "m": 1.0, "k": 1 / 1024, "b": 1 / 1024**2}
_PSUTIL: Final = "total"
_NO_WORDS: Final = frozenset({"", "0", "none", "no", "false", "cpu", "n/a", "na", "unknown", "basic", "null"})
MOST_MIB: Final = 1 << 30  # a PiB; more is no memory but a unit that was misread
MOST_BYTES: Final = 1 << 62  # keeps a whole number of any length within what a float can hold


def create_hardware_bucket(hardware_info: Mapping[str, object] | None) -> str:
    """The bucket of a described machine, `ram16-19_gpuTrue`; `unknown` when no memory is named.

    Args:
        hardware_info: such as `{"ram_gb": 15.5, "has_gpu": True}`; the module's text lists what is read.
    """
    described = {fold(str(name)): value for name, value in (hardware_info or {}).items()}
    mib = max((_mib(name, value) for name, value in described.items()), default=0)
    found = any(_GRAPHICS.fullmatch(name) and _says_yes(value) for name, value in described.items())
    gpu = Gpu(vendor="other", vram_mib=None, unified=False, usable=True)
    return bucket(
        Hardware(
            memory_mib=mib,
            installed_gib=installed_gib(mib),
            limit_mib=None,
            gpus=(gpu,) if found else (),
            environment="bare",
            why=(),
        )
    )


def _mib(name: str, value: object) -> int:
    """The memory that an entry speaks of; 0 when it speaks of something else."""
    match = _MEMORY.fullmatch(name)
    if not match and name != _PSUTIL:
        return 0
    unit = (match[1] if match else "b") or "gb"
    amount = math.nan
    if isinstance(value, str):
        words = _AMOUNT.fullmatch(fold(value))
        if words:
            amount, unit = float(words[1]), words[2] or unit
    elif isinstance(value, int | float) and not isinstance(value, bool):
        amount = float(min(value, MOST_BYTES))
    mib = amount * _MIB_PER[unit[0]]
    return math.ceil(mib) if 0 < mib <= MOST_MIB else 0


def _says_yes(value: object) -> bool:
    """Whether a value speaks for a graphics processor."""
    match value:
        case str():
            return fold(value) not in _NO_WORDS
        case float() if math.isnan(value):
            return False
        case Mapping():
            return any(_says_yes(part) for part in value.values())
        case list() | tuple() | set() | frozenset():
            return any(_says_yes(part) for part in value)
        case _:
            return bool(value)
