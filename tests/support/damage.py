"""Ways in which a database file gets damaged.

Job: do to a file what a bad disk, a wrong program or a careless person does.
Must not: be undone, or depend on anything but its seed.
"""

import contextlib
import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sidecar.store.connection import PAGE_BYTES

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


def schema_pages(path: Path) -> list[int]:
    """The pages that the schema of a whole file lies on, the first one among them."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT pageno FROM dbstat WHERE name = 'sqlite_schema'").fetchall()
    return sorted(number for (number,) in found)


def root_page(path: Path, tree: str) -> int:
    """The first page of a table or an index."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (number,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?", (tree,)
        ).fetchone()
    return int(number)


def fill_page(path: Path, number: int, byte: int | None = None) -> None:
    """One page is nothing but this byte; random bytes where none is given."""
    page = (
        random.Random(f"page {number}").randbytes(PAGE_BYTES) if byte is None else bytes([byte]) * PAGE_BYTES
    )
    with path.open("r+b") as file:
        file.seek((number - 1) * PAGE_BYTES)
        file.write(page)
        os.fsync(file.fileno())


def _overwrite(path: Path, offset: int, size: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(random.Random(f"{offset}/{size}").randbytes(size))
        os.fsync(file.fileno())
