"""The double's book: what it counts, whatever comes, in whatever order."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.collector.counting import Known
from tests.support.collector.ledgerbook import Book, Refusal, Reply
from tests.support.collector.letters import (
    MODEL,
    OTHER_MODEL,
    PRODUCT,
    Letter,
    Pen,
    comparison,
    content_digest,
    error_report,
    rating,
    ratings,
    usage,
    week,
)

NOW = datetime.now(UTC)


@pytest.fixture
def pen() -> Pen:
    return Pen(random.Random(5))


def put(book: Book, letter: Letter, now: datetime = NOW) -> Reply:
    """A letter to the book."""
    return book.put(letter.id, letter.body, content_digest(letter.body), now)


def totals(book: Book) -> Counter[tuple[str, str]]:
    """(model or first of two, measure) -> n."""
    found: Counter[tuple[str, str]] = Counter()
    for name, n in book.counted().items():
        dimensions = dict(name.dimensions)
        found[str(dimensions.get("model", dimensions.get("first"))), name.measure] += n
    return found


def test_every_number_of_a_batch_counts_under_its_name(pen: Pen) -> None:
    book = Book()
    letter = pen.batch(rating(), comparison(), error_report(hardware_bucket="unknown"), usage())
    assert put(book, letter).verdict == "stored"
    assert totals(book) == {
        (MODEL, "3"): 1,
        (MODEL, "4"): 3,
        (MODEL, "5"): 5,
        (MODEL, "up"): 2,
        (MODEL, "first"): 3,
        (MODEL, "second"): 1,
        (MODEL, "ties"): 1,
        (MODEL, "count"): 11,
        (MODEL, "speed 16-22"): 4,
        (MODEL, "speed 23-31"): 5,
    }
    buckets = {(name.kind, name.hardware_bucket) for name in book.counted()}
    assert ("error_report", "unknown") in buckets
    assert {bucket for kind, bucket in buckets if kind != "error_report"} == {"ram16-19_gpuTrue"}
    assert {(name.period, name.product) for name in book.counted()} == {(week(), PRODUCT)}


def test_a_wish_counts_in_no_table(pen: Pen) -> None:
    book, letter = Book(), pen.request("Please add dark mode")
    book.put(letter.id, letter.body, content_digest(letter.body), NOW, kind="requests")
    assert [wish.text for wish in book.inbox()] == ["Please add dark mode"]
    assert not book.counted()
    book.delete(letter.id, letter.secret, kind="requests")
    assert book.inbox() == []


def test_children_count_instead_of_their_root_and_as_one_install(pen: Pen) -> None:
    book = Book()
    root, other = pen.batch(*ratings(2)), pen.batch(*ratings(1))
    put(book, root)
    put(book, other)
    assert book.installs(week(), PRODUCT) == 2
    before = book.counted()
    for cell in root.document["cells"]:
        put(book, pen.child(root, cell))
    assert book.counted() == before
    assert book.installs(week(), PRODUCT) == 2
    book.delete(root.id, root.secret)
    assert book.installs(week(), PRODUCT) == 1
    book.delete(other.id, other.secret)
    assert not book.counted()


@pytest.mark.parametrize(
    ("refusal", "verdict", "cells", "counted"),
    [("partial", "partial", [1], 2), ("indices", "rejected", [1], 0), ("bare", "rejected", [], 0)],
)
def test_poison_is_refused_as_a_script_says(
    pen: Pen, refusal: Refusal, verdict: str, cells: list[int], counted: int
) -> None:
    book = Book()
    book.refusal = refusal
    book.poison = lambda cell: cell.get("model") == OTHER_MODEL
    reply = put(book, pen.batch(rating(thumbs=[1, 0]), rating(OTHER_MODEL), rating(task="math")))
    assert (reply.verdict, reply.json["cells"]) == (verdict, cells)
    assert len({name.dimensions for name in book.counted()}) == counted


def test_a_batch_of_nothing_but_poison_is_rejected(pen: Pen) -> None:
    book = Book()
    book.poison = lambda _: True
    reply = put(book, pen.batch(*ratings(2)))
    assert (reply.verdict, reply.json["cells"]) == ("rejected", [0, 1])


def test_words_that_an_old_collector_lacks_fold(pen: Pen) -> None:
    words = {
        "task_category": {"chat"},
        "model": {MODEL},
        "error_type": {"crash"},
        "hardware_bucket": {"none"},
    }
    book = Book(Known(**{name: frozenset(each) for name, each in words.items()}))
    put(book, pen.batch(rating("zephyr-99"), rating(task="dreams"), error_report(), comparison(wins=[3, 1])))
    found = {(name.kind, *dict(name.dimensions).values()) for name in book.counted()}
    assert ("rating", "chat", "custom", "1.4", None) in found
    assert ("rating", "other", MODEL, "1.4", None) in found
    assert any(words[:2] == ("error_report", "other") for words in found)
    assert {name.hardware_bucket for name in book.counted()} == {"unknown"}


def test_a_pair_keeps_its_winner_when_folding_turns_it(pen: Pen) -> None:
    """`custom` stands below the key that it was above."""
    book = Book(Known(model=frozenset({"m-1"})))
    put(book, pen.batch(comparison("m-1", "z-2", wins=[3, 1])))
    (first,) = (name for name in book.counted() if name.measure == "first")
    assert dict(first.dimensions)["first"] == "custom"
    assert totals(book)["custom", "first"] == 1
    assert totals(book)["custom", "second"] == 3


@pytest.mark.parametrize(
    ("shift", "verdict"),
    [
        (timedelta(days=120), "stored"),
        (timedelta(days=120, seconds=1), "rejected"),
        (timedelta(days=-1), "stored"),
        (timedelta(days=-1, seconds=-1), "rejected"),
    ],
)
def test_the_window_is_exact(pen: Pen, shift: timedelta, verdict: str) -> None:
    first_day = datetime(2026, 11, 16, tzinfo=UTC)
    letter = pen.batch(period="2026-W47")
    assert put(Book(), letter, first_day + shift).verdict == verdict


def test_a_retry_is_answered_when_its_period_is_long_over(pen: Pen) -> None:
    book, letter = Book(), pen.batch()
    put(book, letter)
    assert put(book, letter, NOW + timedelta(days=3650)).verdict == "duplicate"


FAMILY = 4
"""A root, its two halves, and a stranger that claims to replace it."""


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "delete", "guess", "poison"]), st.integers(0, FAMILY - 1)),
        max_size=24,
    )
)
def test_in_any_order_each_cell_counts_once_at_most_and_never_after_its_withdrawal(
    steps: list[tuple[str, int]],
) -> None:
    pen, book = Pen(random.Random(7)), Book()
    cells = ratings(2)
    root = pen.batch(*cells)
    family = [
        root,
        *(pen.child(root, cell) for cell in cells),
        pen.batch(rating("strange-1"), supersedes=root.id),
    ]
    withdrawn: set[int] = set()
    for step, member in steps:
        letter = family[member]
        match step:
            case "put":
                put(book, letter)
            case "delete" if book.delete(letter.id, letter.secret).verdict == "gone":
                withdrawn |= {0, 1, 2} if member == 0 else {member}
            case "guess":
                book.delete(letter.id, "guess")
            case "poison":
                book.poison = (lambda _: False) if member else (lambda cell: cell == cells[0])
        _check(book, family, withdrawn, cells)


def _check(book: Book, family: list[Letter], withdrawn: set[int], cells: list[dict[str, Any]]) -> None:
    counted: Counter[str] = Counter()
    for name, n in book.counted().items():
        counted[str(dict(name.dimensions)["model"])] += n
    for place, cell in enumerate(cells):
        assert counted[cell["model"]] in {0, 11}
        if {0, 1 + place} <= withdrawn:
            assert counted[cell["model"]] == 0
    if 3 in withdrawn:
        assert counted["strange-1"] == 0
    for member in withdrawn:
        assert put(book, family[member]).verdict in {"gone", "conflict", "rejected"}
