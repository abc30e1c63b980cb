"""How a command ends: the one place that makes words and exit codes of errors.

Job: one line on stderr and the exit code for each foreseen error; no traceback.
Must not: hide a bug: what nobody foresaw keeps its traceback.
"""

import contextlib
import io
import os
import sys
from collections.abc import Iterator

from sidecar.cli.arguments import DONE, FAILED, WRONG_USE
from sidecar.cli.inert import inert
from sidecar.errors import InvalidQuery, SidecarError, UsageError

_MISUSE = (UsageError, InvalidQuery)
"""What was typed cannot be done by anybody; everything else may succeed at another time."""


class Outcome:
    """The exit code of a command, 0 until told otherwise."""

    code = DONE


@contextlib.contextmanager
def guarded() -> Iterator[Outcome]:
    """Run a command inside; `outcome.code` is its exit code afterwards, also when it raised."""
    outcome = Outcome()
    # A terminal without a letter still shows the rest; a message from a pipe need not be whole characters.
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)
    try:
        yield outcome
        sys.stdout.flush()  # here, where a reader that went away is no traceback
    except SidecarError as fault:
        tell(fault.detail)
        outcome.code = exit_code(fault)
    except BrokenPipeError:
        # Python flushes stdout once more at its end; that must not meet the closed pipe again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        outcome.code = FAILED
    except OSError as fault:
        named = f"{fault.filename}: " if fault.filename else ""
        tell(f"{named}{fault.strerror or 'the system refuses'}")
        outcome.code = FAILED
    except KeyboardInterrupt:
        tell("interrupted")
        outcome.code = FAILED


def exit_code(fault: SidecarError) -> int:
    """2 for what was typed wrongly, 1 for everything else."""
    return WRONG_USE if isinstance(fault, _MISUSE) else FAILED


def tell(words: str) -> None:
    """One line on stderr."""
    print(f"sidecar: {inert(words)}", file=sys.stderr)
