"""Suggested duplicates: which wishes may be the same one, and why.

Job: compare wishes by the telling words they share; put the reason into words.
Must not: merge anything; that is a person's decision.

    similarity = sqrt(share of a's weight that b holds x share of b's that a holds)
                 x OTHER_VERSION where both name versions, and none of them meet
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import sqrt
from types import MappingProxyType
from typing import Final

from sidecar.triage.profile import Profile, read, weigh
from sidecar.triage.rows import Suggestion
from sidecar.triage.words import Heard

LEAST: Final = 0.15
"""Below this similarity nothing is suggested: of such pairs hardly one in ten is one wish."""

MOST: Final = 10  # suggestions for one request
TRIED: Final = 16  # candidates compared in full for each wish
FEW: Final = 300  # wishes of which every pair is compared, in half a second
KEYS: Final = 6  # weightiest terms by which candidates are found, alone and in pairs
CROWD: Final = 120  # a term or a pair that more wishes hold finds nobody: comparing all would take minutes
OTHER_VERSION: Final = 0.6  # "upgrade to 3.5" and "upgrade to 4.0" are two wishes
NEAR: Final = 3  # steps of the last number within which two versions are one wish: the newer one includes it
NAMED: Final = 4  # shared words that the reason names


def suggest(
    wishes: Sequence[Heard], requests: Sequence[str], spelled: Mapping[str, str] = MappingProxyType({})
) -> dict[str, list[Suggestion]]:
    """For each request the others that may be the same, the likeliest first.

    Args:
        wishes: all that may be duplicates.
        requests: the request that each of them belongs to; wishes of one request are not compared.
        spelled: stem -> a word that people wrote for it, for the reasons.
    """
    profiles = weigh([read(wish) for wish in wishes])
    best: defaultdict[str, dict[str, tuple[float, int, int]]] = defaultdict(dict)
    for one, other in _candidates(profiles, requests):
        score = similarity(profiles[one], profiles[other])
        if score < LEAST:
            continue
        for a, b in ((one, other), (other, one)):
            if score > best[requests[a]].get(requests[b], (0.0, 0, 0))[0]:
                best[requests[a]][requests[b]] = (score, a, b)
    return {
        request: [
            Suggestion(each, round(score, 4), why(profiles[a], profiles[b], spelled))
            for each, (score, a, b) in sorted(found.items(), key=lambda item: (-item[1][0], item[0]))[:MOST]
        ]
        for request, found in best.items()
    }


def similarity(one: Profile, other: Profile) -> float:
    """0..1: how much of each wish the other one says too."""
    if not one.total or not other.total:
        return 0.0
    shared = one.weights.keys() & other.weights.keys()
    of_one = sum(one.weights[term] for term in shared) / one.total
    of_other = sum(other.weights[term] for term in shared) / other.total
    found = min(1.0, sqrt(of_one * of_other))  # sums in another order may round to a hair above 1
    return found * (OTHER_VERSION if _versions_differ(one, other) else 1.0)


def why(one: Profile, other: Profile, spelled: Mapping[str, str]) -> str:
    """The reason in words: the weightiest terms that both say, and whether they name other versions.

    Args:
        one: a wish.
        other: another one.
        spelled: stem -> a word that people wrote for it.
    """
    shared = one.weights.keys() & other.weights.keys()
    ranked = sorted(shared, key=lambda term: (-min(one.weights[term], other.weights[term]), term))[:NAMED]
    named = ", ".join(spelled.get(term, term.removeprefix("~").replace("_", " ")) for term in ranked)
    version = "; they name different versions" if _versions_differ(one, other) else ""
    return f"both speak of: {named}{version}"


def _versions_differ(one: Profile, other: Profile) -> bool:
    if not one.versions or not other.versions:
        return False
    return not any(_near(a, b) for a in one.versions for b in other.versions)


def _near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    if len(one) != len(other) or len(one) == 1:
        return one == other
    return one[:-1] == other[:-1] and abs(one[-1] - other[-1]) <= NEAR


def _candidates(profiles: Sequence[Profile], requests: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs worth a full comparison, each once: all of few, else wishes that share the most weighty terms."""
    if len(profiles) <= FEW:
        yield from (pair for pair in combinations(range(len(profiles)), 2) if _apart(pair, requests))
        return
    keys = [_keys(profile) for profile in profiles]
    holders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, own in enumerate(keys):
        for key in own:
            holders[key].append(place)
    telling = {key: held for key, held in holders.items() if 1 < len(held) <= CROWD}
    tried: set[tuple[int, int]] = set()
    for place, own in enumerate(keys):
        met: Counter[int] = Counter()
        for key in own:
            met.update(telling.get(key, ()))
        del met[place]
        for other, _ in met.most_common(TRIED):
            pair = (min(place, other), max(place, other))
            if pair not in tried and _apart(pair, requests):
                tried.add(pair)
                yield pair


def _apart(pair: tuple[int, int], requests: Sequence[str]) -> bool:
    return requests[pair[0]] != requests[pair[1]]


def _keys(profile: Profile) -> list[tuple[str, ...]]:
    """The weightiest terms alone and in pairs: two that are common alone may be rare together."""
    top = sorted(profile.weights, key=lambda term: (-profile.weights[term], term))[:KEYS]
    return [*((term,) for term in top), *combinations(sorted(top), 2)]
