"""Batches: counts of many records as the exact bytes that may leave.

Job: roll records up into cells, derive the ids and secrets of a lane, and write a batch down.
Must not: read a store, or take anything into a cell that the manifest does not list.

    lane key   HMAC-SHA256(privacy salt, "feedback-sidecar lane 1" NUL destination NUL product)
    batch id   HMAC-SHA256(lane key, "batch" NUL destination NUL product NUL period NUL revision), 128 bits
    secret     HMAC-SHA256(lane key, "withdraw" NUL batch id), in hex
    withdrawal SHA-256 of these 64 letters, in hex

So two copies of one store give one batch one id, and a restored copy can still withdraw what it sent.
"""

import hashlib
import hmac
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from sidecar.share.manifest import Facts, shareable_cell
from sidecar.vocabulary import UNKNOWN

SCHEMA: Final = 1
MEDIA_TYPE: Final = "application/vnd.feedback-sidecar.batch+json;version=1"
REQUEST_MEDIA_TYPE: Final = "application/vnd.feedback-sidecar.request+json;version=1"
MOST_CELLS: Final = 500
MOST_BYTES: Final = 64 * 1024
ROOM_FOR_THE_REST: Final = 4 * 1024
"""Bytes of a batch beside its cells: the lost lines of every kind and reason, ids, a product."""

MOST_IN_HISTOGRAM: Final = 20
"""A machine that rates a thousand times a week does not outweigh fifty that rate twenty times."""
MOST_IN_COUNT: Final = 1_000
ID_BYTES: Final = 16

Counts: TypeAlias = dict[str, Any]


class Free(Struct, frozen=True):
    """A record that may go into a batch: its number, what it says, and the machine it is about."""

    seq: int
    facts: Facts
    hardware_bucket: str


class Cell(Struct, frozen=True):
    """One cell of a batch, as it is written, with the records it was counted from."""

    kind: str
    body: Counts
    records: Sequence[int]


class Packed(Struct, frozen=True):
    """What became of free records.

    Attributes:
        cells: at most `MOST_CELLS`, and within `MOST_BYTES`.
        unsayable: records that say nothing to others, such as custom against custom, with their kind.
        left: how many found no room; they stay free.
    """

    cells: list[Cell]
    unsayable: list[tuple[int, str]]
    left: int


class Lost(Struct, frozen=True):
    """What the lane lost since its last batch."""

    kind: str
    reason: str
    count: int


def lane_key(salt: bytes, destination: str, product: str) -> bytes:
    """The key that ids and secrets of a lane come from; 32 bytes."""
    return _mac(salt, "feedback-sidecar lane 1", destination, product)


def batch_id(key: bytes, destination: str, product: str, period: int, revision: int) -> bytes:
    """The id of a batch; 16 bytes."""
    return _mac(key, "batch", destination, product, str(period), str(revision))[:ID_BYTES]


def request_id(key: bytes, destination: str, product: str, feedback_id: bytes, text: str) -> bytes:
    """The id under which one approved wish leaves; 16 bytes. Other words are another approval."""
    return _mac(key, "request", destination, product, feedback_id.hex(), text)[:ID_BYTES]


def secret(key: bytes, id_: bytes) -> str:
    """What withdraws a batch: 64 hex digits that only this machine can derive."""
    return _mac(key, "withdraw", id_.hex()).hex()


def withdrawal(secret_: str) -> str:
    """SHA-256 of the secret, hex: what a batch shows of it."""
    return hashlib.sha256(secret_.encode()).hexdigest()


def pack(free: Iterable[Free], *, bucket: str, revision: int) -> Packed:
    """Roll records up, the first ones first.

    Args:
        free: in the order in which they came.
        bucket: of the batch; a record of another machine says `unknown` in its cell.
        revision: of the manifest, as it was granted.
    """
    cells: dict[Hashable, tuple[Counts, list[int]]] = {}
    unsayable: list[tuple[int, str]] = []
    for record in free:
        said = shareable_cell(record.facts, revision)
        if not said:
            unsayable.append((record.seq, record.facts.kind))
            continue
        if record.hardware_bucket != bucket:
            said["hardware_bucket"] = UNKNOWN
        dimensions, counts = _parted(said)
        known = cells.get(dimensions)
        if known is None:
            cells[dimensions] = (said, [record.seq])
        else:
            _add(known[0], counts)
            known[1].append(record.seq)
    fitting, left = _fitting([Cell(said["kind"], _capped(said), seqs) for said, seqs in cells.values()])
    return Packed(fitting, unsayable, left)


def _fitting(cells: list[Cell]) -> tuple[list[Cell], int]:
    """The first cells that one batch has room for, and how many records the others hold."""
    room, fitting = MOST_BYTES - ROOM_FOR_THE_REST, 0
    for cell in cells[:MOST_CELLS]:
        room -= len(msgspec.json.encode(cell.body)) + len(",")
        if room < 0:
            break
        fitting += 1
    return cells[:fitting], sum(len(cell.records) for cell in cells[fitting:])


def written(  # noqa: PLR0913  # the members of the wire
    cells: Sequence[msgspec.Raw],
    *,
    manifest: int,
    keys: int,
    period: str,
    hardware_bucket: str,
    product: str,
    withdrawal: str,
    supersedes: bytes | None,
    lost: Sequence[Lost] = (),
) -> bytes:
    """The exact bytes of a batch, members in the order of the contract."""
    return msgspec.json.encode(
        {
            "schema": SCHEMA,
            "manifest": manifest,
            "keys": keys,
            "period": period,
            "hardware_bucket": hardware_bucket,
            "product": product,
            "withdrawal": withdrawal,
            "supersedes": supersedes.hex() if supersedes else None,
            "cells": cells,
            "lost": lost,
        }
    )


def written_request(  # noqa: PLR0913  # the members of the wire
    *, manifest: int, period: str, product: str, withdrawal: str, category: str | None, text: str
) -> bytes:
    """The exact bytes of one approved wish; it names no machine."""
    return msgspec.json.encode(
        {
            "schema": SCHEMA,
            "manifest": manifest,
            "period": period,
            "product": product,
            "withdrawal": withdrawal,
            "category": category,
            "text": text,
        }
    )


def scaled(counts: Sequence[int], most: int) -> list[int]:
    """A histogram of at most `most`, in the same proportions (largest remainder, Hamilton's method).

    Equal remainders go to the earlier class, so that one histogram is always scaled alike.
    """
    total = sum(counts)
    if total <= most:
        return list(counts)
    shares = [divmod(n * most, total) for n in counts]
    short = most - sum(whole for whole, _ in shares)
    by_remainder = sorted(range(len(shares)), key=lambda i: -shares[i][1])
    lucky = set(by_remainder[:short])
    return [whole + (i in lucky) for i, (whole, _) in enumerate(shares)]


_COUNTED: Final = frozenset({"counts", "thumbs", "wins", "ties", "count", "speed"})


def _parted(said: Counts) -> tuple[Hashable, Counts]:
    """The dimensions of a cell, and what it counts."""
    dimensions = tuple(
        (name, tuple(value) if isinstance(value, list) else value)
        for name, value in said.items()
        if name not in _COUNTED
    )
    return dimensions, {name: value for name, value in said.items() if name in _COUNTED}


def _add(said: Counts, counts: Mapping[str, Any]) -> None:
    for name, more in counts.items():
        have = said[name]
        if isinstance(more, list):
            said[name] = [a + b for a, b in zip(have, more, strict=True)]
        elif isinstance(more, dict):
            said[name] = {key: have.get(key, 0) + more.get(key, 0) for key in have | more}
        else:
            said[name] = have + more


def _capped(said: Counts) -> Counts:
    """The cell as it leaves: histograms of at most twenty, counts of at most a thousand."""
    capped = dict(said)
    for name in ("counts", "thumbs"):
        if name in said:
            capped[name] = scaled(said[name], MOST_IN_HISTOGRAM)
    if "wins" in said:
        *capped["wins"], capped["ties"] = scaled([*said["wins"], said["ties"]], MOST_IN_HISTOGRAM)
    if "speed" in said:
        labels = sorted(said["speed"])
        counts = scaled([said["speed"][label] for label in labels], MOST_IN_HISTOGRAM)
        capped["speed"] = {label: n for label, n in zip(labels, counts, strict=True) if n}
    if "count" in said:
        capped["count"] = min(said["count"], MOST_IN_COUNT)
    return capped


def _mac(key: bytes, *parts: str) -> bytes:
    return hmac.digest(key, "\0".join(parts).encode(), "sha256")
