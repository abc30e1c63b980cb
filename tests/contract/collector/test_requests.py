"""Approved requests: alone, as they were written, with the verdicts and the withdrawal of batches."""

from typing import Any

import pytest

from tests.support.collector.letters import Pen, withdrawal_of
from tests.support.collector.sender import judged, put, verdict, withdraw


@pytest.mark.parametrize("text", ["x", "Ein dunkles Thema, bitte 🌙", "a" * 500, "🌙" * 500, "two\nlines"])
def test_a_request_is_stored_once(collector: str, pen: Pen, text: str) -> None:
    letter = pen.request(text)
    assert [verdict(collector, letter) for _ in range(3)] == ["stored", "duplicate", "duplicate"]


def test_another_text_under_the_same_id_is_a_conflict(collector: str, pen: Pen) -> None:
    letter = pen.request()
    assert verdict(collector, letter) == "stored"
    assert verdict(collector, letter.changed(text="Please add light mode")) == "conflict"


@pytest.mark.parametrize(
    "fields",
    [
        {"text": ""},
        {"text": "a" * 501},
        {"text": None},
        {"text": ["a"]},
        {"withdrawal": None},
        {"product": "a sentence, not a product"},
    ],
)
def test_a_malformed_request_is_rejected(collector: str, pen: Pen, fields: dict[str, Any]) -> None:
    letter = pen.request(**fields)
    answer = judged(put(collector, letter), letter)
    assert (answer["verdict"], answer["cells"]) == ("rejected", [])


@pytest.mark.parametrize("category", ["a_category_of_tomorrow", "other", None])
def test_a_category_that_is_unknown_is_never_refused(collector: str, pen: Pen, category: str | None) -> None:
    assert verdict(collector, pen.request(category=category)) == "stored"


def test_a_later_schema_is_unsupported(collector: str, pen: Pen) -> None:
    assert verdict(collector, pen.request(schema=2)) == "unsupported"


def test_a_request_is_withdrawn_like_a_batch(collector: str, pen: Pen) -> None:
    after, before = pen.request(), pen.request()
    assert verdict(collector, after) == "stored"
    assert withdraw(collector, after, "guessed").status == 403
    for letter in (after, before):
        assert withdraw(collector, letter).json == {"batch_id": letter.id, "verdict": "gone"}
        assert verdict(collector, letter) == "gone"


def test_a_tombstone_of_a_stranger_blocks_no_request(collector: str, pen: Pen) -> None:
    letter = pen.request()
    assert withdraw(collector, letter, "guessed").status == 200
    assert verdict(collector, letter) == "stored"


def test_the_media_type_tells_a_request_from_a_batch(collector: str, pen: Pen) -> None:
    letter = pen.request()
    assert put(collector, letter, {"Content-Type": pen.batch().media}).status == 415
    assert verdict(collector, letter) == "stored"


def test_a_withdrawal_of_a_batch_leaves_a_request_of_the_same_id(collector: str, pen: Pen) -> None:
    """Two shelves: an id of one says nothing about the other."""
    batch = pen.batch()
    request = pen.request(withdrawal=withdrawal_of(batch.secret))
    twin = type(request)(id=batch.id, secret=batch.secret, document=request.document, shelf="requests")
    assert verdict(collector, batch) == "stored"
    assert verdict(collector, twin) == "stored"
    assert withdraw(collector, batch).status == 200
    assert verdict(collector, twin) == "duplicate"
