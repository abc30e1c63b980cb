"""`sidecar export`: every record, to take along.

Job: write what the daemon streams into a file or to stdout.
Must not: leave half an export under the name of a whole one.
"""

import contextlib
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from sidecar.cli import arguments, presence
from sidecar.cli.inert import inert
from sidecar.home import PRIVATE_FILE


def declare(_: str, parser: ArgumentParser) -> None:
    """What `export` takes."""
    parser.epilog = "example: sidecar export --format csv -o feedback.csv"
    parser.add_argument("--format", choices=["jsonl", "csv"], default="jsonl", help="jsonl when left out")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="a file for you alone; else stdout")


def run(_: str, options: Namespace) -> int:
    """Write the export.

    Raises:
        DaemonUnreachable: none runs, or it ended in the middle.
    """
    with presence.connected(arguments.settings(options)) as client:
        pieces = client.stream("/v1/export", {"format": options.format}, manage=True)
        if options.output is not None:
            with _file(options.output) as file:
                file.writelines(pieces)
        elif sys.stdout.isatty():
            for line in _lines(pieces):
                print(inert(line))
        else:
            sys.stdout.flush()
            sys.stdout.buffer.writelines(pieces)
            sys.stdout.buffer.flush()
    return arguments.DONE


@contextlib.contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    """A file that has its name only once it is whole; a device is written as it is."""
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    aside = path.with_name(f".{path.name}.part")
    aside.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as file:
            yield file
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _lines(pieces: Iterator[bytes]) -> Iterator[str]:
    """Whole lines, for a terminal, where a wish may hold what steers it."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line.decode(errors="replace").rstrip("\r") for line in whole)
    if rest:
        yield rest.decode(errors="replace")
