"""The shapes of batches and answers, from which OpenAPI is made; `insightanswers` holds those of insight.

Job: say what each route gives back.
Must not: compute anything, or name a shape of statistics: a daemon that takes records needs none.
"""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from sidecar.records import Feedback


class Batch(Struct, frozen=True):
    """Up to 500 records, stored all or none."""

    records: list[Feedback]


class Stored(Struct, frozen=True, kw_only=True):
    """A record is on the disk.

    `hardware_bucket` is null while the probe of this start is running; it is filled in by itself.
    `shareable` is the cell that a batch could carry, `kept_local` names what stays here in any case.
    """

    feedback_id: str
    duplicate: bool
    hardware_bucket: str | None
    shareable: dict[str, Any]
    kept_local: list[str]
    error_type: str | UnsetType = UNSET
    signature: str | None | UnsetType = UNSET
    fingerprint: str | UnsetType = UNSET
    cause: str | None | UnsetType = UNSET
    remedy: str | None | UnsetType = UNSET
    category: str | None | UnsetType = UNSET


class StoredBatch(Struct, frozen=True):
    """Every record of the batch is on the disk, in the order it was sent."""

    results: list[Stored]


class InBatch(Struct, frozen=True):
    """A batch that counted the record as it was.

    Attributes:
        became: `sealed_anew` without what was undone, because it had not left; or `sent`: what left can be
            taken back as a whole batch, by the owner.
        batch_id: for the owner alone, because an application could find its user's batch by it; else null.
    """

    became: Literal["sealed_anew", "sent"]
    batch_id: str | None


class Changed(Struct, frozen=True, kw_only=True):
    """A record after its change. `shared` tells whether it had already left in a batch of `batches`."""

    feedback_id: str
    feedback_type: str
    week: str
    task_category: str | None
    rating: int | None
    thumb: str | None
    reasons: list[str]
    shared: bool
    batches: list[InBatch] | UnsetType = UNSET


class Undone(Struct, frozen=True):
    """A record is gone. `shared` tells whether it had already left in a batch of `batches`."""

    feedback_id: str
    deleted: bool
    shared: bool
    batches: list[InBatch] | UnsetType = UNSET


class Purged(Struct, frozen=True):
    """How many records were deleted."""

    deleted: int


class HardwareAnswer(Struct, frozen=True):
    """The bucket of this machine, and why. Null while the probe is running."""

    hardware_bucket: str | None
    memory_gib: int | None
    gpus: list[str]
    environment: str | None
    why: list[str]


class Health(Struct, frozen=True):
    """Whether the daemon lives (`/healthz`) and can store and answer (`/readyz`)."""

    status: str
    version: str
    notes: list[str]


class ProofAnswer(Struct, frozen=True):
    """What only a holder of the manage token can say to the nonce, under the Host that was asked."""

    proof: str


class SessionAnswer(Struct, frozen=True):
    """Who asks.

    Attributes:
        by: `token`, or `session` for a browser that signed in.
        csrf: what the session sends as `X-CSRF-Token` with each change; null for the token.
        ends_in_seconds: how long the session lasts at most; null for the token.
    """

    by: Literal["token", "session"]
    csrf: str | None
    ends_in_seconds: int | None


class SignedOut(Struct, frozen=True):
    """How many browsers were signed out."""

    ended: int


class Rows(Struct, frozen=True):
    """A stretch of a list; pass `next` as `after` to go on."""

    rows: list[dict[str, Any]]
    next: str | None


class OriginRow(Struct, frozen=True):
    """A web origin beyond this machine.

    Attributes:
        origin: as its browser writes it.
        paired: whether its pages may submit.
        proposed_by: ids of the products whose files name it; that alone allows nothing.
    """

    origin: str
    paired: bool
    proposed_by: list[str]


class OriginList(Struct, frozen=True):
    """The paired and the proposed origins, in order. `next` is always null: the list is short."""

    rows: list[OriginRow]
    next: str | None


class RequestState(Struct, frozen=True, kw_only=True):
    """A request as its owner left it.

    Attributes:
        request_id: the feedback id of its main wish.
        state: `new`, `planned`, `in_progress`, `done` or `declined`.
        category, severity, effort: what was decided; null where the words decide.
        n: wishes.
        members: feedback ids, the main wish first.
        batch_id: under which the wish is held to leave; only where it was approved just now.
    """

    request_id: str
    state: str
    category: str | None
    severity: str | None
    effort: str | None
    n: int
    members: list[str]
    batch_id: str | UnsetType = UNSET
