"""macOS: Apple silicon, whose memory the processor and the graphics share.

Job: read the memory that is built in, and tell Apple's graphics from those of an Intel Mac.
Must not: keep what `system_profiler` tells about displays (names, serial numbers), or decode it at all.

Graphics of an Intel Mac do not count: the runtimes' builds for it compute on the processor. A virtual Mac
shows an `Apple Paravirtual device`, which is no silicon that a runtime is made for.
"""

import re
from typing import Final

import msgspec

from sidecar.hardware.bucket import Gpu, Vendor
from sidecar.hardware.machine import Machine
from sidecar.hardware.reading import MIB, Finding, whole_number
from sidecar.hardware.sentences import on_silence

MEMSIZE: Final = ("sysctl", "-n", "hw.memsize")
ARM: Final = ("sysctl", "-n", "hw.optional.arm64")  # 1 on Apple silicon, also under Rosetta
PROFILE: Final = ("system_profiler", "-json", "SPDisplaysDataType")

SILICON: Final = re.compile(r"Apple [AM]\d", re.ASCII)  # `Apple M4 Max`, `Apple A18 Pro`

SHARES_MEMORY: Final = Gpu(vendor="apple", vram_mib=None, unified=True, usable=True)

MAKERS: Final[tuple[tuple[str, Vendor], ...]] = (
    ("apple", "apple"),
    ("nvidia", "nvidia"),
    ("intel", "intel"),
    ("amd", "amd"),
    ("radeon", "amd"),
)


class _Display(msgspec.Struct):
    """One entry of the profile: the only two fields that are looked at."""

    model: str = msgspec.field(default="", name="sppci_model")
    name: str = msgspec.field(default="", name="_name")


class _Profile(msgspec.Struct):
    displays: tuple[_Display, ...] = msgspec.field(default=(), name="SPDisplaysDataType")


def parse_memsize(text: str) -> int | None:
    """MiB from `sysctl -n hw.memsize`."""
    size = whole_number(text)
    return size // MIB if size else None


def parse_displays(text: str) -> tuple[Gpu, ...]:
    """Graphics from `system_profiler -json SPDisplaysDataType`; nothing from any other text."""
    try:
        profile = msgspec.json.decode(text, type=_Profile)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return ()
    return tuple(_judge(display.model or display.name) for display in profile.displays)


def read(machine: Machine) -> Finding:
    """Memory and graphics; the profile can be slow, so the processor's kind stands in for it."""
    memory_mib = parse_memsize(machine.run(MEMSIZE) or "")
    is_silicon = (machine.run(ARM) or "").strip() == "1"
    gpus = parse_displays(machine.run(PROFILE) or "")
    if gpus:
        return Finding(memory_mib=memory_mib, gpus=gpus)
    stand_in = (SHARES_MEMORY,) if is_silicon else ()
    return Finding(memory_mib=memory_mib, gpus=stand_in, why=(on_silence("The system profile"),))


def _judge(model: str) -> Gpu:
    if SILICON.match(model):
        return SHARES_MEMORY
    vendor: Vendor = next((vendor for word, vendor in MAKERS if word in model.lower()), "other")
    return Gpu(vendor=vendor, vram_mib=None, unified=False, usable=False)
