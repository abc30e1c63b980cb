"""Decisions: what the user answers to those who ask for counts, as transactions.

Job: turn an answer into a grant, a refusal or a mode, once it is sure what the user was shown.
Must not: be reached by an application, but for `ask`, which only says whether a page may be opened.
"""

from typing import Final, Literal, TypeAlias

from msgspec import Struct

from sidecar.errors import InvalidRecord, NotFound, StateConflict
from sidecar.outbox.standing import Destinations
from sidecar.share.consent import (
    LOCAL,
    SHARE,
    Grant,
    Mode,
    Proposal,
    Standing,
    consent_text,
    digest,
    why_not_send,
)
from sidecar.share.manifest import REVISION, SCOPES
from sidecar.store import consents, restored, sharing
from sidecar.store.dispatching import Standings
from sidecar.store.transaction import Transaction

State: TypeAlias = Literal["granted", "declined", "revoked", "asked", "not_asked"]
_ANSWERS: Final[dict[str, State]] = {"declined": "declined", "revoked": "revoked"}


class Wanted(Struct, frozen=True, kw_only=True):
    """A yes.

    Attributes:
        digest: of the text that the user was shown.
        include_earlier: whether what was recorded before today may leave too.
    """

    destination: str
    scopes: frozenset[str]
    digest: str
    include_earlier: bool


def grant(transaction: Transaction, *, wanted: Wanted, destinations: Destinations, now: int) -> Mode:
    """Keep a yes to the text that holds now; returns the mode.

    Records from before stay here, unless the user includes them or an older grant that holds let them go.

    Raises:
        NotFound: nobody of this name asks.
        StateConflict: another text was shown.
        InvalidRecord: no scope, or one that does not exist.
    """
    connection = transaction.connection
    standing = destinations.standing(connection)
    proposal = proposal_of(standing, wanted.destination)
    if not wanted.scopes or not wanted.scopes <= SCOPES.keys():
        raise InvalidRecord(f"`scopes` names at least one of {', '.join(SCOPES)}", field="scopes")
    shown = digest(consent_text(proposal, REVISION))
    if wanted.digest != shown:
        raise StateConflict(
            f"read the text that holds now, whose digest is {shown}, and answer that", field="digest"
        )
    older = standing.grants.get(wanted.destination)
    kept = older.scopes if older is not None and _holds(proposal, older) else {}
    start = restored.floor(connection) if wanted.include_earlier else transaction.last_seq
    sharing.grant(
        transaction,
        wanted=Grant(
            destination=wanted.destination,
            scopes={scope: min(start, kept.get(scope, start)) for scope in SCOPES if scope in wanted.scopes},
            manifest=REVISION,
            digest=shown,
            origin=proposal.destination.origin,
            at=now,
        ),
    )
    return consents.mode(connection)


def refuse(
    transaction: Transaction, *, name: str, withdraw: bool, destinations: Destinations, now: int
) -> Mode:
    """Keep a no: what was granted is taken back, or was never given; returns the mode.

    With `withdraw`, everything that was sent is taken back too.

    Raises:
        NotFound: nobody of this name asks or ever got an answer.
    """
    connection = transaction.connection
    answers = consents.answers(connection)
    if name not in answers:
        proposal_of(destinations.standing(connection), name)
        sharing.decline(transaction, name=name, now=now)
    elif answers[name].answer == "declined":
        sharing.decline(transaction, name=name, now=now)
    else:
        sharing.revoke(transaction, name=name, withdraw=withdraw, now=now)
        if withdraw and consents.mode(connection) == LOCAL and not consents.grants(connection):
            _let_withdrawals_go(transaction)
    return consents.mode(connection)


def hasten(transaction: Transaction, *, id_: bytes, standings: Standings) -> None:
    """Let a held batch leave now.

    Raises:
        NotFound: no such batch.
        StateConflict: it is not held any more, or the consent that holds now does not cover it.
    """
    row = sharing.held(transaction, id_)
    reason = why_not_send(standings(transaction.connection), row.destination, row.product, row.terms_digest)
    if reason is not None:
        raise StateConflict(f"this batch cannot leave now: {reason}; `sidecar consent` shows what holds")
    sharing.hasten(transaction, number=row.number)


def withdraw(transaction: Transaction, *, id_: bytes) -> str:
    """Take one batch back that left; returns its state.

    Raises:
        NotFound: no such batch.
        StateConflict: it never left, or no packet may leave now.
    """
    connection = transaction.connection
    mode = consents.mode(connection)
    if mode != SHARE and (mode != LOCAL or consents.grants(connection)):
        raise StateConflict(
            f"the mode is {mode}: not one packet leaves; `sidecar consent mode share` lets it"
        )
    state = sharing.withdraw(transaction, id_=id_)
    _let_withdrawals_go(transaction)
    return state


def set_mode(transaction: Transaction, *, wanted: Mode) -> Mode:
    """Let this be the mode. `share` is for a machine on which something is granted.

    Raises:
        StateConflict: nothing is granted.
    """
    if wanted == SHARE and not consents.grants(transaction.connection):
        raise StateConflict("nothing is granted yet: read and grant with `sidecar consent`")
    consents.set_mode(transaction, wanted=wanted)
    return wanted


def ask(transaction: Transaction, *, name: str, destinations: Destinations, now: int) -> bool:
    """Whether an application may have the page opened now; if so, that is remembered.

    Raises:
        NotFound: nobody of this name asks.
    """
    proposal_of(destinations.standing(transaction.connection), name)
    return consents.may_ask(transaction, name=name, now=now)


def state_of(
    standing: Standing, answers: dict[str, consents.Answer], asked: dict[str, int], name: str
) -> State:
    """What an application may know of the answer to a destination.

    A grant for another text or address is none: the destination has to ask anew.

    Raises:
        NotFound: nobody of this name asks.
    """
    proposal = proposal_of(standing, name)
    granted = standing.grants.get(name)
    if granted is not None and _holds(proposal, granted):
        return "granted"
    open_question: State = "asked" if name in asked else "not_asked"
    return _ANSWERS.get(answers[name].answer, open_question) if name in answers else open_question


def proposal_of(standing: Standing, name: str) -> Proposal:
    """Who asks under this name.

    Raises:
        NotFound: nobody.
    """
    if name not in standing.proposals:
        raise NotFound("no destination has this name; `sidecar consent` lists them", field="destination")
    return standing.proposals[name]


def as_if_granted(standing: Standing, name: str, now: int) -> Standing:
    """The standing with everything granted to one destination: for a sample, never for sending."""
    proposal = proposal_of(standing, name)
    everything = Grant(
        destination=name,
        scopes=dict.fromkeys(SCOPES, 0),
        manifest=REVISION,
        digest=digest(consent_text(proposal, REVISION)),
        origin=proposal.destination.origin,
        at=now,
    )
    return Standing(mode=SHARE, proposals=standing.proposals, grants={name: everything})


def _let_withdrawals_go(transaction: Transaction) -> None:
    """What is taken back has to be able to leave, also after the last grant is gone."""
    consents.set_mode(transaction, wanted=SHARE)
    consents.settle_mode(transaction)


def _holds(proposal: Proposal, granted: Grant) -> bool:
    same_place = proposal.destination.origin == granted.origin
    return same_place and digest(consent_text(proposal, granted.manifest)) == granted.digest
