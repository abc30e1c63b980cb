"""The public list: which families, versions, sizes, variants and encodings everybody knows.

Job: load the shipped list once, find the family a spelling starts with, and say what may leave the machine.
Must not: let a character pass that is not from the list.

The list is data (`public.json`) with its own version: one family a line, words parted by blanks.
`spelling=word` is another spelling of a listed word, `spelling=` one that says nothing.
"""

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import msgspec

from sidecar.modelnames.names import ModelName
from sidecar.vocabulary import CUSTOM

_FILE: Final = Path(__file__).with_name("public.json")
"""Not through importlib.resources: that brings zipfile along, 11 ms and 300 KiB for one small file."""

_FAMILY_END: Final = re.compile(r"(?<=[a-z])(?=\d)|(?=-)|$")
"""Where the name of a family may end: `llama|3.1`, `mistral-small|-24b`."""

_FAMILY_REACH: Final = 40
"""Characters within which the name of a family ends; the longest listed spelling is shorter (tested)."""


class Family(msgspec.Struct, frozen=True, gc=False):
    """One line of the list.

    Attributes:
        name: how the key writes it.
        spelled: other spellings.
        versions: public versions, dates included.
        sizes: public sizes.
        variants: public words of the variant, in the order in which a key writes them.
        unsaid: sizes that the maker's own name leaves out, `word+size` when only beside that version or
            word, so that `phi3:3.8b-mini-4k-instruct` meets `Phi-3-mini-4k-instruct`.
    """

    name: str
    spelled: str = ""
    versions: str = ""
    sizes: str = ""
    variants: str = ""
    unsaid: str = ""


class PublicList(msgspec.Struct, frozen=True, gc=False):
    """The whole file.

    Attributes:
        version: number of the list, raised by every change.
        ways: registries, programs and folders that stand before a name and say nothing of the model.
        publishers: who publishes public models, their own or encoded anew.
        prefixes: words that a runtime puts before a model's own name.
        silent: words that say nothing of the model (file formats, `latest`).
        words: words of a variant that any family may have, in the order in which a key writes them.
        quants: public encodings.
        families: see `Family`.
    """

    version: int
    ways: str
    publishers: str
    prefixes: str
    silent: str
    words: str
    quants: str
    families: tuple[Family, ...]


class Index(msgspec.Struct, frozen=True, gc=False):
    """The list, made ready for look-ups."""

    version: int
    ways: frozenset[str]
    publishers: frozenset[str]
    prefixes: tuple[str, ...]
    words: dict[str, str]
    ranks: dict[str, int]
    quants: frozenset[str]
    families: dict[str, Family]


class Table(msgspec.Struct, frozen=True, gc=False):
    """One family, made ready for look-ups: spelling -> word, and the set of words."""

    versions: dict[str, str]
    sizes: dict[str, str]
    variants: dict[str, str]
    ranks: dict[str, int]
    longest: int


@cache
def index() -> Index:
    """The shipped list; read once, and not before somebody asks."""
    listed = msgspec.json.decode(_FILE.read_bytes(), type=PublicList)
    words = _spellings(listed.words)
    return Index(
        version=listed.version,
        ways=frozenset(listed.ways.split()),
        publishers=frozenset(listed.publishers.split()),
        prefixes=tuple(listed.prefixes.split()),
        words=words | _spellings(listed.silent, silent=True),
        ranks={word: rank for rank, word in enumerate(words.values())},
        quants=frozenset(listed.quants.split()),
        families={
            spelling: family
            for family in listed.families
            for spelling in (family.name, *family.spelled.split())
        },
    )


@lru_cache(maxsize=64)  # a machine meets a handful of families, a collector the popular ones
def table(family: Family) -> Table:
    """Look-ups for one family."""
    versions, sizes, variants = map(_spellings, (family.versions, family.sizes, family.variants))
    return Table(
        versions=versions,
        sizes=sizes,
        variants=variants,
        ranks={word: rank for rank, word in enumerate(variants.values())},
        longest=max((spelling.count("-") + 1 for spelling in (*sizes, *variants)), default=1),
    )


def find_family(plain: str) -> tuple[Family, str] | None:
    """The family with the longest name that the spelling starts with, and the rest."""
    families = index().families
    ends = [found.end() for found in _FAMILY_END.finditer(plain[:_FAMILY_REACH])]
    for end in reversed(ends):
        family = families.get(plain[:end])
        if family is not None:
            return family, plain[end:].strip("-")
    return None


def shareable_key(name: ModelName) -> str:
    """The key when every part is on the public list, else `custom`."""
    family = index().families.get(name.family)
    if not name.known or family is None or family.name != name.family:
        return CUSTOM
    words = table(family)
    listed = (
        _is_listed(name.version, words.versions)
        and _is_listed(name.size, words.sizes)
        and _is_made_of(name.variant, words)
        and (not name.quant or name.quant in index().quants)
    )
    return name.key if listed else CUSTOM


def _is_listed(part: str, spellings: dict[str, str]) -> bool:
    return not part or part in spellings.values()


def _is_made_of(variant: str, words: Table) -> bool:
    """Whether a variant is listed words and nothing else, the longest first, each at most once."""
    left = variant.split("-") if variant else []
    used: set[str] = set()
    while left:
        sizes = range(min(words.longest, len(left)), 0, -1)
        found = next((n for n in sizes if "-".join(left[:n]) in words.ranks), 0)
        word = "-".join(left[:found])
        if not found or word in used:
            return False
        used.add(word)
        left = left[found:]
    return True


def _spellings(line: str, *, silent: bool = False) -> dict[str, str]:
    """`a b=a c=` -> spelling -> word; a word spells itself."""
    pairs = (entry.partition("=") for entry in line.split())
    return {spelling: word if sign or silent else spelling for spelling, sign, word in pairs}
