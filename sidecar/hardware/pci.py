"""PCI numbers: who made a part, and which Intel parts are an Arc.

Job: hold the public numbers that a probe decides by.
Must not: look at the machine.

Numbers: the PCI ID repository, https://pci-ids.ucw.cz, as of 2026-08-22.
"""

from typing import Final

from sidecar.hardware.bucket import Vendor

VENDORS: Final[dict[int, Vendor]] = {0x10DE: "nvidia", 0x1002: "amd", 0x8086: "intel", 0x106B: "apple"}

DISCRETE_ARC: Final = (
    range(0x0BD0, 0x0BDC),  # Data Center GPU Max
    range(0x4F80, 0x4F89),  # Arc A, first numbers
    range(0x5690, 0x56C3),  # Arc A, Arc Pro A, Data Center GPU Flex
    range(0xE202, 0xE224),  # Arc B, Arc Pro B
)

INTEGRATED_ARC: Final = (
    range(0x64A0, 0x64A1),  # Arc 130V, 140V
    range(0x7D51, 0x7D52),  # Arc 130T, 140T
    range(0x7D55, 0x7D56),  # Arc of the first Core Ultra
    range(0xB080, 0xB088),  # Arc B370, B390
)
"""Arcs that are a part of the processor: runtimes compute on them, in the system's memory."""


def vendor_of(number: int | None) -> Vendor:
    """The maker of a part by its PCI vendor number; makers of basic display adapters are `other`."""
    return VENDORS.get(number or 0, "other")


def is_discrete_arc(device: int) -> bool:
    """Whether an Intel device number is a card with memory of its own."""
    return any(device in numbers for numbers in DISCRETE_ARC)


def is_integrated_arc(device: int) -> bool:
    """Whether an Intel device number is an Arc within the processor."""
    return any(device in numbers for numbers in INTEGRATED_ARC)
