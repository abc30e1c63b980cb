"""Consent: what a text says, and what each switch, grant and change of a destination lets leave."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from sidecar.destinations import Destination
from sidecar.share.consent import (
    Grant,
    Proposal,
    Standing,
    consent_text,
    digest,
    may_pack,
    may_send,
    may_withdraw,
    why_not,
)
from sidecar.share.manifest import MANIFEST, Declared

ACME = Destination(
    name="acme",
    url="https://feedback.acme.example",
    products=("acme-chat",),
    controller="Acme GmbH",
    contact="privacy@acme.example",
    purpose="to see which models suit which machines",
    privacy_url="https://acme.example/privacy",
    retention="24 months",
)
PROPOSAL = Proposal(destination=ACME)
TEXT = consent_text(PROPOSAL, 1)
GRANT = Grant(
    destination="acme", scopes={"ratings": 0}, manifest=1, digest=digest(TEXT), origin=ACME.origin, at=1
)
GRANTED = Standing(mode="share", proposals={"acme": PROPOSAL}, grants={"acme": GRANT})


def proposed(**other: Any) -> dict[str, Proposal]:  # noqa: ANN401  # fields of Destination
    return {"acme": Proposal(destination=replace(ACME, **other))}


def test_the_text_names_who_asks_what_for_and_all_that_could_leave() -> None:
    for word in ("Acme GmbH", "privacy@acme.example", ACME.url, ACME.purpose, ACME.privacy_url, "24 months"):
        assert word in TEXT
    for entry in MANIFEST:
        assert f"- {entry.name}: {entry.values}" in TEXT


def test_words_of_a_product_itself_are_named_in_the_text() -> None:
    own = {"acme-chat": Declared(words=frozenset({"x_ticket"}), variants=frozenset({"prompt-v2"}))}
    assert "prompt-v2, x_ticket" in consent_text(Proposal(destination=ACME, declared=own), 1)


def test_a_grant_lets_its_scopes_and_products_leave_and_nothing_else() -> None:
    assert why_not(GRANTED, "acme") is None
    assert may_pack(GRANTED, "acme", "acme-chat", "ratings")
    assert not may_pack(GRANTED, "acme", "acme-chat", "usage")
    assert not may_pack(GRANTED, "acme", "acme-ide", "ratings")
    assert not may_pack(GRANTED, "other", "acme-chat", "ratings")
    assert may_send(GRANTED, "acme", "acme-chat", GRANT.digest)
    assert not may_send(GRANTED, "acme", "acme-chat", "0" * 64)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"switches": ("CI",)}, "forbidden by CI"),
        ({"mode": "local"}, "the mode is local"),
        ({"mode": "off"}, "the mode is off"),
        ({"grants": {}}, "not granted"),
        ({"proposals": {}}, "the destination is no longer configured"),
        ({"proposals": proposed(url="https://else.example")}, "its address changed; it has to ask anew"),
        ({"proposals": proposed(purpose="to sell it")}, "its text changed; it has to ask anew"),
        ({"proposals": proposed(products=("acme-chat", "more"))}, "its text changed; it has to ask anew"),
    ],
)
def test_anything_but_the_granted_state_lets_nothing_leave(change: dict[str, Any], reason: str) -> None:
    now = replace(GRANTED, **change)
    assert why_not(now, "acme") == reason
    assert not may_pack(now, "acme", "acme-chat", "ratings")
    assert not may_send(now, "acme", "acme-chat", GRANT.digest)


def test_a_withdrawal_needs_no_grant_but_obeys_every_switch() -> None:
    assert may_withdraw(replace(GRANTED, grants={}))
    assert not may_withdraw(replace(GRANTED, switches=("DO_NOT_TRACK",)))
    assert not may_withdraw(replace(GRANTED, mode="off"))


@pytest.mark.parametrize(
    "missing", ["controller", "contact", "purpose", "privacy_url", "retention", "url", "products", "name"]
)
def test_a_destination_that_does_not_say_who_it_is_is_refused(missing: str) -> None:
    said = msgspec.to_builtins(ACME)
    del said[missing]
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(said, Destination)


@pytest.mark.parametrize("words", ["", "two\nlines", "a\x1b[31mred", "\u202ereversed"])
def test_a_destination_cannot_dress_up_its_text(words: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(msgspec.to_builtins(ACME) | {"purpose": words}, Destination)


@pytest.mark.parametrize(
    "url", ["https://feedback.example.org/", "http://feedback.example.org", "example.org"]
)
def test_a_destination_has_an_address_that_paths_can_be_added_to(url: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="`url`"):
        msgspec.convert(msgspec.to_builtins(ACME) | {"url": url}, Destination)


def test_an_origin_is_written_in_one_way() -> None:
    assert replace(ACME, url="https://Feedback.acme.example/collect").origin == ACME.origin
