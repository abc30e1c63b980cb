"""Stamping: an accepted record becomes the rows that are stored, and the words that answer it.

Job: derive the id, reduce the model names to keys, scrub an error, redact a wish, put numbers into buckets.
Must not: read a clock, a random source or a file; all of that comes in as `Circumstances`.
"""

from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from msgspec import Struct

from sidecar.errors import InvalidRecord
from sidecar.records import Comparison, ErrorReport, FeatureRequest, Feedback, Rating, UsagePattern
from sidecar.store.facts import model_name
from sidecar.store.rows import ErrorTemplate, NewRecord, Series, Values, measures, reasons_text, speed_edge
from sidecar.vocabulary import UNKNOWN

if TYPE_CHECKING:
    from sidecar.scrub import ScrubbedError

ID_BYTES: Final = 16
DIGEST_BYTES: Final = 8  # compared only under one key, where 64 bits tell two records apart

REMEMBERED: Final = 1024  # outlines, of about 1 KiB each
R = TypeVar("R", bound=Feedback)


class Circumstances(Struct, frozen=True, kw_only=True):
    """What stamping needs to know of the moment.

    Attributes:
        random_id: 16 fresh random bytes, used when there is no idempotency key.
        salt: the install's secret `privacy_salt`.
        origin: the web origin, or `""`; part of the scope of a key.
        bucket: of this machine; None while the probe of this start is running.
        share_by_default: what `safe_to_share` means when it is left out.
    """

    random_id: bytes
    salt: bytes
    week: int
    bucket: str | None
    origin: str = ""
    share_by_default: bool = True


class Outline(Struct, frozen=True):
    """What a record says, apart from who sent it when."""

    series: Series
    keys: tuple[str, str, str]
    values: Values
    measures: tuple[tuple[str, int], ...]


class Stamped(Struct, frozen=True):
    """A record ready to store, with what the scrubber found in it."""

    row: NewRecord
    scrubbed: "ScrubbedError | None" = None


def stamp(record: Feedback, moment: Circumstances) -> Stamped:
    """The rows of one record.

    Raises:
        InvalidRecord: two models that are the same one.
    """
    scrubbed = text = None
    match record:
        case ErrorReport():
            from sidecar.scrub import scrub_error  # noqa: PLC0415  # its tables weigh more than all of ingest

            scrubbed = scrub_error(record.error_type, record.error_message)
            said = outline(record, moment.bucket, moment.share_by_default, scrubbed)
        case FeatureRequest():
            from sidecar.scrub import redact_request  # noqa: PLC0415  # as above

            text = redact_request(record.feature_description)
            said = outline(record, moment.bucket, moment.share_by_default)
        case _:
            said = _repeated_outline(anonymous(record), moment.bucket, moment.share_by_default)
    keyed = record.idempotency_key is not None
    row = NewRecord(
        id=_key_id(record, moment) if keyed else moment.random_id,
        week=moment.week,
        series=said.series,
        values=said.values,
        keys=said.keys,
        measures=said.measures,
        digest=_digest(said, text, moment.salt) if keyed else None,
        text=text,
        template=_template(scrubbed) if scrubbed else None,
    )
    return Stamped(row, scrubbed)


def _template(scrubbed: "ScrubbedError") -> ErrorTemplate:
    return ErrorTemplate(scrubbed.fingerprint, scrubbed.template, scrubbed.signature)


def anonymous(record: R) -> R:
    """The record without its key: two that say the same are then equal."""
    if record.idempotency_key is None:
        return record
    return msgspec.structs.replace(record, idempotency_key=None)


def outline(
    record: Feedback,
    bucket: str | None,
    share_by_default: bool,  # noqa: FBT001  # lru_cache wants it by position
    scrubbed: "ScrubbedError | None" = None,
) -> Outline:
    """The dimensions, the values and the counters of a record.

    Raises:
        InvalidRecord: two models that are the same one.
    """
    keys = _keys(record)
    series = _series(record, bucket, scrubbed)
    values = _values(record, share_by_default=share_by_default)
    return Outline(series, keys, values, tuple(measures(record.kind, values)))


# A person gives the same few ratings to the same few models; what such a record becomes is worked out once.
# Only kinds without free text come here: nothing that a person wrote stays in memory.
_repeated_outline = lru_cache(maxsize=REMEMBERED)(outline)


def _keys(record: Feedback) -> tuple[str, str, str]:
    match record:
        case Comparison():
            preferred, alternative = model_name(record.preferred).key, model_name(record.alternative).key
            if preferred == alternative and record.preferred_variant == record.alternative_variant:
                raise InvalidRecord(
                    "`preferred` and `alternative` are the same model; name two models, or the same one with "
                    "different `preferred_variant` and `alternative_variant`",
                    field="alternative",
                )
            return "", preferred, alternative
        case Rating() | ErrorReport() | UsagePattern() if record.model:
            return model_name(record.model).key, "", ""
        case _:
            return "", "", ""


def _series(record: Feedback, bucket: str | None, scrubbed: "ScrubbedError | None") -> Series:
    """The dimensions of a record, field by field under their own names; a tie is stored in one order."""
    given = {name: getattr(record, name, None) or "" for name in _FIELDS[type(record)]}
    if (
        isinstance(record, Comparison)
        and record.tie
        and _tie_order(record) > _tie_order(record, swapped=True)
    ):
        for left, right in (("preferred", "alternative"), ("preferred_variant", "alternative_variant")):
            given[left], given[right] = given[right], given[left]
    if scrubbed is not None:
        given |= {"error_type": scrubbed.error_type, "fingerprint": scrubbed.fingerprint}
    here = (bucket or "") if record.runs_on == "local" else UNKNOWN
    return Series(kind=record.kind, hardware_bucket=here, **given)


def _tie_order(record: Comparison, *, swapped: bool = False) -> tuple[str, ...]:
    sides = (
        (record.preferred, record.preferred_variant or ""),
        (record.alternative, record.alternative_variant or ""),
    )
    first, second = reversed(sides) if swapped else sides
    return (*first, *second)


def _values(record: Feedback, *, share_by_default: bool) -> Values:
    shared = share_by_default if record.safe_to_share is None else record.safe_to_share
    match record:
        case Rating():
            return Values(
                safe_to_share=int(shared),
                rating=record.rating,
                thumb=record.thumb,
                reasons=reasons_text(record.reasons),
            )
        case Comparison():
            return Values(
                safe_to_share=int(shared), tie=int(record.tie), reasons=reasons_text(record.reasons)
            )
        case UsagePattern():
            return Values(
                safe_to_share=int(shared),
                count=record.count,
                tokens_per_second=speed_edge(record.tokens_per_second),
                first_token_ms=speed_edge(record.first_token_ms),
                context_tokens=speed_edge(record.context_tokens),
            )
        case _:
            return Values(safe_to_share=int(shared))


def _key_id(record: Feedback, moment: Circumstances) -> bytes:
    """The id of a keyed record: nobody without the salt can guess it, and a repeat finds its first."""
    scope = msgspec.msgpack.encode((record.product_id, moment.origin, record.idempotency_key))
    return blake2b(scope, key=moment.salt, digest_size=ID_BYTES, person=b"idempotency-key").digest()


def _digest(said: Outline, text: str | None, salt: bytes) -> bytes:
    """Over what is stored, but the bucket: with more memory in the machine a repeat is still a repeat."""
    series = msgspec.structs.replace(said.series, hardware_bucket="")
    content = msgspec.msgpack.encode((series, said.values, text))
    return blake2b(content, key=salt, digest_size=DIGEST_BYTES, person=b"record").digest()


_FIELDS: Final = {
    cls: tuple(set(cls.__struct_fields__) & set(Series.__struct_fields__))
    for cls in (Rating, Comparison, ErrorReport, FeatureRequest, UsagePattern)
}
