"""The intake: what every door (HTTP, spool, import) calls to store, change or undo feedback.

Job: check what only the moment knows (declared tasks), stamp, hand to the writer, and fill in the hardware
bucket once the probe has answered.
Must not: know HTTP, or give an answer before the writer has.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, cast

from msgspec import Struct

from sidecar.clock import Clock, week_number
from sidecar.errors import InvalidRecord
from sidecar.ingest.salvager import Salvager
from sidecar.ingest.stamp import ID_BYTES, Circumstances, Stamped, stamp
from sidecar.ingest.writer import Writer
from sidecar.products import Products
from sidecar.records import Change, ErrorReport, FeatureRequest, Feedback
from sidecar.store import records as stored_records
from sidecar.store.fill import fill_bucket
from sidecar.store.hearing import Hearing
from sidecar.store.records import Stored
from sidecar.store.transaction import Transaction
from sidecar.vocabulary import OWN_PREFIX

WORDY: Final = (ErrorReport, FeatureRequest)  # kinds whose words take milliseconds to scrub
BRIEFLY_SECONDS: Final = 0.25  # a probe without drivers to ask takes a tenth of it


class Accepted(Struct, frozen=True):
    """A record that is on the disk."""

    record: Feedback
    stamped: Stamped
    duplicate: bool

    @property
    def feedback_id(self) -> str:
        """32 hex digits; who knows them may change or undo the record."""
        return self.stamped.row.id.hex()


class Intake:
    """The way in.

    Attributes:
        bucket: the hardware bucket of this machine; None until the probe of this start has answered.
    """

    def __init__(  # noqa: PLR0913  # everything that is injected
        self,
        writer: Writer,
        *,
        clock: Clock,
        salt: bytes,
        products: Products,
        random_bytes: Callable[[int], bytes],
        hearing: Hearing,
    ) -> None:
        self.bucket: str | None = None
        self.writer = writer
        self.products = products
        self.salvager = Salvager(writer, clock)
        self._clock = clock
        self._salt = salt
        self._random_bytes = random_bytes
        self._hearing = hearing
        self._probe_answered = asyncio.Event()
        self._bucket_filled = asyncio.Event()

    async def submit(
        self, records: Sequence[Feedback], *, origin: str = "", share_by_default: bool = True
    ) -> list[Accepted]:
        """Store all records or none; returns when they are on the disk.

        Raises:
            InvalidRecord: an undeclared task, or two models that are one; `index` is set in a batch.
            SwitchedOff, ProductMuted: nobody wants it.
            IdempotencyConflict: a key that stands for another record.
            QueueFull, Stopping, StoreUnavailable, StorageFull: nothing was stored.
        """
        for record in records:
            self._hearing.check(record.product_id)
        if self.bucket is None:
            await self._wait_briefly()
        stamped = []
        for position, record in enumerate(records):
            if position and isinstance(record, WORDY):
                await self._let_others_in()
            at = position if len(records) > 1 else None
            stamped.append(self._stamp(record, origin, at, share_by_default=share_by_default))
        duplicates = await self.writer.submit(
            partial(stored_records.insert, records=[each.row for each in stamped])
        )
        return [Accepted(*each) for each in zip(records, stamped, duplicates, strict=True)]

    def begin(self, record: Feedback, told: Callable[[Accepted | Exception], None]) -> None:
        """As `submit` for one record of a program, without a task: `told` is called when it is on the disk.

        Raises:
            SidecarError: as `submit`, before anything was queued; `told` is never called.
        """
        self._hearing.check(record.product_id)
        stamped = self._stamp(record, "", None, share_by_default=True)

        def tell(result: object) -> None:
            told(
                result
                if isinstance(result, Exception)
                else Accepted(record, stamped, cast("list[bool]", result)[0])
            )

        self.writer.enqueue(partial(stored_records.insert, records=(stamped.row,)), tell)

    async def change(self, feedback_id: bytes, wanted: Change) -> Stored:
        """Change a record, in its own week.

        Raises:
            NotFound, InvalidRecord: as `store.records.change`.
        """
        return await self.writer.submit(partial(self._change, feedback_id=feedback_id, wanted=wanted))

    async def undo(self, feedback_id: bytes) -> Stored:
        """Delete a record and every byte of it.

        Raises:
            NotFound: no such record.
        """
        return await self.writer.submit(partial(stored_records.delete, id_=feedback_id))

    async def purge(self, product_id: str | None = None) -> int:
        """Delete every record (of one product, if named) and what was counted from it; returns how many.

        Files that were set aside go too: they hold records.
        """
        return await self.salvager.purge(product_id)

    async def set_bucket(self, bucket: str) -> None:
        """Take the probe's answer, and give it to the records that came before it."""
        self.bucket = bucket
        self._probe_answered.set()
        await self.settled()

    @property
    def bucket_known(self) -> bool:
        """Whether every record has its bucket."""
        return self._bucket_filled.is_set()

    async def settled(self) -> None:
        """Return once every record has its bucket: no read comes before.

        Raises:
            StoreUnavailable, StorageFull: the disk hindered it; whoever asks next tries again.
        """
        if not self._bucket_filled.is_set():
            await self._probe_answered.wait()
            await self.writer.submit(partial(fill_bucket, bucket=self.bucket or ""))
            self._bucket_filled.set()

    async def _let_others_in(self) -> None:
        """A batch of long words takes seconds; nobody else has to wait for all of it."""
        await asyncio.sleep(0)

    async def _wait_briefly(self) -> None:
        """The first callers after a start wait for a probe about to answer, not for one that hangs."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._bucket_filled.wait(), BRIEFLY_SECONDS)

    def _stamp(
        self, record: Feedback, origin: str, position: int | None, *, share_by_default: bool
    ) -> Stamped:
        moment = Circumstances(
            random_id=self._random_bytes(ID_BYTES),
            salt=self._salt,
            week=week_number(self._clock.now()),
            bucket=self.bucket,
            origin=origin,
            share_by_default=share_by_default,
        )
        try:
            self._check_declared(record, record.product_id)
            return stamp(record, moment)
        except InvalidRecord as fault:
            fault.index = position
            raise

    def _check_declared(self, record: Feedback | Change, product_id: str | None) -> None:
        """A product's own task or error code has to be in its file.

        Raises:
            InvalidRecord: it is not.
        """
        for field, listed in (("task_category", "tasks"), ("error_type", "error_codes")):
            word = getattr(record, field, None) or ""
            if word[:2] == OWN_PREFIX and not self.products.declares(product_id, listed, word):
                raise InvalidRecord(
                    f"no product file declares this `{OWN_PREFIX}` word; name it under `{listed}` there and "
                    "send its `product_id`, or use a word of the closed list",
                    field=field,
                )

    def _change(self, transaction: Transaction, *, feedback_id: bytes, wanted: Change) -> Stored:
        stored = stored_records.find(transaction, feedback_id)
        self._check_declared(wanted, stored.series.product_id)
        return stored_records.change(transaction, stored, wanted)
