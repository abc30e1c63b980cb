"""The shapes of batches and answers, from which OpenAPI is generated.

Job: say what each route gives back.
Must not: compute anything.
"""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from sidecar.api.sharinganswers import InBatch
from sidecar.insight.installs import FleetRating, FleetSource
from sidecar.insight.usage import AnswerRate, SpeedQuantiles
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


class RatingRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Ratings of one group; `n` and `mean` speak of stars only.

    The names of the group stand first: null where its records did not say, absent where nobody asked for it.
    """

    task_category: str | None | UnsetType = UNSET
    hardware_bucket: str | None | UnsetType = UNSET
    model: str | None | UnsetType = UNSET
    product_id: str | None | UnsetType = UNSET
    product_version: str | None | UnsetType = UNSET
    variant: str | None | UnsetType = UNSET
    runs_on: str | None | UnsetType = UNSET
    week: str | UnsetType = UNSET
    n: int
    mean: float | None
    counts: list[int]
    estimate: float | None
    low: float | None
    high: float | None
    level: float
    up: int
    down: int
    thumbs_estimate: float | None
    thumbs_low: float | None
    thumbs_high: float | None
    thumbs_enough: bool
    enough: bool
    why_not: str | None
    reasons: dict[str, int]
    fleet: FleetRating | None


class RatingInsight(Struct, frozen=True):
    """Answer of `/v1/insights/ratings`, best first.

    `fleet` is the table of a fleet that is kept, if any. Beside a row stands what it says of the same task,
    machine and model; null where it says nothing, or where the rows are parted by what its cells do not tell.
    """

    group_by: list[str]
    rows: list[RatingRow]
    fleet: FleetSource | None


class UsageRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Usage of one group.

    The names of the group stand first: null where its records did not say, absent where nobody asked for it.
    """

    task_category: str | None | UnsetType = UNSET
    model: str | None | UnsetType = UNSET
    hardware_bucket: str | None | UnsetType = UNSET
    action: str | None | UnsetType = UNSET
    product_id: str | None | UnsetType = UNSET
    product_version: str | None | UnsetType = UNSET
    runtime: str | None | UnsetType = UNSET
    runs_on: str | None | UnsetType = UNSET
    week: str | UnsetType = UNSET
    n: int
    tokens_per_second: SpeedQuantiles | None
    first_token_ms: SpeedQuantiles | None
    context_tokens: SpeedQuantiles | None


class UsageInsight(Struct, frozen=True):
    """Answer of `/v1/insights/usage`; `answer_rate` is the share of questions shown and not dismissed."""

    group_by: list[str]
    rows: list[UsageRow]
    answer_rate: AnswerRate | None


class ErrorRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Error reports of one group; the names of the group stand first.

    Attributes:
        fingerprint: of the error; null where the group holds several errors, as the next three.
        error_type: of the closed list, or `x_...` of a product.
        signature: id in the catalogue; null too where it knows none.
        template: the scrubbed message; it stays on this machine.
        cause: what happened, in plain words, where the catalogue knows.
        remedy: the first thing to try, where the catalogue knows.
        n: reports.
        errors: different fingerprints among them.
        models, runtimes, buckets: reports that named one, the most frequent first; at most 20 of each.
        first_week, last_week: ISO weeks of the first and the last of them.
    """

    model: str | UnsetType = UNSET
    runtime: str | UnsetType = UNSET
    runtime_version: str | UnsetType = UNSET
    task_category: str | UnsetType = UNSET
    hardware_bucket: str | UnsetType = UNSET
    product_id: str | UnsetType = UNSET
    product_version: str | UnsetType = UNSET
    week: str | UnsetType = UNSET
    fingerprint: str | None
    error_type: str | None
    signature: str | None
    template: str | None
    cause: str | None
    remedy: str | None
    n: int
    errors: int
    models: dict[str, int]
    runtimes: dict[str, int]
    buckets: dict[str, int]
    first_week: str
    last_week: str


class ErrorInsight(Struct, frozen=True):
    """Answer of `/v1/insights/errors`, most frequent first.

    Attributes:
        group_by: what makes a row.
        rows: the first of the groups, as many as `limit` allows.
        groups: all groups, shown or not.
        n: all reports in them.
    """

    group_by: list[str]
    rows: list[ErrorRow]
    groups: int
    n: int


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
