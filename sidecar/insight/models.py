"""Best model: comparisons, ratings, speed and errors of each model for a task and a machine, side by side.

Job: put four answers about the same models into one row each, and mark those that the machine struggles with.
Must not: merge them into one number: between a fast model that nobody likes and a slow one there is no mean.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import msgspec
from msgspec.structs import replace

from sidecar.insight.comparisons import ComparisonAnswer, Contestant
from sidecar.insight.installs import FleetModel, FleetModels, FleetSource
from sidecar.insight.intervals import DEFAULT_LEVEL, normal_quantile, wilson
from sidecar.insight.ratings import RatingCounts, RatingEstimate, estimate_ratings, expected_stars
from sidecar.insight.usage import SpeedQuantiles, quantiles

SLOWEST_TO_READ: Final = 6
"""Tokens per second: four words a second, which is how fast people read. Slower models keep them waiting."""

MOST_FAILURES: Final = 0.1
"""Of generations: where surely more than one in ten ends for want of memory, the machine is too small."""

ENOUGH_RUNS: Final = 10
"""Generations and errors: of fewer, one is more than a tenth."""

Count = Annotated[int, msgspec.Meta(ge=0)]


class ModelCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What is counted of one model for the task and the machine that are asked about.

    Attributes:
        model: its name, the same as in the comparisons.
        ratings: stars and thumbs.
        tokens_per_second: histogram of half-octave buckets, lower edge -> records.
        generations: answers that it gave, and gave again (`generation`, `regeneration`).
        errors: error reports that name it.
        did_not_fit: of these, `out_of_memory` and `model_load`.
    """

    model: str
    ratings: RatingCounts = RatingCounts((0, 0, 0, 0, 0))
    tokens_per_second: Mapping[int, int] = {}
    generations: Count = 0
    errors: Count = 0
    did_not_fit: Count = 0


class ErrorRate(msgspec.Struct, frozen=True):
    """How often a model failed.

    Attributes:
        errors: error reports.
        n: these and the answers that it gave. A product that reports errors but no usage shows 100 %.
        rate: errors / n.
        low: lower bound (Wilson).
        high: upper bound (Wilson).
        level: how often such intervals hold the truth.
        enough: whether the rate may be shown as a finding.
    """

    errors: int
    n: int
    rate: float
    low: float
    high: float
    level: float
    enough: bool


class ModelRow(msgspec.Struct, frozen=True, kw_only=True):
    """One model. What nobody compared, rated, ran or reported is null.

    The nine after `model` are as in `Contestant`; `wins`, `losses`, `ties` are 0 where it was not compared.
    `expected_stars` is the star that its next rating is expected to have, given how the other models were
    rated: whoever has to choose now takes the highest. `struggles` says that this machine cannot run it well,
    `why_struggles` in words why. `fleet` is what a kept fleet table says of it.
    """

    model: str
    strength: float | None
    low: float | None
    high: float | None
    rank_low: int | None
    rank_high: int | None
    top: bool
    wins: int
    losses: int
    ties: int
    rating: RatingEstimate | None
    expected_stars: float | None
    speed: SpeedQuantiles | None
    errors: ErrorRate | None
    struggles: bool
    why_struggles: str | None
    fleet: FleetModel | None = None


class ModelInsight(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `/v1/insights/models`; what is not explained here is as in `ComparisonAnswer`.

    `models` begins with those that were compared, in the order of the components; then come the others by the
    order of their ratings (`RatingEstimate.sort_key`) and by name.
    """

    task_category: str | None
    hardware_bucket: str | None
    n_comparisons: int
    ties: str
    level: float
    components: list[list[str]]
    models: list[ModelRow]
    verdict: str
    enough: bool
    why_not: str | None
    fleet: FleetModels | None = None


def side_by_side(
    compared: ComparisonAnswer, counts: Sequence[ModelCounts], hardware_bucket: str | None
) -> ModelInsight:
    """One row for each model that was compared or counted.

    Args:
        compared: what the comparisons of the task and the machine say.
        counts: what else is counted there, each model at most once.
        hardware_bucket: the machine; None pools all, and then no model is marked.
    """
    counted = {each.model: each for each in counts}
    estimates = dict(zip(counted, estimate_ratings([each.ratings for each in counts]), strict=True))
    expected = dict(zip(counted, expected_stars([each.ratings for each in counts]), strict=True))
    contestants = {each.model: each for each in compared.models}
    others = sorted(counted.keys() - contestants.keys(), key=lambda name: (-estimates[name].sort_key, name))
    rows = [
        _row(
            counted.get(name) or ModelCounts(model=name),
            contestants.get(name),
            estimates.get(name),
            expected.get(name),
            on_one_machine=hardware_bucket is not None,
        )
        for name in (*contestants, *others)
    ]
    return ModelInsight(
        task_category=compared.task_category,
        hardware_bucket=hardware_bucket,
        n_comparisons=compared.n_comparisons,
        ties=compared.ties,
        level=compared.level,
        components=compared.components,
        models=rows,
        verdict=compared.verdict + _warning([row for row in rows if row.top and row.struggles]),
        enough=compared.enough,
        why_not=compared.why_not,
    )


def with_fleet(
    found: ModelInsight, source: FleetSource, verdict: str | None, fleet: Sequence[FleetModel]
) -> ModelInsight:
    """The same with the figures of a fleet beside each row; not one of the row's own is touched."""
    known = {each.model: each for each in fleet}
    rows = [replace(row, fleet=known.pop(row.model, None)) for row in found.models]
    return replace(
        found,
        models=rows,
        fleet=FleetModels(source=source, verdict=verdict, others=list(known.values())),
    )


def _row(
    counts: ModelCounts,
    contestant: Contestant | None,
    rating: RatingEstimate | None,
    expected: float | None,
    *,
    on_one_machine: bool,
) -> ModelRow:
    speed = quantiles(counts.tokens_per_second)
    why = _why_struggles(counts, speed) if on_one_machine else None
    rated = rating is not None and (rating.n or rating.up or rating.down)
    return ModelRow(
        model=counts.model,
        strength=contestant.strength if contestant else None,
        low=contestant.low if contestant else None,
        high=contestant.high if contestant else None,
        rank_low=contestant.rank_low if contestant else None,
        rank_high=contestant.rank_high if contestant else None,
        top=contestant is not None and contestant.top,
        wins=contestant.wins if contestant else 0,
        losses=contestant.losses if contestant else 0,
        ties=contestant.ties if contestant else 0,
        rating=rating if rated else None,
        expected_stars=expected,
        speed=speed,
        errors=_error_rate(counts.errors, counts.generations),
        struggles=why is not None,
        why_struggles=why,
    )


def _error_rate(errors: int, generations: int) -> ErrorRate | None:
    n = errors + generations
    if n == 0:
        return None
    low, high = wilson(errors, n, normal_quantile(DEFAULT_LEVEL))
    return ErrorRate(errors, n, errors / n, low, high, DEFAULT_LEVEL, enough=n >= ENOUGH_RUNS)


def _why_struggles(counts: ModelCounts, speed: SpeedQuantiles | None) -> str | None:
    """Only what the lower or upper bound proves: a slow afternoon does not mark a model."""
    n = counts.did_not_fit + counts.generations
    if n >= ENOUGH_RUNS and wilson(counts.did_not_fit, n, normal_quantile(DEFAULT_LEVEL))[0] > MOST_FAILURES:
        return f"{counts.did_not_fit} of {n} runs ended because it does not fit into this machine."
    if speed is not None and speed.enough and speed.high is not None and speed.high <= SLOWEST_TO_READ:
        return (
            f"Half of its answers come at {speed.p50:.1f} tokens per second or slower, below reading speed."
        )
    return None


def _warning(rows: Sequence[ModelRow]) -> str:
    if not rows:
        return ""
    return f" This machine struggles with {' and '.join(row.model for row in rows)}."
