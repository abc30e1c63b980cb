"""`sidecar run` on a machine whose clock is wrong: `serve.py DATA_DIR DAYS`.

Job: start what `sidecar run --port 0` starts, and say so in one line once it serves.
Must not: change anything of the daemon but the wall clock it is given. Settings come by `SIDECAR_*`.
"""

import asyncio
import sys
from datetime import datetime, timedelta

from sidecar import config, daemon
from sidecar.clock import SystemClock
from sidecar.errors import SidecarError
from sidecar.home import Endpoint

FAILED = 1


class ShiftedClock(SystemClock):
    """The machine's clock, set wrong by some days."""

    def __init__(self, days: float) -> None:
        self._shift = timedelta(days=days)

    def now(self) -> datetime:
        """Wall time as a wrongly set machine would tell it."""
        return super().now() + self._shift


def announce(endpoint: Endpoint) -> None:
    """Say where the daemon serves."""
    sys.stdout.write(f"serving on {endpoint.url}\n")
    sys.stdout.flush()


def main(data_dir: str, shift_days: str) -> int:
    """Serve until told to stop; 1 with words on standard error when the daemon cannot start."""
    try:
        settings = config.load({"data_dir": data_dir, "port": 0})
        asyncio.run(daemon.run(settings, ShiftedClock(float(shift_days)), announce=announce))
    except SidecarError as fault:
        sys.stderr.write(f"{fault.title}: {fault.detail}\n")
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
