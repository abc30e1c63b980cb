"""The shapes of what answers from counters.

Job: say what each insight gives back.
Must not: compute anything.
"""

from msgspec import UNSET, Struct, UnsetType

from sidecar.insight.installs import FleetRating, FleetSource
from sidecar.insight.usage import AnswerRate, SpeedQuantiles


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
