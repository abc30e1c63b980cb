"""Plain sentences on how each figure came about.

Job: explain a finding to the person whose machine it is.
Must not: name a part, a driver, a file, a user or a machine: a sentence may be shown and copied anywhere.
"""

from typing import Final

from sidecar.hardware.bucket import Environment, Gpu, Vendor

NAMES: Final[dict[Vendor, str]] = {
    "nvidia": "An NVIDIA",
    "amd": "An AMD",
    "intel": "An Intel",
    "apple": "An Apple",
    "other": "Another maker's",
}

UNUSABLE: Final[dict[Vendor, str]] = {
    "nvidia": "runtimes need NVIDIA's own driver for it.",
    "amd": "runtimes need the amdgpu driver for it.",
    "intel": "of Intel's, runtimes use Arc.",
    "apple": "it is no Apple silicon that runtimes are made for.",
    "other": "it is a basic display adapter.",
}

AROUND: Final[dict[Environment, tuple[str, ...]]] = {
    "bare": (),
    "container": (
        "This is a container: what it may use counts, not what its host has.",
        "If the models run outside of it, set the hardware bucket in the configuration.",
    ),
    "wsl2": (
        "This is WSL2: the memory is the virtual machine's, a part of what Windows has.",
        "If the models run on Windows itself, set the hardware bucket in the configuration.",
    ),
}


def on_memory(memory_mib: int, installed_gib: int, limit_mib: int | None) -> tuple[str, ...]:
    """On the memory and its limit."""
    if not memory_mib:
        return ("The memory could not be read, so the bucket is unknown.",)
    total = (
        f"The system reports {memory_mib:,} MiB of memory and keeps a part for itself.",
        f"The next size that memory is sold in is taken: {installed_gib} GiB.",
    )
    if limit_mib is None or limit_mib >= memory_mib:
        return total
    return (*total, f"A control group allows {limit_mib:,} MiB; this limit counts, and is not rounded up.")


def on_gpus(gpus: tuple[Gpu, ...]) -> tuple[str, ...]:
    """On each graphics processor, or that there is none."""
    return tuple(_on_gpu(gpu) for gpu in gpus) or ("No graphics processor was found here.",)


def on_silence(source: str) -> str:
    """On a probe, or one of its steps, that raised, hung, said nothing or nothing that could be read."""
    return f"{source} gave no answer that could be used."


def _on_gpu(gpu: Gpu) -> str:
    name = f"{NAMES[gpu.vendor]} graphics processor"
    if not gpu.usable:
        return f"{name} does not count: {UNUSABLE[gpu.vendor]}"
    if gpu.unified:
        return f"{name} counts; it shares the system's memory, which is not counted twice."
    if gpu.vram_mib is None:
        return f"{name} counts; how much memory it has is not known."
    return f"{name} counts; it has {gpu.vram_mib:,} MiB of its own memory."
