"""The shipped table of public runtime errors: what a template means, and what to try first.

Job: find the entry whose phrases stand in a template.
Must not: see anything but the template; an id that leaves the machine says no more than the template did.

A pattern is one or more phrases joined by ` + `. Each must stand in the template as whole words (with `*` at
the end: as the beginning of one); `-` before a phrase forbids it. The first entry that matches wins, so the
table goes from the particular to the general.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

CATALOGUE_VERSION: Final = "2026.11"
"""Of `catalogue.toml`; the file says the same."""


_ANY: Final = ""
"""Where patterns stand that any template may match."""


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One public error.

    Attributes:
        id: kebab-case; the only word of an error that may ever leave the machine.
        error_type: of the closed list.
        when: patterns, any of which is enough.
        cause: what happened, in plain words.
        remedy: the first thing to try.
    """

    id: str
    error_type: str
    when: tuple[str, ...]
    cause: str
    remedy: str

    def phrases(self) -> Iterator[str]:
        """The phrases that must be there, for the vocabulary to know them."""
        for pattern in self.when:
            yield from (phrase for phrase in pattern.split(" + ") if phrase[0] != "-" and phrase[-1] != "*")


class _Table(msgspec.Struct, frozen=True):
    version: str
    error: tuple[Known, ...]


class _Pattern(msgspec.Struct, frozen=True):
    rank: int
    known: Known
    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]

    def fits(self, gist: str) -> bool:
        """Whether all wanted phrases and no unwanted one stand in a gist."""
        return all(phrase in gist for phrase in self.wanted) and not any(
            phrase in gist for phrase in self.unwanted
        )


@cache
def catalogue() -> tuple[Known, ...]:
    """The shipped entries, in order, read on the first question."""
    import tomllib  # noqa: PLC0415 - the first error report pays for it, not each start of the daemon

    text = Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), type=_Table).error


def _bounded(phrase: str) -> str:
    """The phrase with the blanks that make it match whole words; `libcudnn*` matches the beginning of one."""
    return f" {phrase[:-1]}" if phrase.endswith("*") else f" {phrase} "


@cache
def _by_rarest_word() -> dict[str, list[_Pattern]]:
    """Each pattern under the rarest word of its phrases, so that a template asks for few of them."""
    phrases = [(known, when.split(" + ")) for known in catalogue() for when in known.when]
    uses = Counter(word for _, pattern in phrases for phrase in pattern for word in phrase.split())
    found: dict[str, list[_Pattern]] = {}
    for rank, (known, pattern) in enumerate(phrases):
        wanted = [phrase for phrase in pattern if phrase[0] != "-"]
        unwanted = [phrase[1:] for phrase in pattern if phrase[0] == "-"]
        whole = [word for phrase in wanted if phrase[-1] != "*" for word in phrase.split()]
        place = min(whole, key=lambda word: (uses[word], word), default=_ANY)
        entry = _Pattern(rank, known, tuple(map(_bounded, wanted)), tuple(map(_bounded, unwanted)))
        found.setdefault(place, []).append(entry)
    return found


def recognise(gist: str) -> Known | None:
    """The entry for a gist (lower-case words between single blanks, a blank at each end)."""
    by_rarest_word = _by_rarest_word()
    best: _Pattern | None = None
    for word in {_ANY, *gist.split()}:
        for pattern in by_rarest_word.get(word, ()):
            if (best is None or pattern.rank < best.rank) and pattern.fits(gist):
                best = pattern
    return None if best is None else best.known
