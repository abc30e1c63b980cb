"""Consent: what the user was shown, what was granted, and what that allows now.

Job: write the consent text of a destination, and decide whether a lane may be packed or a batch sent.
Must not: ask, store or send anything, or take an application's word for the user's.

A grant holds for the text that was shown. Another address, purpose or word list is another text, and asks
anew; a wider manifest does not: the grant goes on, for the revision it was given for.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from sidecar.destinations import Destination
from sidecar.share.manifest import MANIFEST, NOTHING_DECLARED, SCOPES, Declared

Mode: TypeAlias = Literal["off", "local", "share"]

OFF: Final = "off"
LOCAL: Final = "local"
SHARE: Final = "share"
BATCH: Final = "batch"
WISHES: Final = "requests"


class Grant(Struct, frozen=True, kw_only=True):
    """What the user allowed one destination.

    Attributes:
        scopes: scope -> records with a higher number than this may leave.
        manifest: the revision that was shown.
        digest: SHA-256 of the text that was shown, hex.
        origin: of the destination then.
        at: when, in seconds since the epoch.
    """

    destination: str
    scopes: dict[str, int]
    manifest: int
    digest: str
    origin: str
    at: int


class Proposal(Struct, frozen=True, kw_only=True):
    """A destination as it stands now, with the words that products declare for it.

    Attributes:
        declared: product -> its own words, where the product itself proposed the destination.
    """

    destination: Destination
    declared: Mapping[str, Declared] = {}

    def words_of(self, product: str) -> Declared:
        """What a product's own words are, as far as they may go there."""
        return self.declared.get(product, NOTHING_DECLARED)


class Standing(Struct, frozen=True, kw_only=True):
    """What decides, as it is now.

    Attributes:
        mode: of the machine.
        switches: names of the switches that forbid every packet, such as `DO_NOT_TRACK`.
        proposals: by the name of the destination.
        grants: by the name of the destination.
    """

    mode: Mode = "local"
    switches: tuple[str, ...] = ()
    proposals: Mapping[str, Proposal] = {}
    grants: Mapping[str, Grant] = {}


def consent_text(proposal: Proposal, revision: int, scopes: frozenset[str] = frozenset(SCOPES)) -> str:
    """What a user reads before granting, for the manifest of some revision; the same each time.

    The text speaks of every scope that could be granted, so that a grant of fewer has the same digest.
    """
    to = proposal.destination
    lines = [
        f"{to.controller} asks for counts of feedback about: {', '.join(to.products)}.",
        f"They go to {to.url}, one batch for {'each week' if to.period == '1w' else 'every four weeks'}.",
        f"Purpose: {to.purpose}",
        f"Contact: {to.contact}",
        f"Privacy policy: {to.privacy_url}",
        f"Kept there: {to.retention}",
        "Once a table is published, a later withdrawal does not change it.",
        "Never a prompt, an answer, an error's text, an address, a name or an id of this machine.",
        "",
        "With every batch:",
        *_lines(BATCH, revision),
    ]
    for scope, kind in SCOPES.items():
        if scope in scopes:
            lines += ["", f"{scope}:", *_lines(kind, revision)]
    for product in sorted(proposal.declared):
        own = proposal.declared[product]
        words = sorted(own.models | own.words | own.variants)
        if words:
            lines += ["", f"Words of {product} itself: {', '.join(words)}"]
    return "\n".join(lines) + "\n"


def digest(text: str) -> str:
    """SHA-256 of a consent text, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def why_not(standing: Standing, name: str) -> str | None:  # noqa: PLR0911  # one return for each reason
    """Why nothing may be packed for or sent to a destination now; None where it may.

    The order is that of power: a switch outranks a grant, and a grant outranks the destination's wishes.
    """
    grant, proposal = standing.grants.get(name), standing.proposals.get(name)
    if standing.switches:
        return f"forbidden by {standing.switches[0]}"
    if standing.mode != SHARE:
        return f"the mode is {standing.mode}"
    if grant is None:
        return "not granted"
    if proposal is None:
        return "the destination is no longer configured"
    if proposal.destination.origin != grant.origin:
        return "its address changed; it has to ask anew"
    if digest(consent_text(proposal, grant.manifest)) != grant.digest:
        return "its text changed; it has to ask anew"
    return None


def may_pack(standing: Standing, name: str, product: str, scope: str) -> bool:
    """Whether records of a product and scope may be sealed for a destination."""
    if why_not(standing, name) is not None:
        return False
    return scope in standing.grants[name].scopes and product in standing.proposals[name].destination.products


def why_not_send(standing: Standing, name: str, product: str, terms_digest: str) -> str | None:
    """Why a batch that was sealed under some consent text may not leave any more; None where it may."""
    reason = why_not(standing, name)
    if reason is not None:
        return reason
    same_text = standing.grants[name].digest == terms_digest
    if same_text and product in standing.proposals[name].destination.products:
        return None
    return "the text that it was sealed under changed"


def may_send(standing: Standing, name: str, product: str, terms_digest: str) -> bool:
    """Whether a batch that was sealed under some consent text may still leave."""
    return why_not_send(standing, name, product, terms_digest) is None


def may_withdraw(standing: Standing) -> bool:
    """Whether a withdrawal may leave: it needs no grant, and the mode stays `share` until it is through."""
    return standing.mode == SHARE and not standing.switches


@cache
def _lines(kind: str, revision: int) -> list[str]:
    return [
        f"- {entry.name}: {entry.values} ({entry.why})"
        for entry in MANIFEST
        if entry.kind == kind and entry.since <= revision
    ]
