"""What a message is wrapped in, and where content begins.

Job: undo the escapes of logs and JSON, and cut a message where a prompt, an answer or a chat starts.
Must not: rely on the cut for safety: what it misses still meets the allow-list.
"""

import re
from typing import Final

from sidecar.scrub import holes
from sidecar.scrub.lists import words_of

_ESCAPED_QUOTE: Final = re.compile(r"\\{1,4}([\"'])")
_ESCAPED_BREAK: Final = re.compile(r"\\{1,2}n(?=[A-Z\s\"'{\[\\-]|$)")

_ASSIGNED: Final = re.compile(
    r"(?<![A-Za-z0-9_])([A-Za-z_][A-Za-z0-9_]*+)[\"'`\s]{0,6}+[:=](?![:=>/\\])",
)
_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CONTENT_KEYS: Final = words_of(
    "prompt prompts messages content contents input inputs text texts query queries question "
    "questions completion completions answer answers conversation transcript history instruction "
    "instructions document documents passage utterance generation generations generated response "
    "responses output outputs choices user human assistant",
)
_CONTENT_FORMS: Final = words_of("ids tokens string str embeds body data value")
"""What may follow in a longer key: `input_ids`, `prompt_tokens`."""

_CHAT: Final = re.compile(
    r"<\|[A-Za-z_]{2,20}\|>|\[/?INST\]|<</?SYS>>|### (?:Instruction|Input|Response|Human|Assistant|User)\b",
)
_ROLE: Final = re.compile(r"^[ ]{0,20}(?:user|human|assistant|system) ?: ", re.IGNORECASE | re.MULTILINE)


def unescape(text: str) -> str:
    """Escaped quotes as quotes, escaped line ends as line ends: a log line inside a log line reads as one."""
    if "\\" not in text:
        return text
    return _ESCAPED_BREAK.sub("\n", _ESCAPED_QUOTE.sub(r"\1", text))


def cut_content(text: str) -> str:
    """The text up to the first key or mark under which programs print what a person wrote or read."""
    ends = [found.start() for found in (_CHAT.search(text), _ROLE.search(text)) if found is not None]
    for assigned in _ASSIGNED.finditer(text):
        if _names_content(assigned[1]):
            ends.append(assigned.end())
            break
    return f"{text[: min(ends)]} {holes.CONTENT}" if ends else text


def _names_content(key: str) -> bool:
    """Whether a key's last part is a word for content: `prompt`, `user_prompt`, `inputText`, `input_ids`."""
    parts = [part.lower() for part in _PARTS.findall(key)]
    if len(parts) > 1 and parts[-1] in _CONTENT_FORMS:
        parts.pop()
    return bool(parts) and parts[-1] in _CONTENT_KEYS
