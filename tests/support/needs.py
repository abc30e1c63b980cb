"""What a test needs of the machine: present, or the test is skipped; in CI it must be present.

Job: give one answer to "this machine has no strace".
Must not: let a missing tool pass for a promise that was proved.
"""

import os
import shutil
import sys
from typing import NoReturn

import pytest


def skip(why: str) -> NoReturn:
    """Leave the test out, or fail it where nothing may be left out."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"in CI nothing is left out: {why}")
    pytest.skip(why)


def need(found: object, why: str) -> None:
    """Go on when something was found."""
    if not found:
        skip(why)


def need_program(name: str) -> None:
    """Go on when a program is installed."""
    need(shutil.which(name), f"{name} is not installed")


def need_linux() -> None:
    """Go on under Linux."""
    need(sys.platform == "linux", "this is proved on Linux")


def need_root() -> None:
    """Go on when the test may mount a file system."""
    if sys.platform == "win32":
        skip("mounting needs a Unix")
    need(os.geteuid() == 0, "mounting a small disk needs root")
