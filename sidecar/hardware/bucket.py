"""The hardware bucket: memory in coarse steps, and whether a graphics processor helps.

Job: turn what was found into `ram16-19_gpuTrue`, and tell whether a configured bucket is one.
Must not: look at the machine.

The bounds. Below 64 GiB a bucket is a step of 4 GiB (`ram0-3` .. `ram60-63`), then `ram64-95`, `ram96-127`
and `ram128+`; each with `_gpuTrue` or `_gpuFalse`, so there are 38. `unknown` is the 39th word.

Two kinds of figures are treated differently:
- What the *system reports* is less than what is installed, for firmware, graphics and the kernel keep a part
  (15.5 of 16, 5.7 of 8, 125 of 128). It is rounded up to the next size that memory is sold in, whatever the
  distance: 12.1 GiB is 16, because no machine with 12 installed reports more than 12. Only 6 must nearly be
  reached: below 5.75 GiB the usual machine is one of 8 whose graphics keep 2, not one of the few with 6.
- A *limit of a control group* is a figure that someone chose. Nothing is missing from it, so it is never
  rounded up: a limit of 15.5 GiB is `ram12-15`.
"""

from typing import Final, Literal

import msgspec

from sidecar.vocabulary import UNKNOWN

Vendor = Literal["nvidia", "amd", "intel", "apple", "other"]
Environment = Literal["bare", "container", "wsl2"]

LADDER_GIB: Final = (2, 4, 6, 8, 12, 16, 18, 20, 24, 32, 36, 40, 48, 64, 96, 128)
"""The sizes that memory is sold in; 18 and 36 are Apple's."""

RARE_GIB: Final = 6
RARE_FROM_MIB: Final = 5888  # 5.75 GiB; a machine with 6 GiB and no graphics of its own reports 5.76 to 5.9

BEYOND_LADDER_GIB: Final = 32  # server memory comes in such steps; the bucket is `ram128+` all the same

STEP_GIB: Final = 4
FIRST_COARSE_GIB: Final = 64  # from here the classes are rare machines: wider steps keep them in company
COARSE: Final = ((128, "ram128+"), (96, "ram96-127"), (FIRST_COARSE_GIB, "ram64-95"))

MIB_PER_GIB: Final = 1024


class Gpu(msgspec.Struct, frozen=True):
    """A graphics processor.

    Attributes:
        vendor: who made it.
        vram_mib: its own memory; None when it has none or nobody could tell.
        unified: it shares the system's memory, which is then not counted twice.
        usable: a runtime could compute on it.
    """

    vendor: Vendor
    vram_mib: int | None
    unified: bool
    usable: bool


class Hardware(msgspec.Struct, frozen=True):
    """What is known of this machine; only the bucket of it is ever stored beside a record.

    Attributes:
        memory_mib: what the system reports; 0 when it could not be read.
        installed_gib: the size on the ladder that this stands for; 0 when it could not be read.
        limit_mib: the narrowest limit of a control group around the models, if there is one.
        gpus: each graphics processor, usable or not.
        environment: what stands around the process.
        why: plain sentences on how each figure came about.
    """

    memory_mib: int
    installed_gib: int
    limit_mib: int | None
    gpus: tuple[Gpu, ...]
    environment: Environment
    why: tuple[str, ...]


def installed_gib(memory_mib: int) -> int:
    """The memory that a reported figure stands for: the next size up that is sold; 0 stays 0."""
    if memory_mib <= 0:
        return 0
    for size in LADDER_GIB:
        if memory_mib <= size * MIB_PER_GIB and (size != RARE_GIB or memory_mib >= RARE_FROM_MIB):
            return size
    return -(-memory_mib // (BEYOND_LADDER_GIB * MIB_PER_GIB)) * BEYOND_LADDER_GIB


def bucket(hardware: Hardware) -> str:
    """`ram16-19_gpuTrue`; `unknown` when the memory could not be read."""
    if hardware.installed_gib <= 0:
        return UNKNOWN
    return f"{_memory_class(_counted_gib(hardware))}_gpu{any(gpu.usable for gpu in hardware.gpus)}"


def valid_bucket(text: str) -> bool:
    """Whether a configured bucket is one of the 38, or `unknown`."""
    return text == UNKNOWN or text in BUCKETS


def _counted_gib(hardware: Hardware) -> int:
    """The memory that counts: a limit below what the system reports wins, as it is."""
    limit = hardware.limit_mib
    if limit is None or limit >= hardware.memory_mib:
        return hardware.installed_gib
    return limit // MIB_PER_GIB


def _memory_class(gib: int) -> str:
    for lowest, name in COARSE:
        if gib >= lowest:
            return name
    low = gib // STEP_GIB * STEP_GIB
    return f"ram{low}-{low + STEP_GIB - 1}"


BUCKETS: Final = frozenset(
    f"{_memory_class(gib)}_gpu{usable}"
    for gib in (*range(0, FIRST_COARSE_GIB, STEP_GIB), *(lowest for lowest, _ in COARSE))
    for usable in (False, True)
)
"""Every bucket that there can be."""
