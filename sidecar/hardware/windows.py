r"""Windows: which display adapters are present (CIM), and how much memory they have (registry).

Job: join the two by their PCI numbers.
Must not: keep the instance part of a device id, a driver's name, or a registry path.

`AdapterRAM` of CIM is 32 bits wide and wrong from 4 GiB on; `HardwareInformation.qwMemorySize` of the
registry is right. The registry also remembers adapters that are gone, so CIM says which are there; when CIM
is too slow to answer (PowerShell may need more than a second to start), the registry speaks alone.
"""

import re
from typing import Final

import msgspec

from sidecar.hardware.bucket import Gpu
from sidecar.hardware.machine import Machine
from sidecar.hardware.pci import is_discrete_arc, is_integrated_arc, vendor_of
from sidecar.hardware.reading import MIB, Finding, whole_number
from sidecar.hardware.sentences import on_silence

DISPLAY_CLASS: Final = (
    r"HKLM\SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"  # fixed by Windows
)
ADAPTERS: Final = (
    "powershell.exe",
    "-NoProfile",
    "-NonInteractive",
    "-Command",
    "Get-CimInstance Win32_VideoController | Select-Object PNPDeviceID | ConvertTo-Json -Compress",
)
IDS: Final = ("reg.exe", "query", DISPLAY_CLASS, "/s", "/v", "MatchingDeviceId")
SIZES: Final = ("reg.exe", "query", DISPLAY_CLASS, "/s", "/v", "HardwareInformation.qwMemorySize")

PCI_ID: Final = re.compile(r"PCI\\VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})", re.ASCII | re.IGNORECASE)
VALUE: Final = re.compile(r" {4}\S+ {4}REG_(SZ|QWORD|DWORD|BINARY) {4}(.{1,200})", re.ASCII)

SMALLEST_CARD_MIB: Final = 4096  # AMD's processor parts set less aside unless told to; runtimes want more

PciId = tuple[int, int]
"""Vendor and device number; (0, 0) for an adapter that is no PCI device (remote desktop, virtual display)."""


class _Adapter(msgspec.Struct):
    """One adapter as CIM names it."""

    id: str | None = msgspec.field(default=None, name="PNPDeviceID")


def parse_adapters(text: str) -> tuple[PciId, ...]:
    """Present adapters from CIM's JSON, which is a list, or one object when there is one adapter."""
    try:
        found = msgspec.json.decode(text.lstrip("\ufeff"), type=list[_Adapter] | _Adapter)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return ()
    adapters = found if isinstance(found, list) else [found]
    return tuple(_pci_id(adapter.id or "") for adapter in adapters)


def parse_registry(text: str) -> dict[str, str]:
    """`reg query … /s /v NAME` -> the key each value stands under, and the value.

    Hexadecimal numbers keep their `0x`; binary ones are turned around (they are stored lowest byte first).
    """
    values: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        found = VALUE.fullmatch(line.rstrip())
        if line.startswith("HKEY_"):
            key = line.strip().lower()
        elif key and found:
            values[key] = _from_binary(found[2]) if found[1] == "BINARY" else found[2]
    return values


def read(machine: Machine) -> Finding:
    """The adapters that are there, each with the memory that the registry knows."""
    present = parse_adapters(machine.run(ADAPTERS) or "")
    ids = {key: _pci_id(value) for key, value in parse_registry(machine.run(IDS) or "").items()}
    sizes = parse_registry(machine.run(SIZES) or "")
    memory = {number: (whole_number(sizes.get(key)) or 0) // MIB for key, number in ids.items()}
    gpus = tuple(judge(number, memory.get(number, 0)) for number in present or ids.values())
    return Finding(gpus=gpus, why=() if present else (on_silence("The list of present adapters"),))


def judge(number: PciId, memory_mib: int) -> Gpu:
    """Whether an adapter counts, and whose memory it uses."""
    vendor, device = vendor_of(number[0]), number[1]
    match vendor:
        case "nvidia":
            unified, usable = False, True
        case "amd":
            unified, usable = memory_mib < SMALLEST_CARD_MIB, True
        case "intel":
            unified = is_integrated_arc(device)
            usable = unified or is_discrete_arc(device)
        case _:
            unified, usable = False, False
    shown = memory_mib if usable and not unified else 0
    return Gpu(vendor=vendor, vram_mib=shown or None, unified=unified, usable=usable)


def _pci_id(text: str) -> PciId:
    found = PCI_ID.match(text)
    return (int(found[1], 16), int(found[2], 16)) if found else (0, 0)


def _from_binary(value: str) -> str:
    """`0000000003000000` -> `0x0000000300000000`."""
    digits = value.replace(" ", "")
    pairs = [digits[place : place + 2] for place in range(0, len(digits), 2)]
    return "0x" + "".join(reversed(pairs))
