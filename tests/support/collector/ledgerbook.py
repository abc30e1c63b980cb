"""The book: what a collector knows of batches and requests, and the verdict on each that comes.

Job: be DESIGN's section 7 seen from the other side, as values: `put`, `delete`, `counted`.
Must not: read a clock, a socket or a file; know why a test asks.

Everything binds to a pair (id, withdrawal), never to an id alone: only who wrote the batch knows its secret,
so nobody can void or block somebody else's batch by naming its id.

    put      a schema it does not speak ........................... unsupported
             unreadable, or a part beside the cells malformed ..... rejected, no indices
             its id or its root was withdrawn ..................... gone
             the id holds other bytes ............................. conflict
             its root holds another withdrawal, or is a child ..... conflict
             it was superseded .................................... conflict
             the same bytes were stored ........................... duplicate (partial, if it was partial)
             its period begins too early or too late .............. rejected, no indices
             bad cells ............................................ partial or rejected, as `refusal` says
             else ................................................. stored; its root is void from now on
    delete   wrong secret for what is known ....................... 403
             else ................................................. gone, for good

What is known of an id comes before what is wrong with the letter, so that a retry months later still gets
its answer. A superseded root is a `conflict` even when its bytes were stored: it must never count again; the
client that still sends it is a copy of the one that split it, and `conflict` is the word for a cloned
machine. `duplicate` would let that copy call records shared that no child may carry, `gone` would let it call
them withdrawn while they count.
A partial answer that was lost is repeated, for `duplicate` would call the refused cells shared.
"""

import base64
import binascii
import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from tests.support.collector import counting, wire
from tests.support.collector.counting import Counted, Known
from tests.support.collector.shelf import Shelf, Stored
from tests.support.collector.wire import Batch, Request

OLDEST: Final = timedelta(days=120)
NEWEST: Final = timedelta(days=1)

Kind = Literal["batches", "requests"]
Verdict = Literal["stored", "duplicate", "partial", "rejected", "conflict", "gone", "unsupported"]
Refusal = Literal["partial", "indices", "bare"]
"""How bad cells are refused: the rest is stored; nothing is, and they are named; nothing is, nor named."""
Json: TypeAlias = dict[str, Any]


class Reply(Struct, frozen=True):
    """What is answered; without a `verdict` it is a problem of RFC 9457 and settles nothing."""

    status: int
    json: Json

    @property
    def verdict(self) -> Verdict | None:
        """The verdict, if it is one."""
        found: Verdict | None = self.json.get("verdict")
        return found


class Book:
    """What one collector knows.

    Attributes:
        known: its lists of words; whatever else is well-formed folds.
        poison: cells that it refuses although they are well-formed.
        refusal: how it refuses cells.
    """

    def __init__(self, known: Known | None = None) -> None:
        self.known = known or Known()
        self.poison: Callable[[Mapping[str, Any]], bool] = lambda _: False
        self.refusal: Refusal = "partial"
        self._shelves: dict[Kind, Shelf] = {"batches": Shelf(), "requests": Shelf()}

    def put(
        self, batch_id: str, body: bytes, content_digest: str, now: datetime, *, kind: Kind = "batches"
    ) -> Reply:
        """Take a letter; `body` is what stood before compression."""
        digest = hashlib.sha256(body)
        if not is_digest(content_digest, digest.digest()):
            return problem(HTTPStatus.BAD_REQUEST, "Content-Digest must be the sha-256 of the body")
        shelf = self._shelves[kind]
        echo = _Echo(batch_id, digest.hexdigest())
        try:
            held = self._read(body, kind, echo)
        except wire.Unreadable as fault:
            return echo.verdict("unsupported" if fault.newer else "rejected", detail=str(fault))
        return _known(shelf, batch_id, held, echo) or self._store(shelf, batch_id, held, now, echo)

    def delete(self, batch_id: str, secret: str, *, kind: Kind = "batches") -> Reply:
        """Withdraw an id, with all that stands for it; one that is unknown is gone when it comes."""
        shelf = self._shelves[kind]
        withdrawal = withdrawal_of(secret)
        hashes = shelf.withdrawals(batch_id)
        if hashes and not any(hmac.compare_digest(each, withdrawal) for each in hashes):
            return problem(HTTPStatus.FORBIDDEN, "the secret must be the one that this batch was sealed with")
        shelf.withdrawn.add((batch_id, withdrawal))
        return Reply(HTTPStatus.OK, {"batch_id": batch_id, "verdict": "gone"})

    def counted(self) -> Counter[Counted]:
        """What counts now: nothing that was withdrawn or superseded."""
        found: Counter[Counted] = Counter()
        for _, held in self._live_batches():
            batch = held.letter
            assert isinstance(batch, Batch)
            for cell in held.cells:
                for name, n in counting.numbers(
                    cell,
                    period=batch.period,
                    product=batch.product,
                    bucket=batch.hardware_bucket,
                    known=self.known,
                ):
                    found[name] += n
        return found

    def installs(self, period: str, product: str) -> int:
        """k: how many distinct batches of a period count, a root and its children as one."""
        return len(
            {
                held.root or id_
                for id_, held in self._live_batches()
                if isinstance(held.letter, Batch)
                and (held.letter.period, held.letter.product) == (period, product)
            }
        )

    def inbox(self) -> list[Request]:
        """The approved requests that were not withdrawn."""
        shelf = self._shelves["requests"]
        return [
            held.letter
            for id_, held in shelf.stored.items()
            if shelf.live(id_) and isinstance(held.letter, Request)
        ]

    def _live_batches(self) -> list[tuple[str, Stored]]:
        shelf = self._shelves["batches"]
        return [(id_, held) for id_, held in shelf.stored.items() if shelf.live(id_)]

    def _read(self, body: bytes, kind: Kind, echo: "_Echo") -> Stored:
        """A letter with its good cells, and the places of the others."""
        letter: Batch | Request = wire.read_batch(body) if kind == "batches" else wire.read_request(body)
        cells: Sequence[Any] = letter.cells if isinstance(letter, Batch) else ()
        read = [None if self._is_poison(cell) else wire.read_cell(cell) for cell in cells]
        if isinstance(letter, Batch) and letter.supersedes == echo.batch_id:
            raise wire.Unreadable("a batch cannot supersede itself")
        return Stored(
            letter=letter,
            sha256=echo.sha256,
            refused=tuple(place for place, cell in enumerate(read) if cell is None),
            cells=tuple(cell for cell in read if cell is not None),
        )

    def _is_poison(self, cell: object) -> bool:
        return isinstance(cell, dict) and self.poison(cell)

    def _store(self, shelf: Shelf, id_: str, held: Stored, now: datetime, echo: "_Echo") -> Reply:
        """The verdict on a letter that is new."""
        letter = held.letter
        if isinstance(letter, Batch) and not is_open(letter.period, now):
            return echo.verdict("rejected", detail="the period begins too long ago, or in the future")
        if held.refused and (self.refusal != "partial" or not held.cells):
            return echo.verdict("rejected", () if self.refusal == "bare" else held.refused)
        shelf.stored[id_] = held
        if held.root is not None:
            shelf.superseded.add((held.root, letter.withdrawal))
        return echo.verdict("partial" if held.refused else "stored", held.refused)


class _Echo(Struct, frozen=True):
    """What every verdict repeats."""

    batch_id: str
    sha256: str

    def verdict(self, verdict: Verdict, cells: Sequence[int] = (), *, detail: str = "") -> Reply:
        status = HTTPStatus.CONFLICT if verdict == "conflict" else HTTPStatus.OK
        said = {"batch_id": self.batch_id, "sha256": self.sha256, "verdict": verdict}
        return Reply(status, said | {"cells": list(cells), "detail": detail})


def _known(shelf: Shelf, id_: str, held: Stored, echo: _Echo) -> Reply | None:
    """The verdict that follows from what is known already; None for a letter that is new."""
    first = shelf.stored.get(id_)
    if shelf.is_withdrawn(id_, held):
        return echo.verdict("gone", detail="it was withdrawn")
    if first is not None and first.sha256 != held.sha256:
        return echo.verdict("conflict", detail="the id holds other bytes")
    if held.root is not None and not shelf.is_own_root(held):
        return echo.verdict("conflict", detail="what it supersedes is not its own root")
    if (id_, held.letter.withdrawal) in shelf.superseded:
        return echo.verdict("conflict", detail="it was superseded")
    if first is not None:
        return echo.verdict("partial" if first.refused else "duplicate", first.refused)
    return None


def is_open(period: str, now: datetime) -> bool:
    """Whether a period may still, or already, come."""
    return now - OLDEST <= wire.first_day(period) <= now + NEWEST


def withdrawal_of(secret: str) -> str:
    """The hash of a secret as it stands in the DELETE, so that nobody has to agree on how to decode it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_digest(header: str, digest: bytes) -> bool:
    """Whether a Content-Digest of RFC 9530 names this sha-256, alone."""
    if not (header.startswith("sha-256=:") and header.endswith(":")):
        return False
    try:
        return base64.b64decode(header[9:-1], validate=True) == digest
    except binascii.Error:
        return False


def problem(status: int, detail: str) -> Reply:
    """A refusal that echoes nothing."""
    title = HTTPStatus(status).phrase
    return Reply(status, {"type": "about:blank", "title": title, "status": int(status), "detail": detail})
