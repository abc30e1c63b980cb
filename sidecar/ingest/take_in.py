"""Taking in the spool: records that clients wrote while no daemon ran.

Job: store each file's record exactly once, then remove the file.
Must not: remove a file before its record is on the disk, or stop at a file that cannot be read.

A crash between the commit and the removal repeats the record under the same key: a duplicate, counted once.
"""

import logging
from pathlib import Path

from sidecar import spool, strict
from sidecar.errors import (
    ContentNotAccepted,
    IdempotencyConflict,
    InvalidRecord,
    MalformedJson,
    ProductMuted,
    SidecarError,
)
from sidecar.ingest.intake import Intake

log = logging.getLogger(__name__)


async def take_in(folder: Path, intake: Intake) -> int:
    """Store what waits in the spool; returns how many records were new.

    A record that will never fit is set aside as `.refused`; when the store cannot write, or the mode is
    `off`, the rest waits.
    """
    stored = 0
    for path in spool.waiting(folder):
        try:
            record = strict.record(spool.read(path))
            (accepted,) = await intake.submit([record])
        except (ContentNotAccepted, IdempotencyConflict, InvalidRecord, MalformedJson, ProductMuted) as fault:
            log.warning("a spooled record was refused: %s", fault.slug)
            spool.refuse(path)
        except SidecarError as fault:
            log.warning("the spool waits: %s", fault.slug)
            break
        except OSError as fault:
            log.warning("a spool file cannot be read: %s", type(fault).__name__)  # it holds up no other
        else:
            spool.remove(path)
            stored += not accepted.duplicate
    return stored
