"""What stands around this process: nothing, a container, or the virtual machine of WSL2.

Job: recognise it, for what may be used counts and not what the host has.
Must not: name the container, its image, or its host.

A container within WSL2 is a container: the nearest wall is the one that limits.
"""

import re
from typing import Final

from sidecar.hardware.bucket import Environment
from sidecar.hardware.machine import Machine
from sidecar.hardware.reading import Finding

MARKERS: Final = (".dockerenv", "run/.containerenv")  # left by Docker and by Podman

CONTAINER_GROUP: Final = re.compile(
    r"/docker[/-]|/kubepods|cri-containerd|/crio-|/libpod-|/lxc[/.]", re.ASCII | re.IGNORECASE
)
"""Control groups of engines; without the engines' own services, such as /system.slice/docker.service."""

CONTAINER_STORE: Final = re.compile(r"/(containerd|docker|containers/storage|overlay-containers)/", re.ASCII)
"""Where engines keep the layers that they mount as a container's root."""

WSL2: Final = re.compile(r"microsoft-standard|wsl2", re.ASCII | re.IGNORECASE)
"""Kernel release of WSL2; WSL1 says `-Microsoft` and has the whole memory, so it is bare."""


def parse_osrelease(text: str) -> bool:
    """Whether a kernel release is that of WSL2."""
    return WSL2.search(text) is not None


def parse_cgroup(text: str) -> bool:
    """Whether /proc/self/cgroup names an engine's group (version 1, or without a group namespace)."""
    return CONTAINER_GROUP.search(text) is not None


def parse_mountinfo(text: str) -> bool:
    """Whether the root of /proc/self/mountinfo is an overlay out of an engine's store."""
    for line in text.splitlines():
        place, dash, source = line.partition(" - ")
        if dash and place.split(" ")[4:5] == ["/"] and source.startswith("overlay "):
            return CONTAINER_STORE.search(source) is not None
    return False


def parse_marker(text: str) -> bool:
    """Whether systemd's note of its container manager names one; it writes `wsl` for WSL."""
    return text.strip().lower() not in {"", "wsl"}


def surroundings(machine: Machine) -> Environment:
    """What stands around this process."""
    if any(machine.exists(marker) for marker in MARKERS) or _says_container(machine):
        return "container"
    return "wsl2" if parse_osrelease(machine.read("proc/sys/kernel/osrelease") or "") else "bare"


def read(machine: Machine) -> Finding:
    """The surroundings as a finding."""
    return Finding(environment=surroundings(machine))


def _says_container(machine: Machine) -> bool:
    return (
        parse_marker(machine.read("run/systemd/container") or "")
        or parse_cgroup(machine.read("proc/self/cgroup") or "")
        or parse_mountinfo(machine.read("proc/self/mountinfo") or "")
    )
