"""A wish, and the closed lists of what a person may decide about it.

Job: name the states, severities and efforts once, for the store, the routes and the ranking.
Must not: compute anything: the daemon loads this at its start.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

STATES: Final = ("new", "planned", "in_progress", "done", "declined")
ACTIVE: Final = frozenset({"new", "planned", "in_progress"})

SEVERITIES: Final[Mapping[str, float]] = {"low": 0.5, "normal": 0.75, "high": 1.0}
EFFORTS: Final[Mapping[str, float]] = {"small": 1.0, "medium": 1.5, "large": 3.0}
"""Guesses of a person, in steps that nobody has to argue about."""

LIKELY: Final = 0.4
"""From this similarity on a person is shown the pair without asking for more."""


class Wish(Struct, frozen=True, kw_only=True):
    """One feature request as it was sent, and what a person decided about the request it belongs to.

    Attributes:
        feedback_id: of the record.
        request_id: of the request; the feedback id of its main wish.
        week: when it was sent.
        text: its words.
        hint: the category that came with it, `""` for none.
        category, severity, effort: what a person said of the request; None where nobody did.
        state: of the request.
    """

    feedback_id: str
    request_id: str
    week: int
    text: str
    hint: str = ""
    category: str | None = None
    state: str = "new"
    severity: str | None = None
    effort: str | None = None
