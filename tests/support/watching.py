"""The watcher of this machine, told on lines: `python -m tests.support.watching`.

Job: print what is known after each edge, and `look` for each line that comes in.
Must not: outlive its standard input.
"""

import asyncio
import sys

import msgspec

from sidecar.clock import SystemClock
from sidecar.hints import Watcher, watcher


def tell(why: str, found: Watcher) -> None:
    """One line."""
    known = found.look()
    line = msgspec.json.encode({"why": why, "online": known.online, "edges": known.edges})
    print(line.decode(), flush=True)  # noqa: T201  # its job


async def main() -> None:
    """Watch until nobody listens."""
    found = watcher(SystemClock())
    found.start(lambda: tell("edge", found))
    tell("start", found)
    while await asyncio.to_thread(sys.stdin.readline):
        tell("look", found)
    found.stop()


if __name__ == "__main__":
    asyncio.run(main())
