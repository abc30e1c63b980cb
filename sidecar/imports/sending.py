"""Sending: the records of a file to the daemon, in batches.

Job: cut batches, send each, count what was new, and say exactly what is stored when a batch is refused.
Must not: send a batch twice by itself; the same import again is the way to go on, because its keys are known.
A batch that was refused for the rate was not stored, and goes on in halves.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct

from sidecar.client import Receipt
from sidecar.errors import IdempotencyConflict, RateLimited, SidecarError
from sidecar.imports.records import Numbered
from sidecar.imports.rows import refused
from sidecar.strict import MAX_BATCH

MAX_BATCH_BYTES: Final = 900 * 1024  # under the daemon's 1 MiB, with room for the list around the records


class Sender(Protocol):
    """The part of the client that an import uses."""

    def submit_batch(self, records: Sequence[dict[str, Any]]) -> list[Receipt]:
        """Store all or none."""
        ...


class Done(Struct, frozen=True):
    """What an import has done so far: records that were new, and records whose keys were known."""

    stored: int = 0
    known: int = 0

    @property
    def rows(self) -> int:
        """Rows of the file that are stored now."""
        return self.stored + self.known


def send(client: Sender, records: Iterable[Numbered], tell: Callable[[Done], None]) -> Done:
    """Send everything; `tell` is called after each batch.

    Raises:
        InvalidRecord: the daemon refused a row; the detail names its line, and says what is stored.
        SidecarError: the daemon did not take a batch for another reason; the detail says so too.
    """
    done = Done()
    waiting = batches(records)
    parts: list[list[Numbered]] = []
    while batch := parts.pop() if parts else next(waiting, None):
        try:
            receipts = client.submit_batch([each.record for each in batch])
        except RateLimited as fault:
            if len(batch) == 1:
                raise _explained(fault, batch, done) from fault
            half = len(batch) // 2  # the client has waited already: too many others want to be served
            parts += [batch[half:], batch[:half]]
            continue
        except SidecarError as fault:
            raise _explained(fault, batch, done) from fault
        known = sum(receipt.duplicate for receipt in receipts)
        done = Done(done.stored + len(receipts) - known, done.known + known)
        tell(done)
    return done


def batches(records: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    """As many records as one request takes."""
    batch: list[Numbered] = []
    size = 0
    for each in records:
        length = len(msgspec.json.encode(each.record))
        if batch and (len(batch) == MAX_BATCH or size + length > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += length
    if batch:
        yield batch


def _explained(fault: SidecarError, batch: list[Numbered], done: Done) -> SidecarError:
    """The same fault with its line, and with what is stored."""
    before = f"{done.rows:,} rows before it are stored" if done.rows else "nothing of the file is stored"
    batch_lines = f"none of lines {batch[0].line} to {batch[-1].line} is; {before}"
    if fault.index is None or not 0 <= fault.index < len(batch):
        return type(fault)(f"{fault.detail}; {batch_lines}", retry_after=fault.retry_after)
    why = fault.detail
    if isinstance(fault, IdempotencyConflict):
        why = "this row was imported before, and said something else (another --product or --task-map?)"
    return refused(batch[fault.index].line, f"{why}; {batch_lines}")
