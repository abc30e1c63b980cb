"""Sentences: the strings of a product's wording file, each with its line.

Job: read JSON, TOML or plain lines.
Must not: open the file itself, or leave a string out because a parser would have folded it.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Final, Literal

from sidecar.errors import UsageError

Form = Literal["json", "toml", "lines"]

_STRING: Final = re.compile(
    r'"""(?P<block>.*?)"""|' + r"'''(?P<raw_block>.*?)'''|" + r'"(?P<basic>(?:[^"\\\n]|\\.)*)"|'
    r"'(?P<raw>[^'\n]*)'|#[^\n]*",
    re.DOTALL,
)
_KEY: Final = re.compile(r"\s*[:=]|\s*\]")
"""What follows a quoted key. A `]` follows one only in the head of a TOML table."""


def sentences(text: str, form: Form) -> Iterator[tuple[int, str]]:
    """Every string with the number of its line; of plain lines, those that are not empty.

    Raises:
        UsageError: the text is not what its form says.
    """
    if form == "lines":
        yield from ((at, line) for at, line in enumerate(text.splitlines(), start=1) if line.strip())
        return
    try:
        (json if form == "json" else tomllib).loads(text)
    except ValueError as fault:
        raise UsageError(f"the file is no {form.upper()}: {_where(fault)}") from None
    for match in _STRING.finditer(text):
        words = next((each for each in match.groups() if each is not None), None)
        if words is None or _is_key(text, match, form):
            continue
        first = text.count("\n", 0, match.start()) + 1
        for at, line in enumerate(_unescaped(match, words).splitlines()):
            if line.strip():
                yield first + at, line


def _is_key(text: str, match: re.Match[str], form: Form) -> bool:
    after = _KEY.match(text, match.end())
    if after is None:
        return False
    in_head = text[text.rfind("\n", 0, match.start()) + 1 : match.start()].lstrip().startswith("[")
    return not after[0].endswith("]") or (form == "toml" and in_head)


def _unescaped(match: re.Match[str], words: str) -> str:
    if match.lastgroup != "basic":
        return words
    try:
        return str(json.loads(f'"{words}"'))
    except ValueError:
        return words  # an escape that only TOML has


def _where(fault: ValueError) -> str:
    """The place alone: the words of a parser may repeat those of the file."""
    found = re.search(r"line \d+,? column \d+", str(fault))
    return found[0] if found else "it ends too early"
