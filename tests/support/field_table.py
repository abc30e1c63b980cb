"""Every field of every kind, with values that it takes and values that it refuses, written out by hand.

Job: say what the contract says, in examples: (sent, what the list then shows).
Must not: import a list or a bound of the product; two hands have to agree.
"""

from typing import Any, Final

from msgspec import Struct

from tests.support.problem import CANARY

ABSENT: Final = object()
"""The list does not show this field."""

TASKS: Final = [
    "unspecified",
    "code_generation",
    "code_review",
    "debugging",
    "summarization",
    "question_answering",
    "document_qa",
    "creative_writing",
    "editing",
    "translation",
    "data_extraction",
    "classification",
    "reasoning",
    "math",
    "chat",
    "roleplay",
    "agent",
    "vision",
    "transcription",
    "image_generation",
    "search",
    "other",
]
REASONS: Final = [
    "accurate",
    "helpful",
    "well_written",
    "fast",
    "wrong",
    "made_up",
    "ignored_instructions",
    "too_long",
    "too_short",
    "off_topic",
    "repetitive",
    "refused",
    "wrong_language",
    "bad_format",
    "unsafe",
    "slow",
    "crashed",
]
ERROR_TYPES: Final = [
    "out_of_memory",
    "model_load",
    "unsupported_format",
    "context_length",
    "gpu_driver",
    "network",
    "timeout",
    "permission",
    "disk_full",
    "crash",
    "template_parse",
    "other",
]
ACTIONS: Final = ["generation", "regeneration", "copy", "edit", "abandon", "session", "asked", "dismissed"]
RUNTIMES: Final = [
    "ollama",
    "llama_cpp",
    "lm_studio",
    "vllm",
    "mlx",
    "transformers",
    "koboldcpp",
    "gpt4all",
    "jan",
    "exllama",
    "tensorrt_llm",
    "onnxruntime",
    "sglang",
    "open_webui",
    "other",
]
CATEGORIES: Final = [
    "models_formats",
    "performance",
    "hardware",
    "ui_ux",
    "api_integrations",
    "privacy_security",
    "reliability",
    "install_update",
    "docs",
    "generation_control",
    "other",
]


class Field(Struct, frozen=True):
    """One field.

    Attributes:
        takes: value sent -> value listed, or `ABSENT`.
        refuses: values that are answered with 422 for this field.
        required: whether the kind cannot do without it.
        unset: what is listed when the field is left out or null.
        beyond_schema: which of `refuses` no JSON Schema can refuse.
    """

    takes: tuple[tuple[Any, Any], ...]
    refuses: tuple[Any, ...]
    required: bool = False
    unset: Any = ABSENT
    beyond_schema: tuple[Any, ...] = ()


NOT_TEXT: Final[tuple[Any, ...]] = (0, 1.5, True, [], ["a"], {}, {"a": CANARY})
NOT_A_NUMBER: Final[tuple[Any, ...]] = ("", "1", CANARY, True, [], [1], {})
STRAY: Final = (f"{CANARY} \u00fc", "", " ", "\n", "\x00")


def _words(*words: str, **more: Any) -> Field:  # noqa: ANN401  # fields of Field
    upper = tuple(word.upper() for word in words[:2])
    return Field(tuple((w, w) for w in words), (*NOT_TEXT, *STRAY, *upper, f"{words[0]}\n"), **more)


def _required(field: Field) -> Field:
    return Field(field.takes, field.refuses, required=True, beyond_schema=field.beyond_schema)


IDENTIFIER: Final = Field(
    tuple((text, text) for text in ("a", "A-b.c_d+e", "0.31.1", "x" * 64)),
    (*NOT_TEXT, *STRAY, "x" * 65, "a b", "a/b", "a\n", "\na", "a\u0301", CANARY * 4),
)
MODEL: Final = Field(
    (
        ("a", "a"),
        ("llama3.1:8b-instruct-q4_K_M", "llama3.1:8b-instruct-q4_K_M"),
        ("hf.co/bartowski/Llama-3.2 (x)+@y:Q4_0", "hf.co/bartowski/Llama-3.2 (x)+@y:Q4_0"),
        ("m" * 128, "m" * 128),
        ("/srv/models/Tiny-Random.gguf", "Tiny-Random.gguf"),
        ("/srv/models/Tiny-Random/", "Tiny-Random"),
        ("/" + "d" * 300 + "/m", "m"),
        ("~/models/Tiny.gguf", "Tiny.gguf"),
        ("C:\\models\\Tiny.gguf", "Tiny.gguf"),
        ("D:/models/Tiny.gguf", "Tiny.gguf"),
        ("\\\\server\\share\\Tiny.gguf", "Tiny.gguf"),
        ("file:///srv/models/Tiny%20B.gguf", "Tiny B.gguf"),
        ("../models/Tiny.gguf", "Tiny.gguf"),
        ("./Tiny.gguf", "Tiny.gguf"),
        ("models/../Tiny.gguf", "Tiny.gguf"),
        ("models/./Tiny/", "Tiny"),
        ("models\\Tiny.gguf", "Tiny.gguf"),
        ("..\\models\\Tiny.gguf", "Tiny.gguf"),
        ("org/name", "org/name"),
    ),
    (
        *(value for value in NOT_TEXT if value != 0),
        7,
        *STRAY,
        "m" * 129,
        f"/srv/{CANARY}/" + "m" * 129,
        f"/{CANARY}/\u00fc",
        "a\n",
        "/a\n",
        " a",
        "-a",
        ".a",
        "a\tb",
        "models/..",
        "../..",
        "models\\..",
        "\\",
        "/",
        "~",
        "a?",
        "\u00fcber",
    ),
    required=True,
)
OPTIONAL_MODEL: Final = Field(MODEL.takes, MODEL.refuses)
TASK: Final = Field(
    (
        *((word, word) for word in TASKS),
        ("code generation", "code_generation"),
        ("Code-Generation", "code_generation"),
        ("  QA ", "question_answering"),
        ("RAG", "document_qa"),
        ("summarise", "summarization"),
        ("None", "unspecified"),
    ),
    (*NOT_TEXT, *STRAY, "cooking", "x_undeclared", "x_", "code_generation,chat", CANARY),
    unset="unspecified",
)
REASON_LIST: Final = Field(
    (
        ([], ABSENT),
        (["wrong"], ["wrong"]),
        (["wrong", "accurate", "slow", "refused", "fast"], ["accurate", "fast", "refused", "slow", "wrong"]),
        *(([word], [word]) for word in REASONS),
    ),
    (
        "wrong",
        1,
        True,
        {},
        [None],
        [1],
        [["wrong"]],
        ["Wrong"],
        [CANARY],
        ["wrong", "wrong"],
        REASONS[:6],
        [""],
    ),
)
STARS: Final = Field(
    ((1, 1), (2, 2), (5, 5), (3.0, 3)),
    (*NOT_A_NUMBER, 0, 6, -1, 1.5, 4.999999, 10**30, 1e300),
)
THUMB: Final = _words("up", "down")
TIE: Final = Field(((True, True), (False, False)), (0, 1, "true", CANARY, [], {}), unset=False)
SAFE_TO_SHARE: Final = Field(((True, True), (False, False)), (0, 1, "false", CANARY, [], {}), unset=True)
COUNT: Final = Field(
    ((1, 1), (10_000, 10_000), (7.0, 7)),
    (*NOT_A_NUMBER, 0, 10_001, -1, 1.5, 10**400, 1e300),
    unset=1,
)
SPEED: Final = Field(
    ((0, "0"), (0.5, "0"), (3, "3"), (22.9, "16-22"), (23, "23-31"), (1_000_000, "741456-1048575")),
    (*NOT_A_NUMBER, -0.1, -1, 1_000_000.1, 10**30, 1e300),
)
FIRST_TOKEN: Final = Field(
    ((0, "0"), (45.9, "32-45"), (86_400_000, "16777216+")),
    (*NOT_A_NUMBER, -1, 86_400_000.5, 1e300),
)
CONTEXT: Final = Field(
    ((0, "0"), (4096, "4096-5792"), (8192.0, "8192-11585"), (1_000_000_000, "16777216+")),
    (*NOT_A_NUMBER, -1, 0.5, 1_000_000_001, 10**30),
)
KEY: Final = Field(
    tuple((text, ABSENT) for text in ("a", " ", "~" * 128, f"key {CANARY}")),
    (*NOT_TEXT, "", "k" * 129, "\u00fc", "a\n", "\x7f", "\t", CANARY * 7),
)
RUNS_ON: Final = _words("local", "remote", "cloud", unset="local")
MESSAGE: Final = Field(
    (("", ABSENT), ("e" * 16_384, ABSENT), ("CUDA out of memory\n\ttried \u00fc", ABSENT)),
    (*NOT_TEXT, CANARY + "e" * 16_384),
    required=True,
)
DESCRIPTION: Final = Field(
    (
        ("x", "x"),
        ("Bitte ein dunkles Design \u2728", "Bitte ein dunkles Design \u2728"),
        ("w " * 1_000, "w " * 1_000),
    ),
    (*NOT_TEXT, "", "  ", "\n\t ", CANARY + "w" * 2_000),
    required=True,
)

COMMON: Final = {
    "product_id": IDENTIFIER,
    "product_version": IDENTIFIER,
    "runs_on": RUNS_ON,
    "idempotency_key": KEY,
    "safe_to_share": SAFE_TO_SHARE,
}
TABLE: Final[dict[str, dict[str, Field]]] = {
    "rating": {
        "model": MODEL,
        "rating": STARS,
        "thumb": THUMB,
        "task_category": TASK,
        "reasons": REASON_LIST,
        "variant": IDENTIFIER,
        **COMMON,
    },
    "comparison": {
        "preferred": MODEL,
        "alternative": MODEL,
        "task_category": TASK,
        "tie": TIE,
        "reasons": REASON_LIST,
        "preferred_variant": IDENTIFIER,
        "alternative_variant": IDENTIFIER,
        **COMMON,
    },
    "error_report": {
        "error_type": _required(_words(*ERROR_TYPES)),
        "error_message": MESSAGE,
        "model": OPTIONAL_MODEL,
        "runtime": _words(*RUNTIMES),
        "runtime_version": IDENTIFIER,
        "task_category": TASK,
        **COMMON,
    },
    "feature_request": {
        "feature_description": DESCRIPTION,
        "category": _words(*CATEGORIES),
        **COMMON,
    },
    "usage_pattern": {
        "action": _required(_words(*ACTIONS)),
        "task_category": TASK,
        "model": OPTIONAL_MODEL,
        "count": COUNT,
        "tokens_per_second": SPEED,
        "first_token_ms": FIRST_TOKEN,
        "context_tokens": CONTEXT,
        "runtime": _words(*RUNTIMES),
        **COMMON,
    },
}
LEAST: Final[dict[str, dict[str, Any]]] = {
    "rating": {"model": "mistral:7b", "rating": 4},
    "comparison": {"preferred": "mistral:7b", "alternative": "qwen2.5:14b"},
    "error_report": {"error_type": "timeout", "error_message": "no known words"},
    "feature_request": {"feature_description": "Please add dark mode"},
    "usage_pattern": {"action": "copy"},
}
"""The smallest record of each kind."""

PAIRS: Final = [(kind, name) for kind, fields in TABLE.items() for name in fields]


def least(kind: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    """The smallest record of a kind, with these fields set; a thumb takes the place of the stars."""
    body = {"feedback_type": kind, **LEAST[kind]}
    if "thumb" in fields:
        body.pop("rating", None)
    return body | fields
