"""Limits: how many records a second are taken, and from whom when there are not enough places.

Job: one bucket for the whole daemon, divided among the connections as soon as it runs short.
Must not: look at a clock or a record, or do more than a few sums for each request: this is the hot path.

    level = free + kept back + claims          never more than BURST; it grows by RATE a second

    plenty      whoever asks draws from `free`, then from what is kept back
    refused     the caller is a sharer from now on: what comes in is dealt out in equal parts, one to each
                sharer's claim and one to what is kept back for callers who are no sharers
    a sharer    draws from its claim, then from `free`; it is none any more when it hangs up, asks for
                nothing for a while, or has claimed so much that it cannot be called short

A connection for each request gains nothing by it: all such connections are callers who are no sharers, and
live of one part together.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from sidecar.errors import RateLimited
from sidecar.records import Feedback

RATE: Final = 500.0  # records a second; a person gives one in minutes, a whole evaluation a few thousand
BURST: Final = 2_000.0  # records; an honest evaluation that reports when it is done
WORDS_A_PLACE: Final = 512
"""Characters of a message or a wish that take as long to scrub as a dozen other records to store."""
MOST_PLACES: Final = 1_000  # of one batch, so that the bucket can ever hold as many
KEPT_BACK: Final = 100.0  # of them; enough to answer at once whoever asks for little during a flood
_WORDY: Final = ("error_message", "feature_description")
SHARER_SECONDS: Final = 3.0  # without a request; longer would deal out parts to those who have gone
LONGEST_WAIT: Final = 2  # seconds; a caller who waited longer would be no sharer any more when it is back


class _Claim:
    """One sharer's part: what is its own, how much had been dealt out then, and when it asked last."""

    __slots__ = ("asked", "own", "seen")

    def __init__(self, seen: float, now: float) -> None:
        self.own = 0.0
        self.seen = seen
        self.asked = now


class Bucket:
    """The bucket. Time is an argument; a clock that goes back gives nothing and takes nothing.

    Callers are known by identity; a connection of the daemon, or anything that can be hashed.
    """

    def __init__(self, now: float) -> None:
        self._level = BURST
        self._kept = KEPT_BACK
        self._claimed = 0.0  # the sum of all claims
        self._dealt = 0.0  # what each sharer would have been dealt that was there from the beginning
        self._at = now
        self._sharers: OrderedDict[object, _Claim] = OrderedDict()  # who asked longest ago stands first

    def draw(self, caller: object, records: int, now: float) -> int:
        """Take places for some records, all or none.

        Returns:
            0 when they were taken; else the seconds after which it is worth to ask again.
        """
        self._refill(now)
        if self._sharers:
            self._dismiss(now)
        claim = self._sharers.get(caller)
        if claim is not None:
            return self._draw_shared(caller, claim, records)
        free = max(0.0, self._level - self._claimed - self._kept)
        if records > free + self._kept:
            self._sharers[caller] = _Claim(self._dealt, self._at)
            return self._wait(records - free)
        self._level -= records
        if records > free:
            self._kept -= records - free
        return 0

    def put_back(self, records: int) -> None:
        """Places that were taken, and no record stored; they are anybody's."""
        self._level = min(BURST, self._level + records)

    def leave(self, caller: object) -> None:
        """The caller has gone; what it had claimed is anybody's."""
        claim = self._sharers.pop(caller, None)
        if claim is not None:
            self._give_back(claim)

    def _draw_shared(self, caller: object, claim: _Claim, records: int) -> int:
        claim.own += self._dealt - claim.seen
        claim.seen = self._dealt
        claim.asked = self._at
        free = max(0.0, self._level - self._claimed - self._kept)
        if claim.own >= BURST / len(self._sharers):
            self.leave(caller)
        else:
            self._sharers.move_to_end(caller)
        if records > claim.own + free:
            return self._wait(records - claim.own - free)
        if caller in self._sharers:
            drawn = min(claim.own, records)
            claim.own -= drawn
            self._claimed -= drawn
        self._level -= records
        return 0

    def _refill(self, now: float) -> None:
        passed = now - self._at
        if passed <= 0:
            return
        self._at = now
        came = min(passed * RATE, BURST - self._level)
        self._level += came
        lacking = KEPT_BACK - self._kept
        sharers = len(self._sharers)
        parts = sharers + (lacking > 0)
        if parts:
            part = came / parts
            self._kept += min(part, lacking)
            self._dealt += part
            self._claimed += part * sharers

    def _dismiss(self, now: float) -> None:
        """Forget sharers that have not asked for a while; each is looked at once."""
        while self._sharers:
            caller, claim = next(iter(self._sharers.items()))
            if claim.asked >= now - SHARER_SECONDS:
                return
            self.leave(caller)

    def _give_back(self, claim: _Claim) -> None:
        self._claimed -= claim.own + self._dealt - claim.seen
        if not self._sharers:
            self._claimed = 0.0  # and with it what rounding had left

    def _wait(self, lacking: float) -> int:
        seconds = math.ceil(lacking * (len(self._sharers) + 1) / RATE)
        return min(max(seconds, 1), LONGEST_WAIT)


def places(records: Sequence[Feedback]) -> int:
    """How much of the bucket these records take: one each, and more for long words."""
    more = sum(len(getattr(each, name, "")) // WORDS_A_PLACE for each in records for name in _WORDY)
    return max(len(records), min(len(records) + more, MOST_PLACES))


class RateLimit:
    """The bucket behind a clock, or no limit at all."""

    def __init__(self, seconds: Callable[[], float], *, on: bool = True) -> None:
        self._seconds = seconds
        self._bucket = Bucket(seconds()) if on else None

    def take(self, caller: object, records: int) -> None:
        """Go on when this many records may be stored now.

        Raises:
            RateLimited: too many came; nothing was taken.
        """
        if self._bucket is None:
            return
        wait = self._bucket.draw(caller, records, self._seconds())
        if wait:
            raise RateLimited(
                "more records come than are taken in a second; send it again after Retry-After",
                retry_after=wait,
            )

    def put_back(self, records: int) -> None:
        """What was taken is not used: nothing was stored, and it will be asked for again."""
        if self._bucket is not None:
            self._bucket.put_back(records)

    def leave(self, caller: object) -> None:
        """The caller hung up."""
        if self._bucket is not None:
            self._bucket.leave(caller)
