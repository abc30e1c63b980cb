"""`make bench`: the daemon beside a handler that does nothing, and beside per-request aiosqlite.

Each round measures all servers one after the other, so that a slow minute of the machine hits all of them;
the figures are medians over the rounds, and ratios. Servers are held on one core, the load on another.

    durable ingest / no-op handler       >= .30 (1 connection)  .55 (8)  .60 (64)
    durable ingest / aiosqlite FULL      >= 2.0 (8)  4.0 (64)
    idle memory, start / bare aiohttp    <= 1.30, 1.4
"""

import argparse
import asyncio
import compileall
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import psutil
from load import post_for

import sidecar
from sidecar.home import read_endpoint

HERE = Path(__file__).parent
CONNECTIONS = (1, 8, 64)
KINDS = ("noop", "sidecar", "aiosqlite")
SETTLE_SECONDS = 3.0  # after which imports, probe and first jobs are done


def _command(kind: str, folder: Path) -> list[str]:
    if kind == "sidecar":
        return [
            str(Path(sys.executable).with_name("sidecar")),
            "run",
            "--data-dir",
            str(folder / "data"),
            "--port",
            "0",
        ]
    return [sys.executable, str(HERE / "servers.py"), kind, str(folder)]


@contextlib.contextmanager
def serving(kind: str) -> Iterator[tuple[int, psutil.Process, float]]:
    """A server of a kind, all of its threads held on the first core, this process on the last.

    Gives its port, its process, and the seconds from exec to its announcement.
    """
    cores = sorted(os.sched_getaffinity(0))
    try:
        os.sched_setaffinity(0, {cores[0]})  # a child inherits it
        with _started(kind) as server:
            os.sched_setaffinity(0, {cores[-1]})
            yield server
    finally:
        os.sched_setaffinity(0, set(cores))


@contextlib.contextmanager
def _started(kind: str) -> Iterator[tuple[int, psutil.Process, float]]:
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        began = time.perf_counter()
        environment = {**os.environ, "SIDECAR_RATE_LIMIT": "off"}
        with subprocess.Popen(
            _command(kind, folder), stdout=subprocess.PIPE, text=True, env=environment
        ) as server:
            assert server.stdout is not None  # noqa: S101  # asked for above
            line = server.stdout.readline()
            took = time.perf_counter() - began
            try:
                yield _port(kind, line, folder), psutil.Process(server.pid), took
            finally:
                server.terminate()


def _port(kind: str, line: str, folder: Path) -> int:
    if kind != "sidecar":
        return int(line)
    endpoint = read_endpoint(folder / "data" / "run")
    if endpoint is None:
        raise RuntimeError("the daemon did not announce itself")
    return int(endpoint.url.rsplit(":", 1)[1])


def rates(connections: int, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Requests a second of each kind, one figure a round."""
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind in KINDS:
            with serving(kind) as (port, _process, _took):
                found[kind].append(asyncio.run(post_for(port, connections, seconds)))
    return found


def weights(rounds: int) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Idle memory in MiB (resident) and start in seconds, of the bare server and the daemon."""
    memory: dict[str, list[float]] = {"bare": [], "sidecar": []}
    start: dict[str, list[float]] = {"bare": [], "sidecar": []}
    for _ in range(rounds):
        for kind in ("bare", "sidecar"):
            with serving(kind) as (_, process, took):
                start[kind].append(took)
                time.sleep(SETTLE_SECONDS)
                memory[kind].append(process.memory_info().rss / 2**20)
    return memory, start


def show(name: str, ours: list[float], theirs: list[float], unit: str, target: str) -> None:
    """One line: the ratio of medians, both figures, the target."""
    ratio = median(ours) / median(theirs)
    print(
        f"{name:<46} {ratio:6.2f}   ({median(ours):9.2f} / {median(theirs):9.2f} {unit})   target {target}",
        flush=True,
    )


def main(arguments: list[str] | None = None) -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    chosen = parser.parse_args(arguments)
    # As pip does for a package: else each start compiles where the environment forbids to keep bytecode.
    compileall.compile_dir(Path(sidecar.__file__).parent, quiet=1)
    targets = {1: (">= .30", None), 8: (">= .55", ">= 2.0"), 64: (">= .60", ">= 4.0")}
    for connections in CONNECTIONS:
        found = rates(connections, chosen.rounds, chosen.seconds)
        noop, per_request = targets[connections]
        show(
            f"durable ingest / no-op, {connections} connections", found["sidecar"], found["noop"], "1/s", noop
        )
        if per_request:
            show(
                f"durable ingest / aiosqlite, {connections} connections",
                found["sidecar"],
                found["aiosqlite"],
                "1/s",
                per_request,
            )
    memory, start = weights(chosen.rounds)
    show("idle memory / bare aiohttp", memory["sidecar"], memory["bare"], "MiB", "<= 1.30")
    show("start / bare aiohttp", start["sidecar"], start["bare"], "s", "<= 1.4")


if __name__ == "__main__":
    main()
