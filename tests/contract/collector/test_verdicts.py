"""Each verdict on a letter, and what comes back with it, from any collector."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.collector.letters import (
    MODEL,
    OTHER_MODEL,
    Letter,
    Pen,
    comparison,
    error_report,
    rating,
    usage,
    week,
)
from tests.support.collector.sender import judged, put, verdict
from tests.support.plain_http import ask

CELLS = (
    rating(),
    rating(None, product_version=None, counts=[0] * 5),
    rating("custom", "other", product_version="other", hardware_bucket="unknown"),
    comparison(),
    comparison("custom", OTHER_MODEL, wins=[0, 0], ties=1),
    error_report(),
    error_report(None, signature="other", runtime=None, runtime_version=None, product_version=None),
    usage(),
    usage(action="dismissed", speed={}),
    usage(speed={"0": 1, "3": 2, "16777216+": 1}),
)

MALFORMED_CELLS: dict[str, Any] = {
    "no object": "a cell",
    "no kind": {"task_category": "chat"},
    "unknown kind": {"kind": "confession", "count": 1},
    "a prompt as a model": rating("Why is the sky blue?"),
    "a prompt as a task": rating(task="Why is the sky blue?"),
    "a path": rating("/home/somebody/model.gguf"),
    "a word without end": rating("a" * 300),
    "a model that is no text": rating() | {"model": ["a"]},
    "negative": rating(counts=[0, 0, 0, 0, -1]),
    "four stars": rating(counts=[0, 0, 0, 1]),
    "a fraction": rating(thumbs=[0.5, 0]),
    "a truth for a number": rating(thumbs=[True, False]),
    "a text for a number": error_report(count="2"),
    "out of order": comparison(OTHER_MODEL, MODEL),
    "against itself": comparison(MODEL, MODEL),
    "a name for a bucket of speeds": usage(speed={"fast": 1}),
    "a version that is a name": rating(product_version="my-branch"),
    "another machine's bucket": rating(hardware_bucket="ram16-19_gpuTrue"),
}

MALFORMED_PARTS: dict[str, Any] = {
    "no schema": {"schema": None},
    "schema 0": {"schema": 0},
    "no manifest": {"manifest": None},
    "no keys": {"keys": None},
    "no product": {"product": ""},
    "a sentence as a product": {"product": "Why is the sky blue?"},
    "a bucket that is a sentence": {"hardware_bucket": "my own machine"},
    "no period": {"period": None},
    "a day as a period": {"period": "2026-11-24"},
    "a week that no year has": {"period": "2026-W60"},
    "no withdrawal": {"withdrawal": None},
    "a short withdrawal": {"withdrawal": "ab"},
    "a root that is no id": {"supersedes": "the last one"},
    "cells that are no list": {"cells": {}},
    "losses without a count": {"lost": [{"kind": "rating", "reason": "expired"}]},
}


def test_meta_says_what_is_spoken(collector: str) -> None:
    answer = ask(collector, "GET", "/v1/meta")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert 1 in answer.json["schema"]
    assert {"manifest", "keys", "k", "period"} <= answer.json.keys()
    assert answer.json["k"] >= 20


@pytest.mark.parametrize("place", range(len(CELLS)))
def test_each_form_of_a_cell_is_stored(collector: str, pen: Pen, place: int) -> None:
    letter = pen.batch(CELLS[place])
    answer = judged(put(collector, letter), letter)
    assert (answer["verdict"], answer["cells"]) == ("stored", [])


def test_all_of_them_together_are_stored(collector: str, pen: Pen) -> None:
    lost = [{"kind": "rating", "reason": "expired", "count": 2}]
    assert verdict(collector, pen.batch(*CELLS, lost=lost)) == "stored"


def test_a_batch_without_a_cell_is_stored(collector: str, pen: Pen) -> None:
    assert verdict(collector, pen.batch(cells=[])) == "stored"


def test_the_same_again_is_a_duplicate(collector: str, pen: Pen) -> None:
    letter = pen.batch()
    assert [verdict(collector, letter) for _ in range(4)] == ["stored", *["duplicate"] * 3]


def test_other_bytes_under_the_same_id_are_a_conflict(collector: str, pen: Pen) -> None:
    letter = pen.batch()
    assert verdict(collector, letter) == "stored"
    for other in (letter.changed(cells=[rating(task="math")]), letter.changed(manifest=2)):
        assert verdict(collector, other) == "conflict"
    assert verdict(collector, letter) == "duplicate"


def test_equal_values_in_other_bytes_are_a_conflict_too(collector: str, pen: Pen) -> None:
    """A digest compares bytes: nobody has to agree on what JSON means the same."""
    letter = pen.batch()
    turned = Letter(id=letter.id, secret=letter.secret, document=dict(reversed(letter.document.items())))
    assert (verdict(collector, letter), verdict(collector, turned)) == ("stored", "conflict")


@pytest.mark.parametrize("schema", [2, 7, 1_000_000])
def test_a_later_schema_is_unsupported_whatever_else_it_says(collector: str, pen: Pen, schema: int) -> None:
    for letter in (pen.batch(schema=schema), pen.batch(schema=schema, cells="in another form", period=7)):
        assert verdict(collector, letter) == "unsupported"
        later = {"Content-Type": letter.media.replace("version=1", f"version={schema}")}
        assert judged(put(collector, letter, later), letter)["verdict"] == "unsupported"


def test_what_was_unsupported_left_nothing_behind(collector: str, pen: Pen) -> None:
    letter = pen.batch(schema=2)
    assert verdict(collector, letter) == "unsupported"
    assert verdict(collector, letter.changed(schema=1)) == "stored"


@pytest.mark.parametrize(
    "word",
    [
        rating("zephyr-99-1t-instruct:q1_xs"),
        rating(task="dream_interpretation"),
        rating(variant="blue"),
        error_report(error_type="cosmic_ray"),
        error_report(signature="a-signature-of-tomorrow"),
        error_report(runtime="runtime_of_tomorrow"),
        usage(action="applause"),
        comparison("zephyr-99-1t-instruct:q1_xs", "zephyr-99-2t-instruct:q1_xs"),
    ],
)
def test_a_wellformed_word_that_is_unknown_is_never_refused(
    collector: str, pen: Pen, word: dict[str, Any]
) -> None:
    assert verdict(collector, pen.batch(word)) == "stored"


@pytest.mark.parametrize(
    "part",
    [
        {"manifest": 9_999},
        {"keys": 9_999},
        {"hardware_bucket": "ram512-1023_gpuTrue"},
        {"product": "a-product-of-tomorrow"},
        {"lost": [{"kind": "rating", "reason": "a_reason_of_tomorrow", "count": 1}]},
    ],
)
def test_an_unknown_word_beside_the_cells_is_never_refused(
    collector: str, pen: Pen, part: dict[str, Any]
) -> None:
    assert verdict(collector, pen.batch(**part)) == "stored"


@pytest.mark.parametrize("name", MALFORMED_CELLS)
def test_a_malformed_cell_is_refused_and_the_good_ones_can_be_shared(
    collector: str, pen: Pen, name: str
) -> None:
    """Partial names it; rejected names it or nothing: then halves are sent, which settle each."""
    letter = pen.batch(rating(), MALFORMED_CELLS[name], usage())
    answer = judged(put(collector, letter), letter)
    assert answer["verdict"] in {"partial", "rejected"}
    assert answer["cells"] in ([1], [])
    if answer["verdict"] == "partial":
        assert answer["cells"] == [1]
    else:
        assert verdict(collector, pen.child(letter, rating(), usage())) == "stored"
    alone = pen.batch(MALFORMED_CELLS[name])
    assert verdict(collector, alone) == "rejected"


def test_a_partial_answer_that_was_lost_is_said_again(collector: str, pen: Pen) -> None:
    """A `duplicate` would let its sender call the refused cell shared."""
    letter = pen.batch(cells=[rating(), "a cell"])
    first = judged(put(collector, letter), letter)
    again = judged(put(collector, letter), letter)
    assert (again["verdict"], again["cells"]) == (first["verdict"], first["cells"])


@pytest.mark.parametrize("name", MALFORMED_PARTS)
def test_a_malformed_part_is_rejected_without_indices(collector: str, pen: Pen, name: str) -> None:
    letter = pen.batch(**MALFORMED_PARTS[name])
    answer = judged(put(collector, letter), letter)
    assert (answer["verdict"], answer["cells"]) == ("rejected", [])
    good = letter.changed(**{part: pen.batch().document[part] for part in MALFORMED_PARTS[name]})
    assert verdict(collector, good) == "stored"


@pytest.mark.parametrize("weeks", [0, 1, 4, 16])
def test_a_period_of_the_last_months_is_taken(collector: str, pen: Pen, weeks: int) -> None:
    """16 weeks and six days, at most, are 118 days."""
    assert verdict(collector, pen.batch(period=week(timedelta(weeks=weeks)))) == "stored"


@pytest.mark.parametrize("days", [-14, -8, 127, 400, 4_000])
def test_a_period_outside_the_window_is_rejected(collector: str, pen: Pen, days: int) -> None:
    """Its first day lies more than 120 days back, or more than one ahead."""
    assert verdict(collector, pen.batch(period=week(timedelta(days=days)))) == "rejected"
