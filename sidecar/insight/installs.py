"""Counts of a fleet: what many installs say, who may each have said much.

Job: turn published counts into estimates in which an install has one voice.
Must not: merge them with the counts of this machine, or know where a table came from.

Ratings by one install are alike, and a published cell does not say how alike. So its counts are brought down
to one for each install, by largest remainder: the estimate hardly moves, and the interval is as wide as if
every install had rated once. Who rated more often still weighs more, up to the twenty of a batch.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from sidecar.insight.comparisons import ComparisonAnswer
from sidecar.insight.ratings import RatingCounts, estimate_ratings


class FleetSource(Struct, frozen=True):
    """Which published table it is from.

    Attributes:
        period: the ISO week that it is of, or the first of several.
        product: whose records it counts; null for all.
        k: fewest installs that a figure speaks of.
    """

    period: str
    product: str | None
    k: int


class FleetRating(Struct, frozen=True, kw_only=True):
    """What a fleet says of a task, a machine or a model; never merged with one's own figures.

    Attributes:
        installs: how many said it.
        n: ratings in stars that they gave, as published.
        mean: of these.
        counts: the stars, 1 to 5.
        estimate, low, high: of the mean of all stars, each install one voice; null without stars.
        level: how often such intervals hold the truth.
        up, down: thumbs, as published.
        enough: whether the estimate may be shown as a finding.
        why_not: what is missing for that; null when enough.
    """

    installs: int
    n: int
    mean: float | None
    counts: list[int]
    estimate: float | None
    low: float | None
    high: float | None
    level: float
    up: int
    down: int
    enough: bool
    why_not: str | None


class FleetModel(Struct, frozen=True, kw_only=True):
    """What a fleet says of one model.

    Attributes:
        model: its key.
        rating: its ratings; null without any.
        strength, low, high: as in `Contestant`, of the comparisons of the fleet alone; null without any.
        top: whether it may be the best of those that the fleet compared it with.
    """

    model: str
    rating: FleetRating | None
    strength: float | None
    low: float | None
    high: float | None
    top: bool


class FleetModels(Struct, frozen=True, kw_only=True):
    """What a fleet says of models for the same task on the same machine.

    Attributes:
        source: the table.
        verdict: on its comparisons, one for each install, in one plain sentence; null without any.
        others: models that nobody used here, the strongest or best rated first.
    """

    source: FleetSource
    verdict: str | None
    others: list[FleetModel]


class FleetCell(Struct, frozen=True):
    """A published cell: installs, stars, thumbs up and down."""

    installs: int
    stars: tuple[int, int, int, int, int]
    thumbs: tuple[int, int]


def fleet_ratings(cells: Sequence[FleetCell]) -> list[FleetRating]:
    """One estimate for each cell, in the same order; the cells lend each other their prior."""
    voices = [RatingCounts(_five(one_voice(cell.stars, cell.installs))) for cell in cells]
    return [
        FleetRating(
            installs=cell.installs,
            n=sum(cell.stars),
            mean=_mean(cell.stars),
            counts=list(cell.stars),
            estimate=found.estimate,
            low=found.low,
            high=found.high,
            level=found.level,
            up=cell.thumbs[0],
            down=cell.thumbs[1],
            enough=found.enough,
            why_not=found.why_not,
        )
        for cell, found in zip(cells, estimate_ratings(voices, siblings=voices), strict=True)
    ]


def fleet_models(ratings: Mapping[str, FleetRating], compared: ComparisonAnswer | None) -> list[FleetModel]:
    """One for each model that was rated or compared; those that were compared first, from strong to weak."""
    contestants = {each.model: each for each in compared.models} if compared else {}
    rated = sorted(ratings, key=lambda name: (-(ratings[name].estimate or 0.0), name))
    names = dict.fromkeys((*contestants, *rated))
    found = []
    for name in names:
        contestant = contestants.get(name)
        found.append(
            FleetModel(
                model=name,
                rating=ratings.get(name),
                strength=contestant.strength if contestant else None,
                low=contestant.low if contestant else None,
                high=contestant.high if contestant else None,
                top=contestant is not None and contestant.top,
            )
        )
    return found


def one_voice(counts: Sequence[int], installs: int) -> tuple[int, ...]:
    """Counts of at most one for each install, in the same shares, by largest remainder."""
    total = sum(counts)
    if total <= installs:
        return tuple(counts)
    shares = [divmod(count * installs, total) for count in counts]
    left = installs - sum(whole for whole, _ in shares)
    largest = sorted(range(len(counts)), key=lambda place: -shares[place][1])[:left]
    return tuple(whole + (place in largest) for place, (whole, _) in enumerate(shares))


def _five(counts: Sequence[int]) -> tuple[int, int, int, int, int]:
    one, two, three, four, five = counts
    return one, two, three, four, five


def _mean(stars: Sequence[int]) -> float | None:
    n = sum(stars)
    return sum(star * count for star, count in enumerate(stars, 1)) / n if n else None
