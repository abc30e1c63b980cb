"""The shapes of what the owner is told of sharing.

Job: say what each of these routes gives back.
Must not: compute anything.
"""

from typing import Literal

from msgspec import Struct

from sidecar.outbox.decisions import State
from sidecar.share.consent import Mode


class DestinationRow(Struct, frozen=True, kw_only=True):
    """Somebody who asks for counts, and the owner's answer.

    Attributes:
        name: by which it is answered.
        url: where its batches go.
        products: whose records could go there.
        period: `1w` or `4w`: how much time one batch stands for.
        controller: who answers for the data. Then: whom to write to, what for, the policy, how long kept.
        state: `granted`, `declined`, `revoked`, `asked` by an application, or `not_asked`.
        answered_at: when the owner answered; null without an answer.
        asked_at: when an application last asked.
        scopes: what is granted.
        why_not: why nothing may leave for it now; null where it may.
        text: what the owner reads before granting.
        digest: SHA-256 of that text, which a grant has to name.
    """

    name: str
    url: str
    products: list[str]
    period: str
    controller: str
    contact: str
    purpose: str
    privacy_url: str
    retention: str
    state: State
    answered_at: str | None
    asked_at: str | None
    scopes: list[str]
    why_not: str | None
    text: str
    digest: str


class ConsentAnswer(Struct, frozen=True, kw_only=True):
    """The mode of the machine, what forbids every packet, and who asks.

    Attributes:
        mode: `off` takes no feedback; `local` sends not one packet; `share` sends what is granted.
        switches: what forbids every packet, whatever is granted.
        scopes: what can be granted, each in plain words.
        destinations: everybody who may ask.
    """

    mode: Mode
    switches: list[str]
    scopes: dict[str, str]
    destinations: list[DestinationRow]


class Asked(Struct, frozen=True):
    """Whether the owner's own page was opened, and what the answer is until now."""

    asked: bool
    state: State


class ConsentState(Struct, frozen=True):
    """The owner's answer to a destination, and nothing more."""

    state: State


class OutboxRow(Struct, frozen=True, kw_only=True):
    """A batch that something is still to be done about.

    Attributes:
        kind: `batch` of counts, or one approved `request`.
        state: `held` until it may leave, `armed` from before its first byte, `withdrawing`.
        period: ISO week, or the first of four.
        sha256: of its exact bytes.
        bytes: how many these are.
        cells, records: how many cells it has, and of how many records.
        next_at: when something is done about it; null where that waits for a change.
        why: why not now.
        tries: attempts that ended without a verdict.
        given_up: its grant was taken back after it was armed: never tried again, it may have arrived.
    """

    batch_id: str
    kind: Literal["batch", "request"]
    state: str
    destination: str
    product: str
    period: str
    sha256: str
    bytes: int
    cells: int
    records: int
    sealed_at: str
    next_at: str | None
    why: str
    tries: int
    given_up: bool


class OutboxAnswer(Struct, frozen=True, kw_only=True):
    """What waits to leave, and what the courier does next.

    Attributes:
        busy: a round goes on, or is about to.
        next_at: when the next step is due; null where nothing is.
        why: what it waits for.
        last_upload: when a collector last took a batch.
        attempts_ever: connections that were ever tried.
        next: always null: the list is short.
    """

    mode: Mode
    switches: list[str]
    busy: bool
    next_at: str | None
    why: str
    last_upload: str | None
    attempts_ever: int
    rows: list[OutboxRow]
    next: str | None


class PreviewRow(Struct, frozen=True):
    """A sealed batch: `body` is the exact text that leaves, `sha256` its digest."""

    batch_id: str
    sha256: str
    state: str
    destination: str
    kind: Literal["batch", "request"]
    body: str


class Preview(Struct, frozen=True):
    """What is sealed, to the byte, and what would be sealed if the period ended now."""

    batches: list[PreviewRow]
    draft: list[str]


class BatchState(Struct, frozen=True):
    """A batch after a decision."""

    batch_id: str
    state: str


class Receipt(Struct, frozen=True, kw_only=True):
    """A batch that left, or may have.

    Attributes:
        state: `shared`; `withdrawing` until the collector confirmed; `withdrawn`; `split` where its parts
            went on as batches of their own; `quarantined` where it was refused, or stood damaged on the disk;
            `armed` or `void` where nobody knows whether it arrived.
        sha256: of the bytes that left: the same as in the preview.
        sent_at: when it was first sent.
        settled_at: when that was answered.
    """

    batch_id: str
    kind: Literal["batch", "request"]
    state: str
    destination: str
    product: str
    period: str
    sha256: str
    cells: int
    records: int
    sent_at: str | None
    settled_at: str | None


class Receipts(Struct, frozen=True):
    """A stretch of the receipts; pass `next` as `after` to go on."""

    rows: list[Receipt]
    next: str | None


class AttemptRow(Struct, frozen=True, kw_only=True):
    """One attempt to reach a collector, written down before its first byte.

    Attributes:
        number: counts every attempt that was ever made.
        what: `batch`, `request` or `withdrawal`.
        bytes: of the body, before compression.
        outcome: what came of it; empty where the daemon ended before it knew.
        status: of the answer, if there was one.
    """

    number: int
    at: str
    destination: str
    url: str
    what: Literal["batch", "request", "withdrawal"]
    batch_id: str | None
    bytes: int
    outcome: str
    status: int | None


class Egress(Struct, frozen=True):
    """A stretch of the egress log. `ever` counts all connections that were ever tried, kept here or not."""

    ever: int
    rows: list[AttemptRow]
    next: str | None


class Started(Struct, frozen=True):
    """A round of the courier has begun; `GET /v1/outbox` says `busy` until it ends."""

    started: bool


class ProductAnswer(Struct, frozen=True):
    """A product: whether it is muted, how many records of it are here, and how many were just deleted."""

    product_id: str
    muted: bool
    records: int
    deleted: int
