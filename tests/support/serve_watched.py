"""`sidecar run` that tells of its jobs: `serve_watched.py DATA_DIR [SECONDS]`.

Job: start what `sidecar run --port 0` starts, say on stdout when it serves and when a job has ended (`job
erase`), and, where SECONDS are given, plan each job that often, so that no test waits for a minute.
Must not: change what a job does. Settings come by `SIDECAR_*`.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta

from msgspec.structs import replace

from sidecar import config, daemon, jobs
from sidecar.clock import SystemClock
from sidecar.home import Endpoint
from sidecar.jobs import Chores

Work = Callable[[Chores], Awaitable[object]]


def say(words: str) -> None:
    """One line, at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def telling(name: str, work: Work) -> Work:
    """The same work, told of when it has ended."""

    async def told(chores: Chores) -> object:
        done = await work(chores)
        say(f"job {name}")
        return done

    return told


def announce(endpoint: Endpoint) -> None:
    """Say where the daemon serves."""
    say(f"serving on {endpoint.url}")


def main(data_dir: str, seconds: str = "") -> None:
    """Serve until told to stop."""
    watched = [replace(job, work=telling(job.name, job.work)) for job in jobs.JOBS]
    if seconds:
        watched = [replace(job, every=timedelta(seconds=float(seconds))) for job in watched]
    jobs.JOBS = tuple(watched)  # type: ignore[misc,assignment]  # of this process alone
    settings = config.load({"data_dir": data_dir, "port": 0})
    asyncio.run(daemon.run(settings, SystemClock(), announce=announce))


if __name__ == "__main__":
    main(*sys.argv[1:])
