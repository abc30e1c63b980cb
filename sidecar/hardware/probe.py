"""The probes, run side by side within one deadline.

Job: hold the table of probes, run those that fit the platform, and put their findings together.
Must not: fail. A probe that raises, hangs or finds garbage counts as one that gave no answer, and is named.

Each probe runs on a thread of its own, because a read of a kernel file can hang as well as a command. A
thread that is still busy at the deadline is left behind; it is a daemon thread and holds nothing up.
"""

import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from sidecar.hardware import apple, drm, environment, memory, nvidia, sentences, windows
from sidecar.hardware.bucket import Environment, Gpu, Hardware, installed_gib
from sidecar.hardware.machine import Commands, Machine
from sidecar.hardware.reading import Finding

MARGIN_SECONDS: Final = 0.1  # of the deadline, kept for killing what hangs and putting the rest together


class Probe(msgspec.Struct, frozen=True):
    """One way to look.

    Attributes:
        name: what a sentence calls it.
        platforms: values of `sys.platform` it is for; empty means all.
        read: does it; may block, may raise.
    """

    name: str
    platforms: tuple[str, ...]
    read: Callable[[Machine], Finding]


PROBES: Final = (
    Probe("The probe for memory", (), memory.read),
    Probe("The probe for containers", ("linux",), environment.read),
    Probe("The probe for NVIDIA", ("linux", "win32"), nvidia.read),
    Probe("The probe for graphics on Linux", ("linux",), drm.read),
    Probe("The probe for macOS", ("darwin",), apple.read),
    Probe("The probe for graphics on Windows", ("win32",), windows.read),
)
"""In the order of their say: the first that names a vendor's parts speaks for that vendor."""


def detect(*, deadline_seconds: float = 2.0) -> Hardware:
    """Look at this machine. Blocks, at most until the deadline; what nobody could tell in time is missing."""
    ends_at = time.monotonic() + deadline_seconds - MARGIN_SECONDS
    machine = Machine(Path("/"), sys.platform, Commands(ends_at))
    return assemble(run_probes(PROBES, machine, ends_at))


def run_probes(
    probes: Sequence[Probe], machine: Machine, ends_at: float
) -> tuple[tuple[str, Finding | None], ...]:
    """The name and finding of each probe that fits the platform; None when it gave no answer.

    Args:
        probes: the table.
        machine: what they look at.
        ends_at: moment of the monotonic clock after which nothing is waited for.
    """
    fitting = [probe for probe in probes if not probe.platforms or machine.platform in probe.platforms]
    findings: dict[str, Finding] = {}
    threads = [
        threading.Thread(target=_run, args=(probe, machine, findings), daemon=True) for probe in fitting
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, ends_at - time.monotonic()))
    return tuple((probe.name, findings.get(probe.name)) for probe in fitting)


def assemble(answers: Sequence[tuple[str, Finding | None]]) -> Hardware:
    """Put findings together: for each figure the first that tells it counts."""
    found = [finding for _, finding in answers if finding is not None]
    memory_mib = next((each.memory_mib for each in found if each.memory_mib), 0)
    limit_mib = next((each.limit_mib for each in found if each.limit_mib is not None), None)
    around: Environment = next((each.environment for each in found if each.environment is not None), "bare")
    gpus = _gpus(found)
    installed = installed_gib(memory_mib)
    why = (
        *sentences.on_memory(memory_mib, installed, limit_mib),
        *sentences.AROUND[around],
        *sentences.on_gpus(gpus),
        *(sentence for each in found for sentence in each.why),
        *(sentences.on_silence(name) for name, finding in answers if finding is None),
    )
    return Hardware(
        memory_mib=memory_mib,
        installed_gib=installed,
        limit_mib=limit_mib,
        gpus=gpus,
        environment=around,
        why=why,
    )


def _run(probe: Probe, machine: Machine, findings: dict[str, Finding]) -> None:
    try:
        findings[probe.name] = probe.read(machine)
    except Exception:  # noqa: BLE001  a probe meets whatever machine there is; its absence is its answer
        return


def _gpus(found: Sequence[Finding]) -> tuple[Gpu, ...]:
    """All parts, but each vendor's only from the first probe that names one of them."""
    gpus: list[Gpu] = []
    for finding in found:
        spoken_for = {gpu.vendor for gpu in gpus}
        gpus += [gpu for gpu in finding.gpus if gpu.vendor not in spoken_for]
    return tuple(gpus)
