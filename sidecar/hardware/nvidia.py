"""NVIDIA: ask the management library, else its command, else the driver's own files.

Job: find NVIDIA's parts and their memory, in that order, each step only when the one before found none.
Must not: keep a name, a UUID or a bus number; load the library into this process.

The library is asked in a child process (`nvml.py`): a hung driver can then be killed, and the daemon does not
carry the driver's libraries for the rest of its life. It prints what `nvidia-smi` prints, so one parser reads
both.
"""

import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from sidecar.hardware.bucket import Gpu
from sidecar.hardware.environment import surroundings
from sidecar.hardware.machine import Machine
from sidecar.hardware.reading import Finding, whole_number
from sidecar.hardware.sentences import on_silence

NVML: Final = (sys.executable, "-P", str(Path(__file__).with_name("nvml.py")))  # -P: not the current folder
SMI: Final = ("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")
SMI_WINDOWS: Final = ("nvidia-smi.exe", *SMI[1:])

SHARED: Final = frozenset({"[n/a]", "n/a", "[not supported]", "not supported"})
"""What stands for the memory of a part that has none of its own (GB10, Thor, Orin)."""

REFUSED: Final = re.compile(r"\[[a-z ]{1,60}\]", re.ASCII)
"""Any other answer in brackets: the part is there, its memory is not told (MIG in a container)."""

DRIVER_FILES: Final = "proc/driver/nvidia/gpus"
MODEL: Final = re.compile(r"^Model:\s*\S", re.ASCII | re.MULTILINE)
EXCLUDED: Final = re.compile(r"^GPU Excluded:\s*Yes", re.ASCII | re.MULTILINE)  # set aside by driver options


def parse_smi(text: str) -> tuple[Gpu, ...]:
    """Parts from lines of `name, memory`; a line of another form is a message and no part."""
    parts = (_part(line) for line in text.splitlines())
    return tuple(part for part in parts if part is not None)


def parse_information(text: str) -> Gpu | None:
    """A part from its file below /proc/driver/nvidia/gpus, which does not tell the memory."""
    if MODEL.search(text) is None:
        return None
    return Gpu(vendor="nvidia", vram_mib=None, unified=False, usable=EXCLUDED.search(text) is None)


def read(machine: Machine) -> Finding:
    """What the first step that names a part tells, and which steps before it told nothing."""
    why: tuple[str, ...] = ()
    for source, command in _commands(machine):
        text = machine.run(command)
        gpus = parse_smi(text or "")
        if gpus:
            return Finding(gpus=gpus, why=why)
        if text is not None:
            why = (*why, on_silence(source))
    return Finding(gpus=_from_files(machine), why=why)


def _part(line: str) -> Gpu | None:
    name, _, memory = (word.strip() for word in line.rpartition(","))
    vram_mib = whole_number(memory.removesuffix(" MiB"))
    if not name:
        return None
    if memory.lower() in SHARED or vram_mib == 0:
        return Gpu(vendor="nvidia", vram_mib=None, unified=True, usable=True)
    if vram_mib is None and REFUSED.fullmatch(memory.lower()) is None:
        return None
    return Gpu(vendor="nvidia", vram_mib=vram_mib, unified=False, usable=True)


def _commands(machine: Machine) -> tuple[tuple[str, tuple[str, ...]], ...]:
    smi = ("NVIDIA's command", SMI_WINDOWS if machine.platform == "win32" else SMI)
    return (("NVIDIA's library", NVML), smi) if sys.executable and find_spec("pynvml") else (smi,)


def _from_files(machine: Machine) -> tuple[Gpu, ...]:
    """A container sees the host's files; without a device of its own nothing in it can use the part."""
    if surroundings(machine) == "container" and not machine.exists("dev/nvidiactl"):
        return ()
    texts = (machine.read(f"{DRIVER_FILES}/{name}/information") for name in machine.names(DRIVER_FILES, "*"))
    parts = (parse_information(text or "") for text in texts)
    return tuple(part for part in parts if part is not None)
