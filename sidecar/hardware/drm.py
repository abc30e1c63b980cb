"""Linux: the graphics processors that the kernel shows, whoever made them.

Job: tell AMD's cards and processor parts, Intel's Arcs, and what only draws a desktop.
Must not: open a device, or keep a bus number or a name.

| seen | counts | memory |
| --- | --- | --- |
| AMD with the `amdgpu` driver, a card | yes | its own |
| AMD with the `amdgpu` driver, a part of the processor (APU) | yes | shared: tiny VRAM, large GTT |
| AMD with another driver (old or server display chips) | no | |
| Intel Arc, or any Intel part with memory of its own | yes | its own, or shared when within the processor |
| other Intel graphics | no | |
| NVIDIA with NVIDIA's driver, when the probe for NVIDIA said nothing | yes | not told here |
| NVIDIA with `nouveau` | no | |
| virtio, ASPEED, VMware, QXL, Bochs, Cirrus, Matrox, Hyper-V | no | |
"""

import re
from typing import Final

import msgspec

from sidecar.hardware.bucket import Gpu, Vendor
from sidecar.hardware.environment import surroundings
from sidecar.hardware.machine import Machine
from sidecar.hardware.pci import is_discrete_arc, is_integrated_arc, vendor_of
from sidecar.hardware.reading import MIB, Finding, whole_number

CARD: Final = re.compile(r"card\d{1,3}", re.ASCII)  # without the connectors, card0-HDMI-A-1
DRIVER: Final = re.compile(r"^DRIVER=([\w-]{1,32})$", re.ASCII | re.MULTILINE)

OWN_MEMORY: Final = (
    "device/mem_info_vram_total",  # amdgpu
    "device/tile0/physical_vram_size_bytes",  # Intel xe
    "device/lmem_total_bytes",  # Intel i915, where it tells
    "lmem_total_bytes",
)

NVIDIA_DRIVERS: Final = frozenset({"nvidia", "nvidia-drm"})

NOT_PASSED: Final = "The host of this container has graphics that are not passed into it."


class Card(msgspec.Struct, frozen=True):
    """What the kernel tells of one card, read but not yet judged.

    Attributes:
        vendor: by its PCI number.
        device: PCI device number, 0 when there is none.
        driver: the kernel driver bound to it.
        own_bytes: memory of its own; for an APU the part of the system's memory that is set aside.
        gtt_bytes: system memory that an AMD part may map.
        maker: maker of the memory chips, which only AMD cards tell.
        has_north_bridge: AMD's sensor `vddnb`, which only processor parts have.
        has_memory_clock: AMD's sensor `mclk`, which only cards have.
    """

    vendor: Vendor
    device: int = 0
    driver: str = ""
    own_bytes: int = 0
    gtt_bytes: int = 0
    maker: str = ""
    has_north_bridge: bool = False
    has_memory_clock: bool = False


def parse_driver(text: str) -> str:
    """The driver from a device's `uevent` file."""
    found = DRIVER.search(text)
    return found[1] if found else ""


def judge(card: Card) -> Gpu:
    """Whether a card counts, and whose memory it uses."""
    match card.vendor:
        case "amd":
            return _amd(card)
        case "intel":
            return _intel(card)
        case "nvidia":
            return Gpu(vendor="nvidia", vram_mib=None, unified=False, usable=card.driver in NVIDIA_DRIVERS)
        case _:
            return Gpu(vendor=card.vendor, vram_mib=None, unified=False, usable=False)


def read(machine: Machine) -> Finding:
    """Every card; a container sees those of its host too, and has only those that are passed into it."""
    names = [name for name in machine.names("sys/class/drm", "card*") if CARD.fullmatch(name)]
    gpus = tuple(judge(_card(machine, f"sys/class/drm/{name}")) for name in names)
    if surroundings(machine) != "container":
        return Finding(gpus=gpus)
    passed = tuple(gpu for gpu in gpus if _is_passed(machine, gpu))
    return Finding(gpus=passed, why=() if passed == gpus else (NOT_PASSED,))


def _amd(card: Card) -> Gpu:
    if not card.own_bytes:  # only amdgpu tells it, and only amdgpu computes
        return Gpu(vendor="amd", vram_mib=None, unified=False, usable=False)
    unified = _is_apu(card)
    return Gpu(
        vendor="amd", vram_mib=None if unified else card.own_bytes // MIB, unified=unified, usable=True
    )


def _is_apu(card: Card) -> bool:
    """Sizes alone mislead: GTT is half the system's memory on any part, and an APU may be given 96 GiB."""
    if card.has_north_bridge:
        return True
    if card.has_memory_clock or card.maker not in {"", "unknown"}:
        return False
    return card.own_bytes < card.gtt_bytes


def _intel(card: Card) -> Gpu:
    if is_integrated_arc(card.device):
        return Gpu(vendor="intel", vram_mib=None, unified=True, usable=True)
    return Gpu(
        vendor="intel",
        vram_mib=card.own_bytes // MIB or None,
        unified=False,
        usable=is_discrete_arc(card.device) or card.own_bytes > 0,
    )


def _is_passed(machine: Machine, gpu: Gpu) -> bool:
    if gpu.vendor == "nvidia":
        return machine.exists("dev/nvidiactl")
    return bool(machine.names("dev/dri", "renderD*"))


def _card(machine: Machine, place: str) -> Card:
    device = f"{place}/device"
    sensors = [f"{device}/hwmon/{name}" for name in machine.names(f"{device}/hwmon", "hwmon*")]
    sizes = (whole_number(machine.read(f"{place}/{file}")) for file in OWN_MEMORY)
    return Card(
        vendor=vendor_of(whole_number(machine.read(f"{device}/vendor"))),
        device=whole_number(machine.read(f"{device}/device")) or 0,
        driver=parse_driver(machine.read(f"{device}/uevent") or ""),
        own_bytes=next((size for size in sizes if size), 0),
        gtt_bytes=whole_number(machine.read(f"{device}/mem_info_gtt_total")) or 0,
        maker=(machine.read(f"{device}/mem_info_vram_vendor") or "").strip(),
        has_north_bridge=any(machine.exists(f"{sensor}/in1_label") for sensor in sensors),
        has_memory_clock=any(machine.exists(f"{sensor}/freq2_label") for sensor in sensors),
    )
