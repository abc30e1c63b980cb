"""Wording: whether a product's own question invites more than an answer.

Job: find what a line invites, in any of the languages; say why not and what to ask instead.
Must not: open a file of a caller, or judge a language: what no pattern knows passes.

A pattern can be wrong in both directions. It is a reader who knows the usual mistakes, not a proof.
"""

import re
import tomllib
from functools import cache
from pathlib import Path

from msgspec import Struct

from sidecar.prompts import Catalogue, Kind, MustNotAsk, catalogue


class Finding(Struct, frozen=True):
    """What is wrong with a line.

    Attributes:
        lang: the language whose words were found; `why` and `instead` are in it.
        invites: what the line would bring in, by the name that the catalogue gives it.
        found: the words that were found.
        why: why not.
        instead: what to ask instead.
    """

    lang: str
    invites: str
    found: str
    why: str
    instead: str


def finding(line: str) -> Finding | None:
    """The first thing that a line invites; None for a line that may stand."""
    for lang, invites, pattern in _patterns():
        match = pattern.search(line)
        if match:
            why, instead = _advice(lang)[invites]
            return Finding(lang, invites, match[0], why, instead)
    return None


@cache
def _patterns() -> list[tuple[str, str, re.Pattern[str]]]:
    """Language, what it invites, and the words, in the order of the file."""
    table = tomllib.loads(Path(__file__).with_name("inviting.toml").read_text("utf-8"))
    return [
        (lang, invites, re.compile(words, re.IGNORECASE))
        for lang, named in table.items()
        for invites, each in named.items()
        for words in each
    ]


@cache
def _advice(lang: str) -> dict[str, tuple[str, str]]:
    """What is invited -> why not, and the question to ask instead."""
    kinds = _kinds(catalogue(lang))
    asks = {question.id: question.ask for kind in kinds for question in kind.may_ask}
    refused: list[MustNotAsk] = [each for kind in kinds for each in kind.must_not_ask]
    return {each.invites: (each.why, asks[each.instead]) for each in reversed(refused)}


def _kinds(found: Catalogue) -> list[Kind]:
    kinds = found.kinds
    return [kinds.rating, kinds.comparison, kinds.error_report, kinds.feature_request, kinds.usage_pattern]
