"""Ways in which a database file gets damaged.

Job: do to a file what a bad disk, a wrong program or a careless person does.
Must not: be undone, or depend on anything but its seed.
"""

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

PAGE: Final = 4096


def garbage_everywhere_but_the_first_page(path: Path) -> None:
    """Every page after the first."""
    _overwrite(path, PAGE, path.stat().st_size - PAGE)


def garbage_in_the_middle(path: Path) -> None:
    """The middle half of the pages."""
    pages = path.stat().st_size // PAGE
    _overwrite(path, pages // 4 * PAGE, pages // 2 * PAGE)


def garbage_at_the_start(path: Path) -> None:
    """The header."""
    _overwrite(path, 0, 100)


def cut_in_half(path: Path) -> None:
    """The second half of the pages is gone."""
    os.truncate(path, path.stat().st_size // PAGE // 2 * PAGE)


def cut_within_the_first_page(path: Path) -> None:
    """Nearly everything is gone."""
    os.truncate(path, 1000)


def no_database_at_all(path: Path) -> None:
    """Another file in its place."""
    path.write_bytes(b"Dear diary, today I renamed a few files.\n" * 500)


WAYS: Final[tuple[Callable[[Path], None], ...]] = (
    garbage_everywhere_but_the_first_page,
    garbage_in_the_middle,
    garbage_at_the_start,
    cut_in_half,
    cut_within_the_first_page,
    no_database_at_all,
)


def _overwrite(path: Path, offset: int, size: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(random.Random(f"{offset}/{size}").randbytes(size))
        os.fsync(file.fileno())
