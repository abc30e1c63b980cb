"""The receipt: what a caller knows once its record is safe.

Job: say whether the daemon has the record, or the spool does.
Must not: carry anything of the record itself.
"""

from typing import Any

from msgspec import Struct


class Receipt(Struct, frozen=True):
    """A record that is on the disk.

    Attributes:
        feedback_id: who knows it may change or undo the record; None when it was spooled, because only the
            daemon gives ids.
        duplicate: the same idempotency key had brought the same record before; it counts once.
        spooled: no daemon answered, and the record waits in the spool.
        answer: what the daemon said (`hardware_bucket`, `shareable`, `kept_local` ...); empty when spooled.
    """

    feedback_id: str | None
    duplicate: bool
    spooled: bool
    answer: dict[str, Any]
