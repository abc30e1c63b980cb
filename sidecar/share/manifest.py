"""The manifest: the one reviewed table of what may leave this machine.

Job: say for each kind which dimensions a batch could carry, with which values and why, and show for one
record the exact cell that it could become.
Must not: let through a word that is on no public list. What is not in the table does not leave.

A scope is what a user grants: one kind of record.
"""

import re
from functools import cache
from typing import Any, Final

from msgspec import Struct

from sidecar import modelnames
from sidecar.buckets import bucket_label
from sidecar.modelnames import ModelName
from sidecar.vocabulary import OWN_PREFIX

REVISION: Final = 1
"""Raised whenever the table widens; an old consent goes on, filtered to the revision it was given for."""

OTHER: Final = "other"


class Entry(Struct, frozen=True):
    """One thing that may leave: where it stands in a batch, its values, why, and since which revision."""

    kind: str
    name: str
    values: str
    why: str
    since: int = 1


_TASK = ("task_category", "the closed list; a product's own tasks as `other`", "what the model is used for")
_MODEL = ("model", "a key of the public list, else `custom`", "which model it is about")
_VERSION = ("product_version", "up to three numbers, else `other`", "whether a release did better or worse")

_BUCKET = ("hardware_bucket", "left out, or `unknown` for another machine's", "not to count it for this one")

MANIFEST: Final = (
    Entry("batch", "schema", "a number", "how to read the batch"),
    Entry("batch", "manifest", "a number", "which revision of this table was granted"),
    Entry("batch", "keys", "a number", "which list of public models named them"),
    Entry("batch", "period", "an ISO week, as `2026-W47`", "when it was, no closer than a week"),
    Entry("batch", "hardware_bucket", "`ram…_gpu…` or `unknown`", "what runs well on which machines"),
    Entry("batch", "product", "the id of the product that asked", "whose feedback it is"),
    Entry("batch", "withdrawal", "a hash", "so that you can take it back without saying who you are"),
    Entry("batch", "supersedes", "the id of an earlier form of the same batch, or null", "to count it once"),
    Entry("batch", "lost", "kind, reason of the closed list, how many", "how complete the counts are"),
    Entry("rating", *_BUCKET),
    Entry("rating", *_TASK),
    Entry("rating", *_MODEL),
    Entry("rating", *_VERSION),
    Entry("rating", "variant", "declared by the product, else null", "which of its own variants did better"),
    Entry("rating", "counts", "how many of 1, 2, 3, 4, 5 stars", "how good the answers were"),
    Entry("rating", "thumbs", "how many up and down", "how good the answers were"),
    Entry("comparison", *_BUCKET),
    Entry("comparison", *_TASK),
    Entry(
        "comparison", "models", "two keys of the public list, at most one `custom`", "which two were compared"
    ),
    Entry("comparison", "wins", "how often each did better", "which model does better"),
    Entry("comparison", "ties", "how often neither did", "which models are alike"),
    Entry("error_report", *_BUCKET),
    Entry("error_report", "error_type", "the closed list; a product's own codes as `other`", "what fails"),
    Entry("error_report", "signature", "an id of the shipped catalogue, else `other`", "what fails, exactly"),
    Entry("error_report", *_MODEL),
    Entry("error_report", "runtime", "the closed list", "where it fails"),
    Entry("error_report", "runtime_version", "up to three numbers, else `other`", "since when it fails"),
    Entry("error_report", *_VERSION),
    Entry("error_report", "count", "a number", "how often it fails"),
    Entry("usage_pattern", *_BUCKET),
    Entry("usage_pattern", *_TASK),
    Entry("usage_pattern", *_MODEL),
    Entry("usage_pattern", "action", "the closed list", "what people do with answers"),
    Entry("usage_pattern", "count", "a number, capped", "how much a task matters"),
    Entry("usage_pattern", "speed", "tokens per second in half-octave buckets", "how fast it runs there"),
    Entry("feature_request", "category", "the closed list, or null", "what the wish is about"),
    Entry("feature_request", "text", "the words that you approved, one wish at a time", "what is wished for"),
)

SCOPES: Final = {
    "ratings": "rating",
    "comparisons": "comparison",
    "errors": "error_report",
    "usage": "usage_pattern",
    "requests": "feature_request",
}
"""What a user can grant -> the kind of record that it lets leave, as counts; a wish only when approved."""

COUNTED: Final = tuple(kind for kind in SCOPES.values() if kind != "feature_request")
"""The kinds of which counts may leave."""


@cache
def allowed(kind: str, revision: int = REVISION) -> frozenset[str]:
    """Which members a cell of a kind may have under a grant of some revision."""
    return frozenset(entry.name for entry in MANIFEST if entry.kind == kind and entry.since <= revision)


_VERSION_NUMBERS: Final = re.compile(r"v?(\d{1,5}(?:\.\d{1,5}){0,2})(?:[.+_-].*)?", re.ASCII)


class Declared(Struct, frozen=True, cache_hash=True, kw_only=True):
    """Words of a product's own that may leave to the product's own destination, and to no other.

    Attributes:
        models: model keys.
        words: `x_` tasks and error codes.
        variants: names of its own variants.
    """

    models: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    variants: frozenset[str] = frozenset()


NOTHING_DECLARED: Final = Declared()


class Facts(Struct, frozen=True, kw_only=True):
    """What of a stored record a batch could be made from; `None` where it says nothing."""

    kind: str
    task_category: str | None = None
    models: tuple[ModelName, ...] = ()
    declared: "Declared" = NOTHING_DECLARED
    variant: str | None = None
    product_version: str | None = None
    rating: int | None = None
    thumb: str | None = None
    tie: bool = False
    error_type: str | None = None
    signature: str | None = None
    runtime: str | None = None
    runtime_version: str | None = None
    action: str | None = None
    count: int = 1
    tokens_per_second: int | None = None


def version_numbers(version: str | None) -> str | None:
    """`1.4.2-rc1` -> `1.4.2`; what does not begin with numbers is `other`: it could name a person."""
    if not version:
        return None
    found = _VERSION_NUMBERS.fullmatch(version)
    return found[1] if found else OTHER


def public_word(word: str | None, declared: Declared = NOTHING_DECLARED) -> str | None:
    """A product's own task or error code leaves as `other`, except to the product's own destination."""
    return OTHER if word and word.startswith(OWN_PREFIX) and word not in declared.words else word


def public_models(facts: Facts) -> list[str]:
    """The keys that may leave: on the public list or declared by the product, else `custom`."""
    return [
        name.key if name.key in facts.declared.models else modelnames.shareable_key(name)
        for name in facts.models
    ]


def shareable_cell(facts: Facts, revision: int = REVISION) -> dict[str, Any]:
    """The cell that one record could become under a grant; empty when nothing of it may leave.

    A feature request leaves only when its owner approves it singly, so its cell is empty too, as is a
    comparison of two models that are both `custom` or of two variants of one: it says nothing to others.
    """
    cell = _cell(facts)
    may = allowed(facts.kind, revision)
    return {"kind": facts.kind, **{name: cell[name] for name in cell if name in may}} if cell else {}


def _cell(facts: Facts) -> dict[str, Any]:
    model = next(iter(public_models(facts)), None)
    version = version_numbers(facts.product_version)
    match facts.kind:
        case "rating":
            return {
                "task_category": public_word(facts.task_category, facts.declared),
                "model": model,
                "product_version": version,
                "variant": facts.variant if facts.variant in facts.declared.variants else None,
                "counts": [int(facts.rating == star) for star in range(1, 6)],
                "thumbs": [int(facts.thumb == "up"), int(facts.thumb == "down")],
            }
        case "comparison":
            return _comparison(facts)
        case "error_report":
            return {
                "error_type": public_word(facts.error_type, facts.declared),
                "signature": facts.signature or OTHER,
                "model": model,
                "runtime": facts.runtime,
                "runtime_version": version_numbers(facts.runtime_version),
                "product_version": version,
                "count": 1,
            }
        case "usage_pattern":
            edge = facts.tokens_per_second
            return {
                "task_category": public_word(facts.task_category, facts.declared),
                "model": model,
                "action": facts.action,
                "count": facts.count,
                "speed": {} if edge is None else {bucket_label(edge): 1},
            }
        case _:
            return {}


def _comparison(facts: Facts) -> dict[str, Any]:
    """A canonical pair, first key < second, so that a pair is one cell whoever won."""
    preferred, alternative = public_models(facts)
    if preferred == alternative:
        return {}
    first, second = sorted((preferred, alternative))
    won = [0, 0] if facts.tie else [int(preferred == first), int(preferred != first)]
    return {
        "task_category": public_word(facts.task_category, facts.declared),
        "models": [first, second],
        "wins": won,
        "ties": int(facts.tie),
    }
