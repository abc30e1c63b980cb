"""THE schema: the five kinds of feedback, as Structs.

Job: say once which fields a record has, what each may hold, and where each is kept. Validation, JSON Schema,
OpenAPI, the documentation table and the stored columns are read from here.
Must not: read clocks or files, know HTTP or SQL, or accept a field that could carry a prompt or an answer.

`Meta.description` is a noun phrase that completes "`field` must be ..."; it is the error message and the
documentation at once. `Meta.extra["kept"]` says where the daemon keeps the field: `series` (a dimension,
interned once), `record` (a value of the one record), `text` (words that never leave unapproved), or
`derived` (only what was made from it is kept).
"""

from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from sidecar import vocabulary
from sidecar.errors import InvalidRecord

Kept: TypeAlias = Literal["series", "record", "text", "derived"]

END: Final = r"$(?!\n)"
"""The end of the text. `$` alone is the same to JSON Schema, but lets a last line feed through in Python."""

IDENTIFIER: Final = rf"^[A-Za-z0-9._+-]{{1,64}}{END}"
MODEL: Final = rf"^[A-Za-z0-9][A-Za-z0-9 ._:/@+()-]{{0,127}}{END}"
_FILE_URL: Final = "[Ff][Ii][Ll][Ee]:/"
_FOLDERS: Final = r"(?:[\s\S]*[/\\])?"
_LETTER: Final = "[A-Za-z0-9 ._:@+()-]"
_PATH: Final = rf"(?:[/\\]|~[^/\\]*[/\\]|[A-Za-z]:[/\\]){_FOLDERS}[A-Za-z0-9]{_LETTER}{{0,127}}[/\\]*{END}"
_URL: Final = rf"{_FILE_URL}{_FOLDERS}[A-Za-z0-9](?:{_LETTER}|%20){{0,127}}[/\\]*{END}"
_STEP: Final = r"(?:[\s\S]*/)?\.{1,2}(?:/|$)"
_STEPS: Final = (
    rf"(?![A-Za-z]:/|{_FILE_URL})(?=[\s\S]*\\|{_STEP}){_FOLDERS}[A-Za-z0-9]{_LETTER}{{0,127}}[/\\]*{END}"
)
MODEL_OR_PATH: Final = rf"^(?![A-Za-z]:/|{_FILE_URL}|{_STEP}){MODEL[1:]}|^{_PATH}|^{_URL}|^{_STEPS}"
"""What callers may send: a name, or a path whose last part is one. Published; read by `strict`."""

OWN_WORD: Final = rf"^x_[a-z0-9_]{{1,62}}{END}"
PRINTABLE_ASCII: Final = rf"^[ -~]{{1,128}}{END}"
WORDS: Final = r"^(?=[\s\S]*\S)(?:[^\x00-\x08\x0b-\x1f]|\r\n)*$"  # no codes for a terminal

MAX_MESSAGE: Final = 16_384  # a full traceback of the deepest runtime seen fits four times
MAX_DESCRIPTION: Final = 2_000  # a wish, not a conversation
MAX_REASONS: Final = 5  # more is no longer a reason but a survey
MAX_SPEED: Final = 1_000_000.0  # tokens a second; the fastest published figures are below 10,000
MAX_FIRST_TOKEN_MS: Final = 86_400_000.0  # one day
MAX_CONTEXT: Final = 1_000_000_000  # tokens; the largest published contexts are 10 million
MAX_COUNT: Final = 10_000


def _kept(  # noqa: PLR0913  # each is one fact of a field
    place: Kept,
    description: str,
    *,
    words: tuple[str, ...] = (),
    pattern: str | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    extra_json_schema: dict[str, object] | None = None,
) -> Meta:
    schema: dict[str, object] = {"enum": list(words)} if words else {}
    schema.update(extra_json_schema or {})
    return Meta(
        pattern=pattern,
        min_length=min_length,
        max_length=max_length,
        description=description,
        extra={"kept": place, "words": frozenset(words)},
        extra_json_schema=schema or None,
    )


def _number(place: Kept, description: str, low: float, high: float) -> Meta:
    return Meta(ge=low, le=high, description=description, extra={"kept": place})


def _model(example: str) -> Meta:
    return _kept(
        "series",
        "a model name of at most 128 letters, digits, blanks or ._:/@+()- that starts with a letter or digit "
        "(a path is cut to its base name)",
        pattern=MODEL,
        extra_json_schema={"examples": [example]},
    )


_IDENTIFIER = _kept("series", "1 to 64 letters, digits or ._+-", pattern=IDENTIFIER)
_REASON = _kept("record", "a reason of the closed list", words=vocabulary.REASONS)

ModelName = Annotated[str, _model("llama3.1:8b-instruct-q4_K_M")]
OtherModelName = Annotated[str, _model("mistral:7b")]
Identifier = Annotated[str, _IDENTIFIER]
TaskCategory = Annotated[
    str,
    _kept(
        "series",
        "a task of the closed list, or one that a product file declares",
        words=vocabulary.TASK_CATEGORIES,
    ),
]
Reasons = Annotated[
    tuple[Annotated[str, _REASON], ...],
    _kept(
        "record",
        "a list of at most 5 different reasons of the closed list",
        max_length=MAX_REASONS,
        extra_json_schema={"uniqueItems": True},
    ),
]
Runtime = Annotated[str, _kept("series", "a runtime of the closed list", words=vocabulary.RUNTIMES)]


class Record(
    Struct, frozen=True, cache_hash=True, kw_only=True, forbid_unknown_fields=True, tag_field="feedback_type"
):
    """What every kind has in common. An optional field may be left out or null, which mean the same."""

    kind: ClassVar[str]

    product_id: Identifier | None = None
    product_version: Identifier | None = None
    runs_on: Annotated[
        str,
        _kept("series", "where the model runs: local, remote or cloud", words=vocabulary.RUNS_ON),
    ] = "local"
    idempotency_key: (
        Annotated[str, _kept("derived", "1 to 128 printable ASCII characters", pattern=PRINTABLE_ASCII)]
        | None
    ) = None
    safe_to_share: (
        Annotated[bool, _kept("record", "true or false; false keeps the record on this machine for ever")]
        | None
    ) = None


class Rating(Record, frozen=True, kw_only=True, tag="rating"):
    """How good one answer was: stars or a thumb, never both."""

    kind: ClassVar[str] = "rating"

    model: ModelName
    rating: Annotated[int, _number("record", "a whole number from 1 to 5", 1, 5)] | None = None
    thumb: Annotated[str, _kept("record", "up or down", words=("up", "down"))] | None = None
    task_category: TaskCategory = "unspecified"
    reasons: Reasons = ()
    variant: Identifier | None = None

    def __post_init__(self) -> None:
        """Hold the rule that a rating is either stars or a thumb."""
        if (self.rating is None) == (self.thumb is None):
            raise InvalidRecord(
                "send exactly one of `rating` (1 to 5) or `thumb` (up or down)", field="rating"
            )


class Comparison(Record, frozen=True, kw_only=True, tag="comparison"):
    """Which of two models did better; with `tie` their order means nothing."""

    kind: ClassVar[str] = "comparison"

    preferred: ModelName
    alternative: OtherModelName
    task_category: TaskCategory = "unspecified"
    tie: Annotated[bool, _kept("record", "true or false")] = False
    reasons: Reasons = ()
    preferred_variant: Identifier | None = None
    alternative_variant: Identifier | None = None


class ErrorReport(Record, frozen=True, kw_only=True, tag="error_report"):
    """A technical failure; of the message only a scrubbed template is kept."""

    kind: ClassVar[str] = "error_report"

    error_type: Annotated[
        str, _kept("series", "an error type of the closed list", words=vocabulary.ERROR_TYPES)
    ]
    error_message: Annotated[
        str,
        _kept(
            "derived",
            "at most 16,384 characters; it is scrubbed before anything is stored",
            max_length=MAX_MESSAGE,
        ),
    ]
    model: ModelName | None = None
    runtime: Runtime | None = None
    runtime_version: Identifier | None = None
    task_category: TaskCategory = "unspecified"


class FeatureRequest(Record, frozen=True, kw_only=True, tag="feature_request"):
    """What a person wishes for; kept on this machine unless approved singly."""

    kind: ClassVar[str] = "feature_request"

    feature_description: Annotated[
        str,
        _kept(
            "text",
            "1 to 2,000 characters that say what you wish for; of control characters only line ends and tabs",
            pattern=WORDS,
            min_length=1,
            max_length=MAX_DESCRIPTION,
        ),
    ]
    category: (
        Annotated[
            str, _kept("series", "a request category of the closed list", words=vocabulary.REQUEST_CATEGORIES)
        ]
        | None
    ) = None


class UsagePattern(Record, frozen=True, kw_only=True, tag="usage_pattern"):
    """That something was used, how often and how fast."""

    kind: ClassVar[str] = "usage_pattern"

    action: Annotated[str, _kept("series", "an action of the closed list", words=vocabulary.ACTIONS)]
    task_category: TaskCategory = "unspecified"
    model: ModelName | None = None
    count: Annotated[int, _number("record", "a whole number from 1 to 10,000", 1, MAX_COUNT)] = 1
    tokens_per_second: (
        Annotated[float, _number("record", "a number from 0 to 1,000,000", 0, MAX_SPEED)] | None
    ) = None
    first_token_ms: (
        Annotated[float, _number("record", "milliseconds from 0 to 86,400,000", 0, MAX_FIRST_TOKEN_MS)] | None
    ) = None
    context_tokens: (
        Annotated[int, _number("record", "a whole number from 0 to 1,000,000,000", 0, MAX_CONTEXT)] | None
    ) = None
    runtime: Runtime | None = None


Feedback: TypeAlias = Rating | Comparison | ErrorReport | FeatureRequest | UsagePattern
KINDS: Final[tuple[type[Feedback], ...]] = (Rating, Comparison, ErrorReport, FeatureRequest, UsagePattern)


class Change(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `PATCH /v1/feedback/{id}` may change; a field left out (or null) stays as it is."""

    rating: Annotated[int, _number("record", "a whole number from 1 to 5", 1, 5)] | None = None
    thumb: Annotated[str, _kept("record", "up or down", words=("up", "down"))] | None = None
    reasons: Reasons | None = None
    task_category: TaskCategory | None = None

    def __post_init__(self) -> None:
        """Hold the rules that a change changes something, and never makes a rating two things."""
        if self.rating is not None and self.thumb is not None:
            raise InvalidRecord("send `rating` or `thumb`, not both", field="rating")
        if all(getattr(self, name) is None for name in self.__struct_fields__):
            raise InvalidRecord("send at least one of `rating`, `thumb`, `reasons`, `task_category`")
