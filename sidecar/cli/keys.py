"""Keys of a terminal, one at a time.

Job: read what is pressed without waiting for Enter, and name the keys that have no letter.
Must not: leave the terminal otherwise than it was found.
"""

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from typing import Final

UP: Final = "up"
DOWN: Final = "down"
ESCAPE: Final = "escape"
ENTER: Final = "enter"
END: Final = "end of input"

AT_ONCE: Final = 64  # bytes of one read; a held key sends a few
_SEQUENCE: Final = re.compile(rb"\x1b[\[O][0-9;]*([A-Za-z~])")
_ARROWS: Final = {b"A": UP, b"B": DOWN}
_NAMED: Final = {"\x1b": ESCAPE, "\r": ENTER, "\n": ENTER, "\x04": END}


def named(pressed: bytes) -> list[str]:
    """The keys in what a terminal sent; sequences that mean nothing here are left out."""
    keys: list[str] = []
    while pressed:
        sequence = _SEQUENCE.match(pressed)
        if sequence is not None:
            keys += [_ARROWS[sequence[1]]] if sequence[1] in _ARROWS else []
            pressed = pressed[sequence.end() :]
        else:
            letter = pressed[:1].decode("latin-1")
            keys.append(_NAMED.get(letter, letter))
            pressed = pressed[1:]
    return keys


def pressed() -> Iterator[str]:
    """Keys as they are pressed, for ever; `END` when nobody can press any more."""
    with _one_by_one():
        while True:
            yield from named(_read()) or [END]


if sys.platform == "win32":
    import msvcrt

    _WINDOWS_ARROWS: Final = {"H": b"\x1b[A", "P": b"\x1b[B"}

    @contextlib.contextmanager
    def _one_by_one() -> Iterator[None]:
        yield

    def _read() -> bytes:
        letter = msvcrt.getwch()
        if letter in {"\x00", "\xe0"}:
            return _WINDOWS_ARROWS.get(msvcrt.getwch(), b"\x1b[Z")
        return letter.encode("utf-8")

else:
    import termios
    import tty

    @contextlib.contextmanager
    def _one_by_one() -> Iterator[None]:
        """Keys at once and unseen; Ctrl-C still interrupts."""
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
        try:
            tty.setcbreak(terminal, termios.TCSADRAIN)  # what was typed ahead counts
            yield
        finally:
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)

    def _read() -> bytes:
        return os.read(sys.stdin.fileno(), AT_ONCE)
