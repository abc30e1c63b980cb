"""The real watcher in a network of its own: what it sees of real links, and that it sends nothing."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import msgspec
import pytest

from tests.support.namespace import Cable, namespace
from tests.support.needs import need_linux, need_program

ROOT: Final = Path(__file__).resolve().parents[2]
WATCH: Final = (sys.executable, "-m", "tests.support.watching")
ADDRESSED: Final = re.compile(r"sa_family=AF_INET6?\b")


class Watching:
    """A watcher in another process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in: IO[str] = process.stdin
        self._out: IO[str] = process.stdout

    def next(self) -> dict[str, object]:
        """What it says next."""
        found: dict[str, object] = msgspec.json.decode(self._out.readline())
        return found

    def look(self) -> dict[str, object]:
        """What it knows; edges that came before are passed over."""
        self._in.write("\n")
        self._in.flush()
        while (found := self.next())["why"] != "look":
            continue
        return found

    def until(self, online: bool) -> dict[str, object]:  # noqa: FBT001  # reads as what is waited for
        """What it knows as soon as it says so; the kernel tells of a cable a moment later."""
        ends = time.monotonic() + 10
        while (found := self.look())["online"] is not online:
            assert time.monotonic() < ends, found
        return found


@contextmanager
def watching(*before: str) -> Iterator[Watching]:
    """Such a process, with what begins its command."""
    command = [*before, *WATCH]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Watching(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(20) == 0


@pytest.fixture
def cable() -> Iterator[Cable]:
    """A network with one cable."""
    with namespace() as found:
        yield found


def inside(cable: Cable) -> Callable[[str], None]:
    """Runs `ip` in it."""

    def run(words: str) -> None:
        for line in words.split(";"):
            subprocess.run([*cable.inside, "ip", *line.split()], check=True)

    return run


def test_a_link_that_comes_up_is_an_edge_and_one_that_goes_down_is_none(cable: Cable) -> None:
    ip = inside(cable)
    default = f"route add default via {cable.host}"
    with watching(*cable.inside) as watch:
        assert watch.next() == {"why": "start", "online": False, "edges": 0}
        ip(default)
        assert watch.next() == {"why": "edge", "online": True, "edges": 1}
        ip("link set fsg down")
        assert watch.until(online=False)["edges"] == 1
        ip(f"link set fsg up; {default}")
        assert watch.until(online=True)["edges"] == 2
        ip(f"link set fsg down; link set fsg up; {default}")  # faster than anybody looks
        assert watch.next()["why"] == "edge"


def test_a_pulled_cable_is_no_way_out_although_its_route_stays(cable: Cable) -> None:
    ip, number = inside(cable), os.getpid() % 2**13
    ip(f"route add default via {cable.host}")
    with watching(*cable.inside) as watch:
        assert watch.next()["online"] is True
        subprocess.run(["ip", "link", "set", f"fsh{number}", "down"], check=True)
        assert watch.until(online=False)["edges"] == 0
        subprocess.run(["ip", "link", "set", f"fsh{number}", "up"], check=True)
        assert watch.until(online=True)["edges"] == 1


def test_a_route_that_helps_nobody_is_no_edge(cable: Cable) -> None:
    ip = inside(cable)
    ip(f"route add default via {cable.host}")
    with watching(*cable.inside) as watch:
        assert watch.next()["online"] is True
        ip("link add more type veth peer name less; link set less up; link set more up")
        ip("route add 10.99.0.0/16 dev more; link delete more")
        assert watch.look() == {"why": "look", "online": True, "edges": 0}


def test_it_speaks_to_the_kernel_alone(tmp_path: Path) -> None:
    need_linux()
    need_program("strace")
    record = tmp_path / "record"
    with watching("strace", "-f", "-qq", "-e", "trace=network", "-o", str(record)) as watch:
        watch.next()
        watch.look()
    calls = record.read_text(encoding="utf-8", errors="replace").splitlines()
    assert [call for call in calls if "AF_NETLINK" in call]
    assert [call for call in calls if ADDRESSED.search(call)] == []
