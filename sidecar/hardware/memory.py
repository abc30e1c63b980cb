"""How much memory there is, and how much of it may be used.

Job: read the system's total, and the narrowest control-group limit (version 1 and 2) around this process.
Must not: round anything; the ladder is the bucket's.

On Linux the total is read from /proc/meminfo, which is where psutil takes it from (a test holds them equal),
so that the daemon need not import psutil at its start. psutil answers elsewhere. It knows no control groups:
that part is ours.
"""

import re
from pathlib import PurePosixPath
from typing import Final

from sidecar.hardware.machine import Machine
from sidecar.hardware.reading import MIB, Finding, whole_number

MEMTOTAL: Final = re.compile(r"^MemTotal:[ \t]+(\d{1,15}) kB$", re.ASCII | re.MULTILINE)

NO_LIMIT_BYTES: Final = 1 << 60  # version 1 writes "no limit" as the largest page-aligned 64-bit number

MOUNTS: Final = {
    "memory": ("sys/fs/cgroup/memory", "memory.limit_in_bytes"),
    "": ("sys/fs/cgroup", "memory.max"),
}
"""Controller as named in /proc/self/cgroup (version 2 names none) -> its mount and its file."""


def parse_meminfo(text: str) -> int | None:
    """MiB of memory from /proc/meminfo."""
    found = MEMTOTAL.search(text)
    return int(found[1]) // 1024 if found else None


def parse_limit(text: str) -> int | None:
    """MiB from `memory.max` or `memory.limit_in_bytes`; None for `max` and its spellings."""
    limit = whole_number(text)
    return limit // MIB if limit is not None and limit < NO_LIMIT_BYTES else None


def parse_cgroup(text: str) -> tuple[str, ...]:
    """The files that may hold a limit for this process, from /proc/self/cgroup.

    A limit of any group above counts, so each is named up to the mount itself, which in a container is the
    container's own group. The last group is left out when it is a service unit: a limit on it holds this
    daemon alone, and says nothing about the runtime beside it.
    """
    files: list[str] = []
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        controllers, colon, path = rest.partition(":")
        for controller in controllers.split(","):
            if colon and controller in MOUNTS:
                mount, name = MOUNTS[controller]
                files += [str(PurePosixPath(mount, group, name)) for group in _groups(path)]
    return tuple(dict.fromkeys(files))


def read(machine: Machine) -> Finding:
    """Total and limit."""
    limits = [
        limit
        for file in parse_cgroup(machine.read("proc/self/cgroup") or "")
        if (limit := parse_limit(machine.read(file) or "")) is not None
    ]
    return Finding(memory_mib=_total(machine), limit_mib=min(limits, default=None))


def _groups(path: str) -> list[PurePosixPath]:
    """`/user.slice/x.scope` -> itself and each group above, down from the mount; never out of it."""
    parts = [part for part in PurePosixPath(path).parts if part not in {"/", ".."}]
    if parts and parts[-1].endswith(".service"):
        parts.pop()
    return [PurePosixPath(*parts[:depth]) for depth in range(len(parts) + 1)]


def _total(machine: Machine) -> int | None:
    total = parse_meminfo(machine.read("proc/meminfo") or "")
    if total is not None or machine.platform == "linux":
        return total
    return machine.total_bytes() // MIB
