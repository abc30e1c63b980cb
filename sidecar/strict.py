"""The strict reader: JSON text into the Structs of `records`, or an error that teaches.

Job: refuse duplicate keys, NaN, infinities, deep or huge values and content-like fields; fold aliases; say in
our own words what to change.
Must not: repeat anything of what was sent. msgspec's messages quote unknown names and values, so they are
read here for the place of the fault only and never shown.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NoReturn, TypeAlias, TypeVar, get_args, get_type_hints

import msgspec

from sidecar import vocabulary
from sidecar.errors import ContentNotAccepted, InvalidRecord, MalformedJson
from sidecar.modelnames import base_name
from sidecar.records import KINDS, OWN_WORD, Change, Feedback

Json: TypeAlias = dict[str, Any] | list[Any] | str | int | float | bool | None
T = TypeVar("T", bound=msgspec.Struct)

MAX_BATCH: Final = 500  # what one group commit writes in a few milliseconds
MAX_NESTING: Final = 8  # a batch needs four
TOO_DEEP: Final = f"nest at most {MAX_NESTING} levels deep"
OWN_WORD_FIELDS: Final = ("task_category", "error_type")
OWN_WORD_FORM: Final = re.compile(OWN_WORD)
MODEL_FIELDS: Final = ("model", "preferred", "alternative")
WHOLE_FIELDS: Final = ("rating", "count", "context_tokens")

_KIND_OF: Final = {cls.kind: cls for cls in KINDS}
_KNOWN_FIELDS: Final = frozenset(name for cls in (*KINDS, Change) for name in cls.__struct_fields__)
_AT: Final = re.compile(r"`\$(?:\.(\w+))?[^`]*`$")
_MISSING: Final = re.compile(r"missing required field `(\w+)`")

TEACHING: Final = (
    "feedback-sidecar never takes prompts or answers: leave this field out and send what you thought of the "
    "answer instead, as a rating (1 to 5 or a thumb), a comparison of two models, reasons from the closed "
    "list, an error_report or a feature_request"
)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidRecord("each key may stand only once in an object; remove the repeated one")
    return found


def _constant(_: str) -> NoReturn:
    raise InvalidRecord("NaN and Infinity are not JSON; leave the field out when there is no number")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)


def loads(body: bytes) -> Json:
    """Decode one JSON text (RFC 8259, UTF-8 only).

    Raises:
        MalformedJson: not UTF-8, or not JSON.
        InvalidRecord: a repeated key, NaN or Infinity, a number of thousands of digits, nesting without end,
            or half of a surrogate pair.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedJson("send the body as UTF-8") from None
    try:
        found: Json = _DECODER.decode(text)
    except json.JSONDecodeError:
        raise MalformedJson("send one JSON object; the text could not be parsed") from None
    except RecursionError:
        raise InvalidRecord(TOO_DEEP) from None
    except ValueError:
        raise InvalidRecord("send numbers of a sensible length") from None
    if text.count("{") + text.count("[") > MAX_NESTING and _nests_over(found, MAX_NESTING):
        raise InvalidRecord(TOO_DEEP)
    if "\\u" in text:
        _refuse_lone_surrogates(found)
    return found


def _nests_over(found: Json, levels: int) -> bool:
    """Whether a value holds more containers inside each other than this."""
    if not isinstance(found, dict | list):
        return False
    inner = found.values() if isinstance(found, dict) else found
    return levels == 0 or any(_nests_over(each, levels - 1) for each in inner)


def _refuse_lone_surrogates(found: Json) -> None:
    """Half a surrogate pair is no character: it cannot be stored, hashed or shown."""
    try:
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidRecord("write characters whole: half of a surrogate pair was found") from None


def record(found: Json) -> Feedback:
    """One decoded JSON value as a record.

    Raises:
        ContentNotAccepted: a field that could carry a prompt or an answer.
        InvalidRecord: anything else that does not fit the schema.
    """
    fields = _object(found)
    kind = fields.get("feedback_type")
    cls = _KIND_OF.get(kind) if isinstance(kind, str) else None
    if cls is None:
        raise InvalidRecord(f"`feedback_type` must be one of {', '.join(_KIND_OF)}", field="feedback_type")
    return convert(_prepare(fields), cls)


def batch(found: Json) -> list[Feedback]:
    """The records of `{"records": [...]}`, 1 to 500 of them.

    Raises:
        ContentNotAccepted, InvalidRecord: with `index` set to the position of the record at fault.
    """
    fields = _object(found)
    rows = fields.get("records")
    if set(fields) != {"records"} or not isinstance(rows, list) or not 1 <= len(rows) <= MAX_BATCH:
        raise InvalidRecord(f'send {{"records": [...]}} with 1 to {MAX_BATCH} records', field="records")
    read = []
    for index, row in enumerate(rows):
        try:
            read.append(record(row))
        except (ContentNotAccepted, InvalidRecord) as fault:
            fault.index = index
            raise
    return read


def change(found: Json) -> Change:
    """The body of a PATCH.

    Raises:
        ContentNotAccepted, InvalidRecord: as for `record`.
    """
    return convert(_prepare(_object(found)), Change)


def _object(found: Json) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise InvalidRecord("send a JSON object")
    for name in found:
        field = None if name in _KNOWN_FIELDS else vocabulary.content_field(name)
        if field is not None:
            raise ContentNotAccepted(TEACHING, field=field)
    return found


def _prepare(fields: dict[str, Any]) -> dict[str, Any]:
    """Fold the spellings that mean the same, before the schema looks at them."""
    task = fields.get("task_category")
    if isinstance(task, str):
        fields["task_category"] = vocabulary.task_category(task)
    for name in MODEL_FIELDS:
        model = fields.get(name)
        if isinstance(model, str):
            fields[name] = base_name(model)
    for name in WHOLE_FIELDS:
        number = fields.get(name)
        if isinstance(number, float) and number.is_integer():
            fields[name] = int(number)  # JSON knows one kind of number, and some languages write 4 as 4.0
    return fields


def convert(fields: Mapping[str, Any], cls: type[T]) -> T:
    """Fields as a Struct of the schema; null stands for left out.

    Raises:
        InvalidRecord: they do not fit; `field` names the one at fault.
    """
    known = cls.__struct_fields__
    given = {name: value for name, value in fields.items() if value is not None or name not in known}
    try:
        found = msgspec.convert(given, cls)
    except msgspec.ValidationError as fault:
        raise _explain(str(fault), cls) from None
    for name, words in closed_fields(cls).items():
        value = getattr(found, name)
        if value is None or (name in OWN_WORD_FIELDS and OWN_WORD_FORM.fullmatch(value)):
            continue  # whether its product declares it, only the intake knows
        if not (words.issuperset(value) if isinstance(value, tuple) else value in words):
            raise _must_be(name, cls)
        if isinstance(value, tuple) and len(set(value)) != len(value):
            raise _must_be(name, cls)
    return found


@cache
def closed_fields(cls: type[msgspec.Struct]) -> dict[str, frozenset[str]]:
    """Fields of a Struct whose words come from a closed list -> that list."""
    lists = {name: _words(hint) for name, hint in get_type_hints(cls, include_extras=True).items()}
    return {name: words for name, words in lists.items() if words}


@cache
def described_fields(cls: type[msgspec.Struct]) -> dict[str, msgspec.Meta]:
    """Fields of a Struct -> the Meta that describes them."""
    hints = get_type_hints(cls, include_extras=True)
    metas = {name: next(iter(_metas(hints[name])), None) for name in cls.__struct_fields__}
    return {name: meta for name, meta in metas.items() if meta is not None}


def _metas(hint: object) -> list[msgspec.Meta]:
    """Every Meta inside a type hint, the outermost first."""
    own = [meta for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, msgspec.Meta)]
    return own + [meta for inner in get_args(hint) for meta in _metas(inner)]


def _words(hint: object) -> frozenset[str]:
    return next((m.extra["words"] for m in _metas(hint) if m.extra and m.extra.get("words")), frozenset())


def _must_be(name: str, cls: type[msgspec.Struct]) -> InvalidRecord:
    meta = described_fields(cls).get(name)
    words = closed_fields(cls).get(name)
    listed = f": {', '.join(sorted(words))}" if words else ""
    return InvalidRecord(f"`{name}` must be {meta.description if meta else 'left out'}{listed}", field=name)


def _explain(message: str, cls: type[msgspec.Struct]) -> InvalidRecord:
    """Our own words for msgspec's, which may quote what was sent."""
    missing = _MISSING.search(message)
    if missing and missing[1] in cls.__struct_fields__:
        return InvalidRecord(f"`{missing[1]}` is required", field=missing[1])
    at = _AT.search(message)
    if at and at[1] in cls.__struct_fields__:
        return _must_be(at[1], cls)
    fields = ", ".join(cls.__struct_fields__)
    return InvalidRecord(f"a field is not known; this kind takes {fields}")
