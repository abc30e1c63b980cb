"""The rows of the store as values, and what each record adds to the cells.

Job: name the dimensions of a series and the values of a record, exactly as the tables have them, and say
which counters one record moves.
Must not: read or write a database; only `records.py` of the floor below says which fields exist.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import fields

from sidecar.buckets import half_octave


class Series(Struct, frozen=True, cache_hash=True, kw_only=True):
    """One combination of dimensions; `""` means not given."""

    kind: str
    product_id: str = ""
    product_version: str = ""
    runs_on: str = "local"
    hardware_bucket: str = ""
    task_category: str = ""
    model: str = ""
    variant: str = ""
    preferred: str = ""
    preferred_variant: str = ""
    alternative: str = ""
    alternative_variant: str = ""
    error_type: str = ""
    runtime: str = ""
    runtime_version: str = ""
    fingerprint: str = ""
    category: str = ""
    action: str = ""


class Values(Struct, frozen=True, cache_hash=True, kw_only=True):
    """What one record says, in the units that are stored.

    `tokens_per_second`, `first_token_ms` and `context_tokens` are lower edges of half-octave buckets;
    `reasons` are words in alphabetical order, joined by commas.
    """

    safe_to_share: int = 1
    rating: int | None = None
    thumb: str | None = None
    tie: int | None = None
    reasons: str | None = None
    count: int | None = None
    tokens_per_second: int | None = None
    first_token_ms: int | None = None
    context_tokens: int | None = None


class ErrorTemplate(Struct, frozen=True):
    """What is kept of an error message."""

    fingerprint: str
    template: str
    signature: str | None


class NewRecord(Struct, frozen=True, kw_only=True):
    """A record on its way to the disk.

    Attributes:
        id: 16 bytes, unguessable; derived from the idempotency key when there is one.
        measures: the counters it moves, as `measures` gives them.
        keys: the model keys of `model`, `preferred`, `alternative` (`""` where there is none).
        digest: 8 bytes over what the record says, for a keyed record only.
    """

    id: bytes
    week: int
    series: Series
    values: Values
    measures: tuple[tuple[str, int], ...]
    keys: tuple[str, str, str] = ("", "", "")
    digest: bytes | None = None
    text: str | None = None
    template: ErrorTemplate | None = None


SERIES_COLUMNS: Final = tuple(field.name for field in fields(Series))
KEY_COLUMNS: Final = ("model_key", "preferred_key", "alternative_key")
VALUE_COLUMNS: Final = tuple(field.name for field in fields(Values))
SPEEDS: Final = ("tokens_per_second", "first_token_ms", "context_tokens")


def reasons_text(reasons: tuple[str, ...]) -> str | None:
    """The stored form of reasons: sorted, joined by commas; none -> None."""
    return ",".join(sorted(reasons)) or None


def speed_edge(value: float | None) -> int | None:
    """The lower edge of the half-octave bucket that a speed falls into."""
    return None if value is None else half_octave(value)


def measures(kind: str, values: Values) -> list[tuple[str, int]]:
    """The counters that one record moves, and by how much.

    A usage record moves `count` by its own count; `n` counts the records of kinds without another total.
    """
    match kind:
        case "rating":
            found = [(f"rating:{values.rating}" if values.rating else f"thumb:{values.thumb}", 1)]
        case "comparison":
            found = [("tie" if values.tie else "win", 1)]
        case "usage_pattern":
            edges = ((name, getattr(values, name)) for name in SPEEDS)
            found = [("n", 1), ("count", values.count or 1)]
            found += [(f"{name}:{edge}", 1) for name, edge in edges if edge is not None]
        case _:
            found = [("n", 1)]
    if values.reasons:
        found += [(f"reason:{reason}", 1) for reason in values.reasons.split(",")]
    return found
