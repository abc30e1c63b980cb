"""A message turned into its template.

Job: put the parts together: plain text, content cut off, the telling lines judged, 500 characters.
Must not: let any character through that no rule allowed. A template scrubbed again is itself.
"""

import re
from collections.abc import Sequence
from typing import Final

from sidecar.scrub import holes
from sidecar.scrub.attested import Vocabulary
from sidecar.scrub.judge import judge
from sidecar.scrub.lists import words_of
from sidecar.scrub.pieces import split
from sidecar.scrub.plain import plain
from sidecar.scrub.unwrap import cut_content, unescape

MAX_TEMPLATE: Final = 500
READ: Final = 500
"""Characters of a long message that are judged: the lines that speak of an error, the last first. A template
has room for no more, and a flood of long messages costs no more than short ones."""
SEPARATOR: Final = " | "
"""Between the lines of one message: a template is a single line."""

_TAIL: Final = READ // 3
_REPEATED: Final = re.compile(rf"({holes.HOLE_PATTERN})(?:[-:., /;=+|_]{{0,3}}\1)+")
_BLANKS: Final = re.compile(r" {2,}")
_CROWDED: Final = re.compile(r"""["'`~<>\\\x00]|-(?<=[\w>]-)-|\#\#\#\s""")
_ROUNDS: Final = 8
"""Scrubbing only takes away, so a template settles; two rounds do for all but hostile text."""
_TELLING: Final = words_of(
    "error exception fail fatal panic abort assert cannot could unable denied refused killed signal "
    "invalid unsupported memory exceed timed missing unknown mismatch exit",
)


def template(message: str, vocabulary: Vocabulary) -> str:
    """At most 500 characters of public words with holes between them."""
    shown: list[str] = []
    for line in _choose(cut_content(unescape(plain(message))).split("\n"), READ):
        judged = _settled(line, vocabulary)
        if judged and (not shown or judged != shown[-1]):
            shown.append(judged)
    whole = frozenset(shown)
    lines = _choose(shown, MAX_TEMPLATE)
    return tidy(SEPARATOR.join(line if line in whole else _settled(line, vocabulary) for line in lines))


def _settled(line: str, vocabulary: Vocabulary) -> str:
    """The line judged until judging it again changes nothing."""
    shown = tidy(judge(split(line), vocabulary))
    if f"{holes.NAME}." not in shown and not _is_crowded(line):
        return shown
    for _ in range(_ROUNDS):
        again = tidy(judge(split(cut_content(shown)), vocabulary))
        if again == shown:
            return shown
        shown = again
    return holes.WORDS


def _is_crowded(line: str) -> bool:
    """Whether pieces may have stood so close that what is left of them reads otherwise; few lines do."""
    return _CROWDED.search(line) is not None


def tidy(line: str) -> str:
    """Repeated holes as one, blanks as one."""
    return _BLANKS.sub(" ", _REPEATED.sub(r"\1", line)).strip(" |")


def _choose(lines: Sequence[str], room: int) -> Sequence[str]:
    """All lines when they fit; else the telling ones, the last of them first, in their order."""
    if sum(map(len, lines)) + len(SEPARATOR) * (len(lines) - 1) <= room:
        return lines
    chosen: dict[int, str] = {}
    for index in sorted(range(len(lines)), key=lambda at: (not _tells(lines[at]), -at)):
        line = lines[index] if chosen else _cut(lines[index], room)
        if line and len(line) <= room:
            chosen[index] = line
            room -= len(line) + len(SEPARATOR)
        if room <= 0:
            break
    return [chosen[index] for index in sorted(chosen)]


def _tells(line: str) -> bool:
    lowered = line.lower()
    return any(word in lowered for word in _TELLING)


def _cut(line: str, room: int) -> str:
    """Beginning and end of a line that is too long, cut at blanks."""
    if len(line) <= room:
        return line
    head, tail = line[: room - _TAIL].rpartition(" ")[0], line[-_TAIL + len(SEPARATOR) :].partition(" ")[2]
    return SEPARATOR.join(part for part in (head, tail) if part)
