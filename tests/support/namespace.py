"""A network namespace of its own, joined to this machine by one cable: what a container's network is.

Job: make it with `ip`, take it away again, and run programs in it.
Must not: touch an interface or a route that it has not made.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tests.support.needs import need, need_linux, need_program, skip


class Cable(NamedTuple):
    """The two ends of the cable.

    Attributes:
        host: the address of this machine on it.
        guest: the address inside.
        inside: begins a command that runs inside.
    """

    host: str
    guest: str
    inside: tuple[str, ...]


@contextmanager
def namespace() -> Iterator[Cable]:
    """A namespace for as long as a test wants it; skips where none can be made."""
    need_linux()
    need_program("ip")
    need(os.geteuid() == 0, "a network namespace needs root")
    number = os.getpid() % 2**13  # two runs at once have two pids, and so two cables; 10.200 to 10.231
    net = f"10.{200 + (number >> 8)}.{number & 255}"
    cable = Cable(f"{net}.1", f"{net}.2", ("ip", "netns", "exec", f"fs-{number}"))
    try:
        _ip("netns", "add", f"fs-{number}")
    except subprocess.CalledProcessError as fault:
        skip(f"no network namespace can be made here: {fault.stderr.strip()}")
    try:
        _ip("link", "add", f"fsh{number}", "type", "veth", "peer", "name", "fsg", "netns", f"fs-{number}")
        _ip("address", "add", f"{cable.host}/30", "dev", f"fsh{number}")
        _ip("link", "set", f"fsh{number}", "up")
        _ip("-n", f"fs-{number}", "address", "add", f"{cable.guest}/30", "dev", "fsg")
        _ip("-n", f"fs-{number}", "link", "set", "fsg", "up")
        _ip("-n", f"fs-{number}", "link", "set", "lo", "up")
        yield cable
    finally:
        # The kernel takes the cable of a namespace away some time later; the next one has its name.
        subprocess.run(["ip", "link", "delete", f"fsh{number}"], check=False, capture_output=True)
        _ip("netns", "delete", f"fs-{number}")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
