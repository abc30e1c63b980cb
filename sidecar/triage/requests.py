"""Requests: the wishes of a store as a list that one can work through.

Job: gather wishes into requests, each with category, votes, priority and suggested duplicates.
Must not: read a store or a clock, or decide for a person.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sidecar.triage import priority as ranking
from sidecar.triage.category import Category, categorise
from sidecar.triage.duplicates import suggest
from sidecar.triage.rows import Parts, RequestRow, Suggestion
from sidecar.triage.wish import ACTIVE, Wish
from sidecar.triage.words import Heard, hear

UNTOLD_EFFORT: Final = "medium"
MOST_OPENINGS: Final = 20  # told of one request: enough to see what it gathers
SUMMARY: Final = 120  # characters of the opening that name a request in a list


def triage(wishes: Sequence[Wish], now: int, label: Callable[[int], str]) -> list[RequestRow]:
    """The requests, the most pressing first, equals as they came; what is done or declined stands at the end.

    Args:
        wishes: all of a store, in the order in which they came.
        now: the present week.
        label: the name of a week.
    """
    stems: dict[str, str] = {}
    heard = {wish.feedback_id: hear(wish.text, stems) for wish in wishes}
    groups: defaultdict[str, list[Wish]] = defaultdict(list)
    for wish in wishes:
        groups[wish.request_id].append(wish)
    parts = _parts(groups, heard, now)
    alike = suggest(
        [heard[wish.feedback_id] for wish in wishes], [wish.request_id for wish in wishes], _spelled(stems)
    )
    rows = [
        _row(group, heard, parts[request], alike.get(request, []), label) for request, group in groups.items()
    ]
    return sorted(rows, key=lambda row: (row.state not in ACTIVE, -row.priority, -row.votes))


def _spelled(stems: Mapping[str, str]) -> dict[str, str]:
    """Stem -> the shortest word that was written for it."""
    found: dict[str, str] = {}
    for word in sorted(stems, key=lambda each: (len(each), each)):
        found.setdefault(stems[word], word)
    return found


def _parts(groups: Mapping[str, list[Wish]], heard: Mapping[str, Heard], now: int) -> dict[str, Parts]:
    """What each priority is made of; what is done or declined has no votes left."""
    votes = {
        request: sum(ranking.weight(wish.week, now) for wish in group) if group[0].state in ACTIVE else 0.0
        for request, group in groups.items()
    }
    all_votes = sum(votes.values())
    return {
        request: ranking.parts(
            votes[request],
            all_votes,
            group[0].severity or ranking.severity_of(heard[wish.feedback_id] for wish in group),
            group[0].effort or UNTOLD_EFFORT,
        )
        for request, group in groups.items()
    }


def _row(
    group: list[Wish],
    heard: Mapping[str, Heard],
    parts: Parts,
    alike: list[Suggestion],
    label: Callable[[int], str],
) -> RequestRow:
    ordered = sorted(group, key=lambda wish: wish.feedback_id != wish.request_id)
    main = ordered[0]
    about = _category(main, heard[main.feedback_id])
    return RequestRow(
        request_id=main.request_id,
        summary=summary(heard[main.feedback_id]),
        category=about.name,
        confidence=round(about.confidence, 3),
        unsure=about.unsure,
        n=len(group),
        votes=len(group),
        priority=ranking.priority(parts),
        parts=parts,
        state=main.state,
        members=[wish.feedback_id for wish in ordered],
        openings=[summary(heard[wish.feedback_id]) for wish in ordered[:MOST_OPENINGS]],
        first_week=label(min(wish.week for wish in group)),
        last_week=label(max(wish.week for wish in group)),
        suggested_duplicates=alike,
    )


def _category(main: Wish, heard: Heard) -> Category:
    """What a person said, else what the words say."""
    if main.category is not None:
        return Category(main.category, 1.0, unsure=False)
    return categorise(heard, main.hint)


def summary(wish: Heard) -> str:
    """How a wish opens, on one line."""
    opening = " ".join(wish.opening.split())
    return opening if len(opening) <= SUMMARY else opening[: SUMMARY - 3].rstrip() + "..."
