"""Text made plain: ASCII, no controls, no look-alikes, bounded.

Job: bring any `str` into a form in which what looks equal is equal, so that an allow-list can be trusted.
Must not: decide what is public; what is not ASCII after this becomes one opaque mark.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

MAX_INPUT: Final = 16_384
"""Characters read; the schema refuses longer messages, a direct caller is cut."""

OPAQUE: Final = "\x00"
"""Stands for a run of what is not ASCII; part of a word, so that `p\u0430ss` never reads as `p` and `ss`."""

_INVISIBLE: Final = frozenset({"Cf", "Cc", "Co", "Cn", "Cs"})
_NOT_PLAIN: Final = _INVISIBLE | {"Mn", "Me", "Mc"}
_BREAKS: Final = frozenset({"Zl", "Zp"})
_TYPOGRAPHIC: Final = str.maketrans(
    {
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u00ab": '"',
        "\u00bb": '"',
        "\u2018": "'",
        "\u2019": "'",
        "\u201a": "'",
        "\u2039": "'",
        "\u203a": "'",
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
    },
)
_TERMINAL: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*\x07?|[@-Z\\^_])")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]+")
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]+")
_OPAQUE_RUN: Final = re.compile(f"{OPAQUE}+")
_NEWLINES: Final = re.compile(r"[\r\n\x0b\x0c]+")


def visible(text: str) -> str:
    """The text without terminal codes, control, format, private and unassigned characters."""
    text = _bare(text)
    return text if text.isascii() else _FOREIGN.sub(lambda run: _seen(run[0], _INVISIBLE), text)


def plain(text: str) -> str:
    """Visible ASCII with line ends; each run of other characters is one `OPAQUE`."""
    text = _bare(text[:MAX_INPUT])
    if not text.isascii():
        text = _FOREIGN.sub(_spelled, text)[:MAX_INPUT]
    return text.replace("\t", " ")


def _bare(text: str) -> str:
    return _NEWLINES.sub("\n", _CONTROLS.sub("", _TERMINAL.sub("", text)))


def _seen(run: str, dropped: frozenset[str]) -> str:
    """A run of characters beyond ASCII without those of the dropped categories."""
    kept: list[str] = []
    for character in run:
        category = unicodedata.category(character)
        if category in _BREAKS:
            kept.append("\n")
        elif category not in dropped:
            kept.append(character)
    return "".join(kept)


def _spelled(run: re.Match[str]) -> str:
    """A run in ASCII, as far as it has such a form.

    Character by character: what is dropped or composed is never ASCII, one character can stand for eighteen,
    and a message that says the same one again and again must cost no more than another.
    """
    return _OPAQUE_RUN.sub(OPAQUE, "".join(map(_letter, run[0])))


@lru_cache(maxsize=4096)
def _letter(character: str) -> str:
    """One character as ASCII letters, a line end, nothing, or `OPAQUE`."""
    seen = _seen(character, _NOT_PLAIN).translate(_TYPOGRAPHIC)
    return _FOREIGN.sub(OPAQUE, unicodedata.normalize("NFKC", seen))
