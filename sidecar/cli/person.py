"""The person before the screen: questions and progress.

Job: ask before something is deleted, and show that long work goes on.
Must not: ask or show anything where nobody sits there.
"""

import sys
from types import TracebackType
from typing import Self

from sidecar.cli.inert import inert
from sidecar.errors import UsageError


def confirm(question: str, *, yes: bool) -> bool:
    """Whether the person agrees; `yes` answers for them.

    Raises:
        UsageError: nobody is there to be asked.
    """
    if yes:
        return True
    if not is_there():
        raise UsageError("nobody is there to confirm this; add --yes")
    try:
        return input(f"{inert(question)} [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:  # Ctrl-D
        print()
        return False


def is_there() -> bool:
    """Whether somebody reads what is printed and can type an answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


class Progress:
    """`done of total` in one line of stderr, while there is somebody to read it; gone at the end."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shows = sys.stderr.isatty()
        self._width = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._width:
            self._write("\r" + " " * self._width + "\r")

    def at(self, done: int, total: int | None = None) -> None:
        """Show how far it is."""
        if self._shows:
            line = f"{self._what}: {done:,}" + (f" of {total:,}" if total is not None else "")
            self._write("\r" + line.ljust(self._width))
            self._width = max(self._width, len(line))

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
