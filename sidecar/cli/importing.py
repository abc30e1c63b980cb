"""`sidecar import FILE`: ratings and comparisons from elsewhere; `--table FILE`: a table of the fleet.

Job: check the whole file first, then send it; the same import again adds nothing.
Must not: begin to send a file that holds a row that no daemon would take, or count a table as records.
"""

import hashlib
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import BinaryIO, Final

from sidecar.cli import arguments, fleettable, presence, screen
from sidecar.cli.person import Progress
from sidecar.errors import UsageError
from sidecar.imports import sending, tasks
from sidecar.imports.records import Reading
from sidecar.products import Products

DIGEST_CHARACTERS: Final = 32  # 128 bits of the file's SHA-256: no two files ever meet
OF_RECORDS: Final = (
    "leave out --product and --task-map: they are for a file of records; a table names its product itself"
)
SHOWN_EVERY: Final = 1_000


def declare(_: str, parser: ArgumentParser) -> None:
    """What `import` takes."""
    parser.epilog = "example: sidecar import ratings.csv --product example-app --task-map news=summarization"
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("file", metavar="FILE", nargs="?", type=Path, help="JSON Lines, or CSV with a header")
    what.add_argument(
        "--table", metavar="FILE", type=Path, help="a published table, to stand beside your own figures"
    )
    what.add_argument("--forget", action="store_true", help="keep no such table any more")
    parser.add_argument(
        "--task-map", metavar="FROM=TO,...", action="append", default=[], help="what the file's tasks mean"
    )
    parser.add_argument("--product", metavar="ID", help="the product of the rows that name none")
    arguments.add_json(parser)


def run(_: str, options: Namespace) -> int:
    """Import one file.

    Raises:
        UsageError: `--task-map` names what is no task, or a table stands beside options for records.
        InvalidRecord: a row cannot be a record; the detail names its line, and says what is stored.
    """
    settings = arguments.settings(options)
    if options.table is not None or options.forget:
        if options.product is not None or options.task_map:
            raise UsageError(OF_RECORDS)
        return fleettable.keep(settings, options.table, as_json=options.json)
    products = Products(settings.product_folders)
    mapped = tasks.read_map(options.task_map, products.all_declared("tasks"))
    how = tasks.Tasks(mapped, products.of(options.product).tasks)
    with options.file.open("rb") as file, presence.connected(settings) as client:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:DIGEST_CHARACTERS]
        reading = Reading(tasks=how, product_id=options.product, digest=digest)
        total = _check(reading, file)
        with Progress("stored") as progress:
            done = sending.send(client, reading.records(file), lambda done: progress.at(done.rows, total))
    ignored = list(reading.ignored)
    if options.json:
        screen.show_json(
            {"rows": done.rows, "stored": done.stored, "known_before": done.known, "ignored": ignored}
        )
        return arguments.DONE
    screen.say(f"{done.rows:,} rows: {done.stored:,} stored, {done.known:,} known from before")
    if ignored:
        screen.say(f"columns that are no field were left out: {', '.join(ignored)}")
    return arguments.DONE


def _check(reading: Reading, file: BinaryIO) -> int:
    """Read every row once before the first is sent; returns how many there are.

    Raises:
        InvalidRecord: with the first line at fault; nothing is stored.
    """
    total = 0
    with Progress("checked") as progress:
        for total, _ in enumerate(reading.records(file), start=1):
            if total % SHOWN_EVERY == 0:
                progress.at(total)
    return total
