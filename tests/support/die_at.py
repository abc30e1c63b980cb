"""A command that is killed in the middle: `die_at.py N WORD...` runs `sidecar WORD...` up to its N-th step.

Job: count the steps that change something on the disk (a file opened for writing, renamed or removed, a
database opened), and send itself SIGKILL before the N-th.
Must not: let any clean-up run: power loss would not.
"""

import os
import signal
import sys

from sidecar.cli import main as sidecar

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
STEPS = {"os.rename", "os.remove", "sqlite3.connect"}


def main(last: int, words: list[str]) -> int:
    """The command's exit code, if it needs fewer steps."""
    left = last

    def count(event: str, facts: tuple[object, ...]) -> None:
        nonlocal left
        writes = event == "open" and isinstance(facts[2], int) and facts[2] & WRITING
        if event in STEPS or writes:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    return sidecar(words)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
