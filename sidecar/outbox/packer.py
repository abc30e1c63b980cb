"""The packer: what a lane may share becomes a sealed batch, or a draft of one.

Job: put the terms of a lane together and have the store seal under them, once the consent allows it.
Must not: send anything, or write a batch down in another way than the one that leaves.
"""

from collections.abc import Sequence

import msgspec

from sidecar.errors import StateConflict
from sidecar.share.consent import WISHES, Standing, may_pack, why_not
from sidecar.share.manifest import SCOPES
from sidecar.share.periods import LENGTHS
from sidecar.store import approving, sealing
from sidecar.store import lanes as store_lanes
from sidecar.store.dispatching import Standings
from sidecar.store.rehearsal import rehearse
from sidecar.store.terms import Terms
from sidecar.store.transaction import Transaction


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch says of its machine: the bucket, and the version of the public list of models."""

    bucket: str
    keys: int
    salt: bytes


def terms(standing: Standing, destination: str, product: str, machine: Machine) -> Terms | None:
    """What a lane is sealed under now; None where nothing of it may be packed."""
    scopes = {scope for scope in SCOPES if may_pack(standing, destination, product, scope)}
    if not scopes:
        return None
    grant, proposal = standing.grants[destination], standing.proposals[destination]
    return Terms(
        scopes={scope: after for scope, after in grant.scopes.items() if scope in scopes},
        manifest=grant.manifest,
        digest=grant.digest,
        keys=machine.keys,
        length=LENGTHS[proposal.destination.period],
        bucket=machine.bucket,
        own=proposal.words_of(product),
    )


def seal(  # noqa: PLR0913  # a lane, the machine and the moment
    transaction: Transaction,
    *,
    destination: str,
    product: str,
    standings: Standings,
    machine: Machine,
    now: int,
    running: bool,
) -> list[bytes]:
    """Seal a lane, if the grant that stands in this very transaction allows it; returns the ids."""
    found = terms(standings(transaction.connection), destination, product, machine)
    if found is None:
        return []
    return sealing.seal(
        transaction,
        destination=destination,
        product=product,
        terms=found,
        salt=machine.salt,
        now=now,
        running=running,
    )


def approve(  # noqa: PLR0913  # a wish, its words, the machine and the moment
    transaction: Transaction,
    *,
    id_: bytes,
    text: str,
    destination: str,
    standings: Standings,
    machine: Machine,
    now: int,
) -> bytes:
    """Seal one wish in the words that its owner approved; returns the id of its batch.

    Raises:
        NotFound: no such wish.
        StateConflict: it is to stay here, it left already, or the destination may not have it.
    """
    wish = approving.find(transaction, id_)
    standing = standings(transaction.connection)
    found = terms(standing, destination, wish.product, machine)
    if found is None or WISHES not in found.scopes:
        why = why_not(standing, destination) or "its grant holds no `requests` of this product"
        raise StateConflict(f"this destination may not have the wish: {why}")
    return approving.approve(
        transaction,
        wish=wish,
        text=text,
        destination=destination,
        terms=found,
        salt=machine.salt,
        now=now,
    )


def draft(
    transaction: Transaction,
    *,
    lanes: Sequence[tuple[str, str]],
    standings: Standings,
    machine: Machine,
    now: int,
) -> list[str]:
    """What would leave if everything were sealed now: the exact texts."""

    def seal_all(rehearsal: Transaction) -> list[bytes]:
        for destination in {destination for destination, _ in lanes}:
            store_lanes.look_anew(rehearsal, destination)
        return [
            id_
            for destination, product in lanes
            for id_ in seal(
                rehearsal,
                destination=destination,
                product=product,
                standings=standings,
                machine=machine,
                now=now,
                running=True,
            )
        ]

    return rehearse(transaction, seal_all)
