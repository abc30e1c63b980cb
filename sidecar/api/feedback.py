"""Submitting, changing and undoing feedback.

Job: decode, hand to the intake, tell the caller what was kept and what of it could ever be shared.
Must not: store anything itself.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from msgspec import UNSET, UnsetType
from msgspec.structs import fields

from sidecar import strict
from sidecar.api import body, owner
from sidecar.api.answers import Changed, InBatch, Stored, StoredBatch, Undone
from sidecar.api.limits import places
from sidecar.api.services import LISTENER, SERVICES, Services
from sidecar.clock import week_label
from sidecar.errors import IdempotencyConflict, InvalidRecord
from sidecar.ingest.intake import Accepted
from sidecar.ingest.stamp import REMEMBERED, anonymous
from sidecar.products import Product
from sidecar.records import FeatureRequest, Feedback
from sidecar.share.manifest import NOTHING_DECLARED, shareable_cell
from sidecar.store.facts import declared, facts
from sidecar.store.rows import NewRecord, Series, Values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidecar.scrub import ScrubbedError
    from sidecar.store.sealing import Touched

ORIGIN: Final[web.RequestKey[str]] = web.RequestKey("origin", str)
WORDY: Final = frozenset({"error_report", "feature_request"})  # what a person wrote never stays in memory
SHORT_BODY: Final = 512  # bytes
KNOWN_BODIES: Final = 256  # of them: 128 KiB at most
_known_bodies: dict[bytes, Feedback] = {}

SENT: Final = frozenset({"armed", "shared", "withdrawing"})
"""States of a batch that may be at the collector."""

CREATED: Final = 201
OK: Final = 200


async def submit(request: web.Request) -> web.Response:
    """Store one record."""
    services = request.app[SERVICES]
    record = read(await body.read(request))
    services.rate.take(request.protocol, places((record,)))
    (accepted,) = await services.intake.submit(
        [record], origin=request[ORIGIN], share_by_default=_is_ours(request)
    )
    status, content = acknowledge(services, accepted)
    return body.json_answer(content, status)


async def submit_batch(request: web.Request) -> web.Response:
    """Store up to 500 records, all or none."""
    services = request.app[SERVICES]
    records = strict.batch(strict.loads(await body.read(request, body.MAX_BATCH_BODY)))
    services.rate.take(request.protocol, places(records))
    try:
        accepted = await services.intake.submit(
            records, origin=request[ORIGIN], share_by_default=_is_ours(request)
        )
    except (IdempotencyConflict, InvalidRecord) as fault:
        if fault.index is None:
            fault.index = 0  # a batch of one: the intake numbers only records that have a neighbour
        raise
    _count(services, accepted)
    return body.answer(StoredBatch([stored(each, services) for each in accepted]), CREATED)


async def change(request: web.Request) -> web.Response:
    """Change what a record says; it goes on counting in its own week."""
    services = request.app[SERVICES]
    wanted = strict.change(strict.loads(await body.read(request)))
    now = await services.intake.change(_id(request), wanted)
    return body.answer(
        Changed(
            feedback_id=now.id.hex(),
            feedback_type=now.series.kind,
            week=week_label(now.week),
            task_category=now.series.task_category or None,
            rating=now.values.rating,
            thumb=now.values.thumb,
            reasons=(now.values.reasons or "").split(",") if now.values.reasons else [],
            shared=has_left(now.touched),
            batches=await _batches(request, now.touched),
        )
    )


async def undo(request: web.Request) -> web.Response:
    """Delete a record."""
    services = request.app[SERVICES]
    gone = await services.intake.undo(_id(request))
    batches = await _batches(request, gone.touched)
    return body.answer(Undone(gone.id.hex(), deleted=True, shared=has_left(gone.touched), batches=batches))


def has_left(touched: "Sequence[Touched]") -> bool:
    """Whether one of these batches may have arrived somewhere."""
    return any(each.state in SENT for each in touched)


async def _batches(request: web.Request, touched: "Sequence[Touched]") -> list[InBatch] | UnsetType:
    """What became of the batches that counted a record; which ones they are is told to the owner alone."""
    if not touched:
        return UNSET
    named = await owner.is_asking(request, request.app[SERVICES])
    return [
        InBatch("sent" if each.state in SENT else "sealed_anew", each.batch_id if named else None)
        for each in touched
        if each.state in SENT or each.state == "held"
    ]


def acknowledge(services: Services, accepted: Accepted) -> tuple[int, bytes]:
    """Count a record that is on the disk; the status and the JSON that its caller gets."""
    _count(services, [accepted])
    return OK if accepted.duplicate else CREATED, body.encode(stored(accepted, services))


def read(content: bytes) -> Feedback:
    """The record of a body. A person gives the same few ratings again and again: such a body is read once."""
    known = _known_bodies.get(content)
    if known is not None:
        return known
    record = strict.record(strict.loads(content))
    if record.kind not in WORDY and record.idempotency_key is None and len(content) <= SHORT_BODY:
        if len(_known_bodies) >= KNOWN_BODIES:
            _known_bodies.clear()
        _known_bodies[content] = record
    return record


def _is_ours(request: web.Request) -> bool:
    """Whether a program of this machine asks; what comes from elsewhere is not shared unless it says so."""
    return LISTENER not in request.app


def stored(accepted: Accepted, services: Services) -> Stored:
    """What the caller of a stored record is told."""
    row, scrubbed = accepted.stamped.row, accepted.stamped.scrubbed
    product = services.products.of(row.series.product_id)
    sharing = _sharing if row.text is None and scrubbed is None else _sharing.__wrapped__
    cell, kept_local = sharing(anonymous(accepted.record), row.series, row.values, product, scrubbed)
    error: dict[str, Any] = {}
    if scrubbed is not None:
        names = ("error_type", "signature", "fingerprint", "cause", "remedy")
        error = {name: getattr(scrubbed, name) for name in names}
    return Stored(
        feedback_id=accepted.feedback_id,
        duplicate=accepted.duplicate,
        hardware_bucket=row.series.hardware_bucket or None,
        shareable=cell,
        kept_local=kept_local
        if accepted.record.idempotency_key is None
        else [*kept_local, "idempotency_key"],
        category=_category(row) if isinstance(accepted.record, FeatureRequest) else UNSET,
        **error,
    )


def _category(row: NewRecord) -> str | None:
    """What a wish is about: as its sender said, else the best guess from its words."""
    if row.series.category:
        return row.series.category
    from sidecar.triage.category import categorise  # noqa: PLC0415  # its tables are for those who wish
    from sidecar.triage.words import hear  # noqa: PLC0415  # with it

    about = categorise(hear(row.text or ""))
    return None if about.unsure else about.name


@lru_cache(maxsize=REMEMBERED)
def _sharing(
    record: Feedback, series: Series, values: Values, product: Product, scrubbed: "ScrubbedError | None"
) -> tuple[dict[str, Any], list[str]]:
    """The cell that a record could become, and the fields of it that stay here; both are only read."""
    own = declared(product) if product.destinations else NOTHING_DECLARED
    cell = (
        shareable_cell(facts(series, values, own, scrubbed.signature if scrubbed else None))
        if values.safe_to_share
        else {}
    )
    if cell:
        cell |= {"product": series.product_id or None, "hardware_bucket": series.hardware_bucket or None}
    return cell, _kept_local(record, cell)


LEAVES_AS: Final = {
    "rating": "counts",
    "thumb": "thumbs",
    "preferred": "models",
    "alternative": "models",
    "tie": "ties",
    "tokens_per_second": "speed",
    "product_id": "product",
}
"""Fields that stand under another name in a cell."""

STEERING: Final = frozenset({"runs_on", "safe_to_share"})
"""Fields that say how to treat a record; they decide about the cell and never stand in it."""


def _kept_local(record: Feedback, cell: dict[str, Any]) -> list[str]:
    """The fields the caller gave that are not in the cell. A scrubbed message is only ever an id there."""
    given = [each.name for each in fields(record) if getattr(record, each.name) != each.default]
    leaves = {name for name in given if cell.get(LEAVES_AS.get(name, name)) is not None}
    return [name for name in given if name not in STEERING | leaves]


def _count(services: Services, accepted: list[Accepted]) -> None:
    for each in accepted:
        if each.duplicate:
            services.counters.duplicates += 1
        else:
            services.counters.records[each.record.kind] += 1


def _id(request: web.Request) -> bytes:
    return bytes.fromhex(request.match_info["feedback_id"])
