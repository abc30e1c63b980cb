"""From what a runtime says to a place, a model and loose words.

Job: cut paths to their base name, fold a spelling into one alphabet, and take an address apart.
Must not: know any model; reject anything. Every str has a folded form.
"""

import re
from typing import Final
from urllib.parse import unquote

import msgspec

from sidecar.vocabulary import UNKNOWN

_FILE_URL: Final = "file:/"

_OUTSIDE: Final = re.compile(r"[^A-Za-z0-9 ._:/@+()-]")
"""What a key may not hold. Replaced before the case is folded: `lower` can lengthen other alphabets."""

_NOT_FIRST: Final = " ._:/@+()-"
"""A key starts with a letter or a digit."""

_DIGEST: Final = re.compile(r"@(?:sha256[:-])?[0-9a-f]{12,64}$")
"""A digest or a commit behind the name: exact bytes of a model whose name was already given."""

_SHARD: Final = re.compile(r"-\d{5}-of-\d{5}")
"""Shard of the GGUF naming convention: `-00001-of-00003`."""

_CACHE_PREFIX: Final = "models--"
"""How the Hugging Face cache writes `org/name`: `models--org--name`."""

_DECIMAL_UNDERSCORE: Final = re.compile(r"(?<![qf\d_])(?:(\d)_(?=\d(?!\d|b))|([01])_(?=\db))")
"""`internlm2_5` means 2.5, `1_5b` 1.5b; `q4_0`, `q4f16_1`, `llama2_7b` and `_3_1_` mean no decimal."""

_LOOSE_DOT: Final = re.compile(r"(?<!\d)\.|\.(?!\d)")
"""A dot parts two words (`chat.Q4_K_M.gguf`) unless digits stand on both sides (`3.1`)."""

_BLANKS: Final = re.compile(r"[ _()-]+")


class Address(msgspec.Struct, frozen=True):
    """`[place/]...model[:extra][@extra]`.

    Attributes:
        places: what stands before the model: registry, publisher, folders; the host is left out.
        model: the spelling of the model itself.
        extras: tag, quant or instance number, in order.
    """

    places: tuple[str, ...]
    model: str
    extras: tuple[str, ...]


_FILES: Final = (".gguf", ".ggml", ".safetensors", ".bin", ".pt", ".pth", ".onnx", ".llamafile")
"""Endings of model files."""
_FOLDERS: Final = 3
"""Slashes that no registry has before a file (`org/repo/file`): these are folders, perhaps a person's."""


def base_name(name: str) -> str:
    """The last part of a path: POSIX, `~`, Windows, `file://`, with `.`, `..` or a backslash, to a file.

    Anything else comes back unchanged: the slashes of `org/name` and `org/repo/file.gguf` part no folders.
    """
    if name[: len(_FILE_URL)].lower() == _FILE_URL:
        name = unquote(name)
    elif not (_is_absolute(name) or _is_relative(name)):
        return name
    return name.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _is_relative(name: str) -> bool:
    """A step through folders (`./x`, `a/../x`), a backslash, or a file deep in folders: no registry's."""
    if name.count("/") >= _FOLDERS and name.lower().endswith(_FILES):
        return True
    return "\\" in name or (("./" in name or "/." in name) and not {".", ".."}.isdisjoint(name.split("/")))


def _is_absolute(name: str) -> bool:
    """POSIX, a home directory, a share (two backslashes) or a Windows drive."""
    drive = name[:1].isascii() and name[:1].isalpha() and name[1:3] in (":/", ":\\")
    return drive or name.startswith(("/", "\\", "~"))


def fold(name: str) -> str:
    """Lower case, one blank for many, nothing outside the alphabet of a key; never empty."""
    kept = _OUTSIDE.sub("-", " ".join(name.split()))
    return kept.lower().lstrip(_NOT_FIRST) or UNKNOWN


def settle(name: str) -> str:
    """The folded base name; settling it again changes nothing.

    Folding can bring a path to light (a stray sign before `c:/`), hence until it rests: at most three times,
    because a base name holds no slash and so cannot be cut twice.
    """
    while (cut := fold(base_name(name))) != name:
        name = cut
    return name


def address(settled: str) -> Address:
    """Take a settled spelling apart; `hf://` or `https://` say how it is fetched, not what it is."""
    scheme, sign, rest = settled.partition("://")
    bare = _DIGEST.sub("", rest if sign else scheme).rstrip("/")
    if bare.startswith(_CACHE_PREFIX):
        bare = bare.removeprefix(_CACHE_PREFIX).replace("--", "/")
    *places, last = bare.split("/")
    is_web = bool(sign) and scheme.startswith("http")
    if places and (is_web or _is_host(places)):
        places = places[1:]
    model, *extras = last.replace("@", ":").split(":")
    return Address(tuple(places), model, tuple(extras))


def _is_host(places: list[str]) -> bool:
    """Of one place, a registry shows by its port; of several, the first is one when it has a dot."""
    first = places[0]
    return ":" in first or first == "localhost" or (len(places) > 1 and "." in first)


def plain(part: str) -> str:
    """One part as words with single hyphens between them: `v1.0.Q4_K_M.gguf` -> `v1.0-q4-k-m-gguf`."""
    if "_" in part:
        part = _DECIMAL_UNDERSCORE.sub(r"\1\2.", part)
    part = _SHARD.sub("", part)
    return _BLANKS.sub("-", _LOOSE_DOT.sub("-", part)).strip("-")
