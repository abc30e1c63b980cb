"""Ask NVIDIA's management library, as a process of its own.

Job: print one line for each part, in the form of `nvidia-smi --query-gpu=name,memory.total`.
Must not: import anything of the product (it is started as a file), or print a name or a UUID.

Without the library, the driver or a part it prints nothing: the caller goes on to the next step.
"""

import sys
from importlib import import_module
from typing import Any, Final

MIB: Final = 1024 * 1024


def lines(library: Any) -> list[str]:  # noqa: ANN401  pynvml has no types
    """One line for each part that the library (the module `pynvml`) knows."""
    library.nvmlInit()
    try:
        return [f"NVIDIA, {_memory(library, index)}" for index in range(library.nvmlDeviceGetCount())]
    finally:
        library.nvmlShutdown()


def _memory(library: Any, index: int) -> str:  # noqa: ANN401  as above
    try:
        return str(library.nvmlDeviceGetMemoryInfo(library.nvmlDeviceGetHandleByIndex(index)).total // MIB)
    except library.NVMLError_NotSupported:
        return "[N/A]"
    except library.NVMLError:
        return "[Unknown Error]"


def main() -> None:
    """Print the lines, or nothing."""
    try:
        library = import_module("pynvml")
    except ImportError:
        return
    try:
        printed = lines(library)
    except library.NVMLError:
        return
    sys.stdout.write("".join(f"{line}\n" for line in printed))


if __name__ == "__main__":
    main()
