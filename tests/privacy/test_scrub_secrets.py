"""Planted secrets in real error lines: none survives; what a maintainer needs does."""

import gzip
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sidecar.scrub import redact_request, scrub_error
from tests.support.needs import need

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SAMPLED = 4_000  # of some 190,000; `pytest -m long` plants them all
KEPT_IN_REQUESTS = {"prompt"}  # a wish is words; what points to a person or an account goes
NAMES_ALONE = {"name_git", "name_possessive", "name_possessive2", "name_device"}  # words to a redactor


def rows(name: str) -> list[dict[str, Any]]:
    path = DATA / name
    need(path.exists(), f"shared/data/{name} is not here")
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in text.decode().splitlines()]


def errors() -> list[dict[str, Any]]:
    return rows("errors/errors_dev.jsonl")


def secrets() -> list[dict[str, Any]]:
    return rows("secrets/secrets_dev.jsonl.gz")


def survivors(secret: dict[str, Any], message: str) -> list[str]:
    shown = scrub_error("other", message).template.lower()
    return [value for value in secret["must_not_survive"] if value.lower() in shown]


def planted() -> Iterator[tuple[dict[str, Any], str]]:
    """Every secret before, after and between all words of every error line."""
    for error in errors():
        words = error["text"].split(" ")
        for secret in secrets():
            for at in range(len(words) + 1):
                yield secret, " ".join([*words[:at], secret["secret"], *words[at:]])


def leaks(cases: list[tuple[dict[str, Any], str]]) -> list[str]:
    return [secret["id"] for secret, message in cases if survivors(secret, message)]


def test_no_secret_survives_its_own_line() -> None:
    assert leaks([(secret, secret["line"]) for secret in secrets()]) == []


def test_no_planted_secret_survives() -> None:
    assert leaks(random.Random(3).sample(list(planted()), SAMPLED)) == []


@pytest.mark.long
def test_no_secret_survives_in_any_position_of_any_line() -> None:
    assert leaks(list(planted())) == []


def test_no_secret_survives_inside_a_word() -> None:
    dice = random.Random(7)
    cases = []
    for error in errors():
        for secret in dice.sample(secrets(), 6):
            at = dice.randrange(len(error["text"]) + 1)
            cases.append((secret, error["text"][:at] + secret["secret"] + error["text"][at:]))
    assert leaks(cases) == []


def test_words_that_must_survive_do() -> None:
    found = rows("secrets/benign_dev.jsonl.gz")
    kept = sum(
        all(words in scrub_error("other", row["line"]).template for words in row["must_survive"])
        for row in found
    )
    assert kept / len(found) >= 0.75


def other_numbers_and_paths(text: str, dice: random.Random) -> str:
    path = re.compile(r"(?:[A-Za-z]:\\|/|\.\.?/)(?:[\w.+-]+[\\/]+)+[\w.+-]*")
    text = path.sub(
        lambda _: dice.choice(["/srv/zz/run7/file", "/home/kim/x/y.txt", "D:\\work\\a.bin"]), text
    )
    return re.sub(r"\d+", lambda found: str(dice.randrange(2, 10 ** min(len(found[0]) + 1, 9))), text)


def test_fingerprint_is_stable_under_other_numbers_and_paths() -> None:
    dice = random.Random(5)
    same = []
    for error in errors():
        changed = other_numbers_and_paths(error["text"], dice)
        same.append(
            scrub_error(error["label"], error["text"]).fingerprint
            == scrub_error(error["label"], changed).fingerprint,
        )
    assert sum(same) / len(same) >= 0.95


@pytest.mark.parametrize("given", [True, False], ids=["class given", "class inferred"])
def test_lines_of_different_classes_never_share_a_fingerprint(given: bool) -> None:  # noqa: FBT001 - a case
    classes: dict[str, set[str]] = {}
    for error in errors():
        report = scrub_error(error["label"] if given else "other", error["text"])
        classes.setdefault(report.fingerprint, set()).add(error["label"])
    assert [labels for labels in classes.values() if len(labels) > 1] == []


def test_class_is_told_from_the_message_alone() -> None:
    found = errors()
    right = sum(scrub_error("other", error["text"]).error_type == error["label"] for error in found)
    assert right / len(found) >= 0.85


def test_scrubbing_twice_changes_nothing() -> None:
    for message in [error["text"] for error in errors()] + [secret["line"] for secret in secrets()]:
        once = scrub_error("other", message)
        assert scrub_error("other", once.template) == once
        assert scrub_error(once.error_type, once.template) == once


def test_no_address_or_key_survives_in_a_request() -> None:
    left = []
    for secret in secrets():
        if secret["class"] in KEPT_IN_REQUESTS or secret["kind"] in NAMES_ALONE:
            continue
        shown = redact_request(f"please make {secret['secret']} work, it is slow")
        left += [secret["id"] for value in secret["must_not_survive"] if value in shown]
    assert left == []


def test_real_requests_keep_their_words() -> None:
    for request in rows("requests/requests_dev.jsonl"):
        for text in (request["title"], request["text"]):
            assert redact_request(text) == text
