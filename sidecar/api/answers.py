"""The shapes of batches and answers, from which OpenAPI is generated.

Job: say what each route gives back.
Must not: compute anything.
"""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

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
    """A record after its change. `shared` tells whether it had already left in a batch."""

    feedback_id: str
    feedback_type: str
    week: str
    task_category: str | None
    rating: int | None
    thumb: str | None
    reasons: list[str]
    shared: bool


class Undone(Struct, frozen=True):
    """A record is gone. `shared` tells whether it had already left in a batch."""

    feedback_id: str
    deleted: bool
    shared: bool


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


class RatingInsight(Struct, frozen=True):
    """Answer of `/v1/insights/ratings`, best first."""

    group_by: list[str]
    rows: list[RatingRow]


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
    """Answer of `/v1/insights/usage`; `answer_rate` is the share of questions shown that were answered."""

    group_by: list[str]
    rows: list[UsageRow]
    answer_rate: AnswerRate | None
