"""How weights are encoded, over all runtimes.

Job: read the words of one encoding (`ud-q4-k-xl`, `4.65bpw-h6-exl2`, `gptq-int4`) and write it one way.
Must not: know models, or say which encodings are public.

An encoding is written prefix, scheme, width, modifier, each at most once:
GGUF `ud-q4_k_xl`, MLX `4bit-dwq`, EXL2 `exl2-4.65bpw`, bitsandbytes `ud-bnb-4bit`, vLLM `fp8-dynamic`.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

PREFIX, SCHEME, WIDTH, MODIFIER, SILENT = range(5)

_GGUF_STEMS: Final = frozenset(f"{kind}q{bits}" for kind in ("", "i", "t") for bits in range(1, 9)) | {
    "q0f16",
    "q0f32",
    "q3f16",
    "q4f16",
    "q4f32",
}
"""llama.cpp's plain, importance and ternary quants; MLC's `q4f16_1`."""

_GGUF_ENDS: Final = frozenset(
    (*"01ksml", "k_xs", "k_s", "k_m", "k_l", "k_xl", "0_4_4", "0_4_8", "0_8_8", "nl", "ks", "kt")
) | {"kss", "xxs", "xs", "xl"}
"""What follows a stem, publishers' own `_l` and `_xl` among them."""

_LONGEST_END: Final = 3
"""Words of the longest end: `0_4_8`."""

_WIDTH: Final = re.compile(r"\d+(?:\.\d+)?bpw|[1-8]bits?|w\d+a\d+")

_WORDS: Final = {
    "ud": (PREFIX, "ud"),
    "unsloth": (PREFIX, "ud"),
    "awq": (SCHEME, "awq"),
    "gptq": (SCHEME, "gptq"),
    "exl2": (SCHEME, "exl2"),
    "exl3": (SCHEME, "exl3"),
    "bnb": (SCHEME, "bnb"),
    "hqq": (SCHEME, "hqq"),
    "aqlm": (SCHEME, "aqlm"),
    "autoround": (SCHEME, "autoround"),
    "mxfp4": (SCHEME, "mxfp4"),
    "mxfp8": (SCHEME, "mxfp8"),
    "nvfp4": (SCHEME, "nvfp4"),
    "int4": (WIDTH, "int4"),
    "int8": (WIDTH, "int8"),
    "uint4": (WIDTH, "uint4"),
    "uint8": (WIDTH, "uint8"),
    "nf4": (WIDTH, "nf4"),
    "fp4": (WIDTH, "fp4"),
    "fp8": (WIDTH, "fp8"),
    "bf16": (WIDTH, "bf16"),
    "fp16": (WIDTH, "fp16"),
    "f16": (WIDTH, "fp16"),
    "fp32": (WIDTH, "fp32"),
    "f32": (WIDTH, "fp32"),
    "dynamic": (MODIFIER, "dynamic"),
    "dwq": (MODIFIER, "dwq"),
    "h6": (SILENT, ""),
    "h8": (SILENT, ""),
    "g32": (SILENT, ""),
    "g64": (SILENT, ""),
    "g128": (SILENT, ""),
    "32g": (SILENT, ""),
    "64g": (SILENT, ""),
    "128g": (SILENT, ""),
    "gs32": (SILENT, ""),
    "gs64": (SILENT, ""),
    "gs128": (SILENT, ""),
}
"""Head width and group size are silent: the scheme's publishers leave them out as often as not."""

_SAME: Final = {"awq-int4": "awq", "awq-4bit": "awq", "gptq-4bit": "gptq-int4"}
"""Two customs of writing one thing."""


class Piece(msgspec.Struct, frozen=True):
    """A piece of an encoding: its place in the order above, its text, and how many words it took."""

    place: int
    text: str
    used: int


def read(words: Sequence[str], start: int) -> Piece | None:
    """The piece of an encoding that starts there."""
    word = words[start]
    if word in _WORDS:
        place, text = _WORDS[word]
        moe = word == "mxfp4" and words[start + 1 : start + 2] == ["moe"]  # llama.cpp's type MXFP4_MOE
        return Piece(place, text, 1 + moe)
    if _WIDTH.fullmatch(word):
        return Piece(WIDTH, word.removesuffix("s"), 1)
    return _read_gguf(words, start) if word in _GGUF_STEMS else None


def _read_gguf(words: Sequence[str], start: int) -> Piece:
    for length in range(_LONGEST_END, 0, -1):
        end = "_".join(words[start + 1 : start + 1 + length])
        if end in _GGUF_ENDS:
            return Piece(WIDTH, f"{words[start]}_{end}", 2 + end.count("_"))
    return Piece(WIDTH, words[start], 1)


def write(pieces: dict[int, str]) -> str | None:
    """One spelling of the pieces, by place; None when they name no encoding (`ud`, `dynamic` alone)."""
    text = "-".join(pieces[place] for place in (PREFIX, SCHEME, WIDTH, MODIFIER) if place in pieces)
    if text and SCHEME not in pieces and WIDTH not in pieces:
        return None
    return _SAME.get(text, text)
