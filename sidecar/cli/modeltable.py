"""`sidecar insights models` for people: the verdict, then each model with what speaks for and against it.

Job: lay comparisons, ratings, speed and errors of a model into one row, each with how sure it is.
Must not: merge them, or leave a cell empty where words can say what is missing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sidecar.cli import screen
from sidecar.cli.screen import Cell, Interval

STARS: Final = (1.0, 5.0)
MORE: Final = "not enough data"


def show(found: Mapping[str, Any]) -> None:
    """The verdict and the table."""
    screen.say(found["verdict"])
    if found["why_not"]:
        screen.say(found["why_not"])
    rows = found["models"]
    if not rows:
        return
    level = round(100 * found["level"])
    columns = ["model", f"strength, {level} %", "rank", "won, lost, tied", f"stars, {level} %"]
    columns += ["tokens/s", "errors", "note"]
    bounds = [row[end] for row in rows for end in ("low", "high") if row[end] is not None]
    scale = (min(bounds), max(bounds)) if bounds else (0.0, 0.0)
    groups = _groups(found["components"])
    screen.show_table(columns, [_row(row, scale, groups.get(row["model"], "")) for row in rows], lines=True)
    rated = {row["model"]: row["expected_stars"] for row in rows if row["expected_stars"] is not None}
    if len(rated) > 1:
        best = max(rated, key=lambda name: float(rated[name]))
        screen.say(f"By stars alone the next answer is best expected of {best}: {rated[best]:.2f} stars.")


def _groups(components: Sequence[Sequence[str]]) -> dict[str, str]:
    """Model -> words for its group; none where there is but one."""
    if len(components) <= 1:
        return {}
    return {model: f" of group {n}" for n, group in enumerate(components, start=1) for model in group}


def _row(row: Mapping[str, Any], scale: tuple[float, float], group: str) -> list[Cell]:
    name = f"{row['model']} (may be the best{group})" if row["top"] else row["model"]
    return [
        name,
        *_compared(row, scale, group),
        _stars(row["rating"]),
        _speed(row["speed"]),
        _errors(row["errors"]),
        _note(row),
    ]


def _compared(row: Mapping[str, Any], scale: tuple[float, float], group: str) -> list[Cell]:
    if row["strength"] is None:
        return ["not compared", "-", "-"]
    low, high = row["rank_low"], row["rank_high"]
    return [
        Interval(row["low"], row["strength"], row["high"], *scale),
        f"{low}{group}" if low == high else f"{low} to {high}{group}",
        f"{row['wins']:,}, {row['losses']:,}, {row['ties']:,}",
    ]


def _stars(rating: Mapping[str, Any] | None) -> Cell:
    if rating is None:
        return "not rated"
    if not rating["n"]:
        return f"thumbs: {rating['up']:,} up, {rating['down']:,} down"
    return Interval(rating["low"], rating["estimate"], rating["high"], *STARS)


def _speed(speed: Mapping[str, Any] | None) -> str:
    if speed is None:
        return "not measured"
    return f"{speed['p50']:.1f}" if speed["enough"] else f"{speed['p50']:.1f}, {MORE}"


def _errors(errors: Mapping[str, Any] | None) -> str:
    if errors is None:
        return "none known"
    told = f"{errors['errors']:,} of {errors['n']:,}"
    return told if errors["enough"] else f"{told}, {MORE}"


def _note(row: Mapping[str, Any]) -> str:
    rating = row["rating"]
    rated = rating["why_not"] if rating and rating["n"] else None
    return " ".join(filter(None, (row["why_struggles"], rated and f"Stars: {rated}")))
