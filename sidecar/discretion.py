"""What the process keeps to itself, however it was started.

Job: make its files private and its memory undumpable; a core file would hold feedback on its way to the disk.
Must not: hide the process from its owner, who may watch every call it makes.
"""

import contextlib
import os
import sys
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import resource

PRIVATE_UMASK: Final = 0o077
NO_MEMORY: Final = "0"
"""Of the process's memory nothing, see core(5). A handler that the system pipes core files to is not bound by
the limit; to mark the process undumpable would bind it, but hide its sockets from its owner too."""


def keep_to_ourselves() -> None:
    """For this process and all that it starts, for good."""
    os.umask(PRIVATE_UMASK)
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # the systemd unit sets it, and forbids the call
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a sandbox may hide it; the limit holds there
            Path("/proc/self/coredump_filter").write_text(NO_MEMORY, encoding="ascii")
