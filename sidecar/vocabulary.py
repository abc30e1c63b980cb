"""The closed lists: every word that a record may use, and the spellings that mean the same.

Job: say once what tasks, reasons, error types, actions, runtimes and losses exist.
Must not: import anything of the product, read files, or hold what one product declares for itself.

The order of a list is for people; nothing stored depends on it.
"""

import re
from typing import Final

UNKNOWN: Final = "unknown"
"""A hardware bucket, or a part of a model's name, that nobody could tell."""

CUSTOM: Final = "custom"
"""What a model name that is not on the public list is called when it leaves the machine."""

TASK_CATEGORIES: Final = (
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
)

TASK_ALIASES: Final = {
    "none": "unspecified",
    "coding": "code_generation",
    "code": "code_generation",
    "code_completion": "code_generation",
    "programming": "code_generation",
    "review": "code_review",
    "debug": "debugging",
    "bug_fixing": "debugging",
    "summary": "summarization",
    "summarisation": "summarization",
    "summarize": "summarization",
    "summarise": "summarization",
    "qa": "question_answering",
    "q&a": "question_answering",
    "questions": "question_answering",
    "rag": "document_qa",
    "document_question_answering": "document_qa",
    "writing": "creative_writing",
    "story": "creative_writing",
    "storytelling": "creative_writing",
    "proofreading": "editing",
    "rewriting": "editing",
    "translate": "translation",
    "extraction": "data_extraction",
    "classify": "classification",
    "labelling": "classification",
    "labeling": "classification",
    "mathematics": "math",
    "maths": "math",
    "conversation": "chat",
    "general_chat": "chat",
    "role_play": "roleplay",
    "role_playing": "roleplay",
    "agents": "agent",
    "agentic": "agent",
    "tool_use": "agent",
    "image_understanding": "vision",
    "ocr": "vision",
    "speech_to_text": "transcription",
    "text_to_image": "image_generation",
    "web_search": "search",
}
"""Spellings after folding (lower case, blanks and hyphens to `_`) -> the word of the list."""

OWN_PREFIX: Final = "x_"
"""A task or error code that a product file declares starts so; it counts locally and leaves as `other`."""

REASONS: Final = (
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
)

ERROR_TYPES: Final = (
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
)

ACTIONS: Final = (
    "generation",
    "regeneration",
    "copy",
    "edit",
    "abandon",
    "session",
    "asked",
    "dismissed",
)

RUNTIMES: Final = (
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
)

REQUEST_CATEGORIES: Final = (
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
)

RUNS_ON: Final = ("local", "remote", "cloud")

LOSS_REASONS: Final = (
    "expired",
    "quarantined",
    "conflict",
    "quota",
    "queue_full",
    "corrupt",
    "restored",
    "declined",
)

CONTENT_FIELDS: Final = frozenset(
    {
        "prompt",
        "response",
        "messages",
        "input",
        "output",
        "completion",
        "text",
        "content",
        "conversation",
        "query",
        "answer",
    }
)
"""Names under which other systems pass what a person wrote or read: never accepted here."""

_SPEAKERS: Final = "user|system|assistant|chat|model|llm|ai|bot|human"
_CARRIERS: Final = "text|body|string|str|raw|json|html|markdown|history|log"
_RELATIVE: Final = re.compile(
    rf"(?:(?:^|_)(?:{_SPEAKERS})?(?P<word>{'|'.join(sorted(CONTENT_FIELDS))}|queries)s?"
    rf"|(?:^|_)(?:{_SPEAKERS})_?(?P<message>message))(?:_(?:{_CARRIERS}))*$"
)
_INNER_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_LETTER: Final = re.compile(r"[^A-Za-z0-9]+")
LONGEST_NAME: Final = 64  # characters of a name that are looked at; no program writes longer ones


def content_field(name: str) -> str | None:
    """The content-like field that a name stands for, in any spelling or compound: `userPrompt` -> `prompt`.

    What is only about content is none: `prompt_tokens`, `response_time`, `content_type`.
    """
    if name.lower() in CONTENT_FIELDS:
        return name.lower()
    if len(name) > LONGEST_NAME:
        return None
    found = _RELATIVE.search(_NO_LETTER.sub("_", _INNER_CAPITAL.sub("_", name)).strip("_").lower())
    if found is None:
        return None
    word: str = found["word"] or "messages"
    return "query" if word == "queries" else word


def fold(word: str) -> str:
    """Lower case, with blanks and hyphens as underscores: `Code generation` -> `code_generation`."""
    return "_".join(word.strip().lower().replace("-", " ").replace("_", " ").split())


def task_category(word: str) -> str:
    """The task that a spelling means; an unknown word comes back folded, for the caller to refuse."""
    folded = fold(word)
    return TASK_ALIASES.get(folded, folded)
