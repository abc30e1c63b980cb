"""A published table is read strictly: whoever made it is a stranger, and a fault is named with its place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.errors import InvalidRecord, MalformedJson
from sidecar.fleet import MOST_BYTES, FleetTable, place, read_file
from sidecar.insight.installs import FleetCell, fleet_ratings, one_voice
from tests.support.fleet_tables import COMPARISON, RATING, table


def read(*cells: Any, **fields: Any) -> FleetTable:  # noqa: ANN401  # any JSON
    return read_file(table(*cells, **fields))[0]


def test_a_comparison_is_kept_by_the_names_of_its_models_whichever_stands_first() -> None:
    turned = COMPARISON | {"models": COMPARISON["models"][::-1], "wins": COMPARISON["wins"][::-1]}
    assert place(read(COMPARISON).cells[0]) == place(read(turned).cells[0])
    with pytest.raises(InvalidRecord, match="once"):
        read(COMPARISON, turned)


def test_null_is_left_out_and_a_whole_number_may_have_a_point() -> None:
    spelled = COMPARISON | {"ties": None, "installs": 33.0, "wins": [30.0, 10]}
    assert read(spelled, k=20.0) == read({name: COMPARISON[name] for name in COMPARISON if name != "ties"})


def test_cells_of_other_kinds_are_left_out_and_counted() -> None:
    found, left_out = read_file(
        table(RATING, {"kind": "usage_pattern", "count": 9}, {"kind": "error_report"})
    )
    assert (len(found.cells), left_out) == (1, 2)


@pytest.mark.parametrize(
    ("cell", "field", "words"),
    [
        (RATING | {"installs": 19}, "installs", "at least 20"),
        (RATING | {"installs": 25}, "installs", "`k` of the table"),
        (RATING | {"counts": [1, 2]}, "counts", "1 to 5"),
        (RATING | {"counts": [1, 2, 3, 4, -5]}, "counts", "1 to 5"),
        (RATING | {"counts": [1, 2, 3, 4, 2**60]}, "counts", "1 to 5"),
        (RATING | {"counts": [1, 2, 3, 4, 1.5]}, "counts", "1 to 5"),
        (RATING | {"task_category": "a secret"}, "task_category", "closed list"),
        (RATING | {"hardware_bucket": "ram17"}, "hardware_bucket", "hardware bucket"),
        (RATING | {"model": "\x1b[31mred"}, "model", "model key"),
        (RATING | {"model": ""}, "model", "model key"),
        (RATING | {"prompt": "a secret"}, None, "not known"),
        (RATING | {"kind": ["rating"]}, "cells", "`kind`"),
        (COMPARISON | {"models": ["mistral-7b", "mistral-7b"]}, "models", "different"),
        ("a secret", "cells", "`kind`"),
        (None, "cells", "`kind`"),
    ],
)
def test_a_hostile_cell_is_refused_by_its_place_and_never_repeated(
    cell: object, field: str | None, words: str
) -> None:
    good = RATING | {"model": "qwen2.5-7b"}
    with pytest.raises(InvalidRecord, match=words) as caught:
        read(good, cell, k=30 if "`k`" in words else 20)
    assert (caught.value.field, caught.value.index) == (field, 1)
    assert "secret" not in caught.value.detail


def test_a_file_says_the_place_that_a_cell_has_in_it_with_cells_of_all_kinds() -> None:
    with pytest.raises(InvalidRecord, match=r"^`cells\[2\]`: `installs` must") as caught:
        read_file(table({"kind": "usage_pattern"}, COMPARISON, RATING | {"installs": 19}))
    assert caught.value.index == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no JSON",
        b"\xff",
        b"[]",
        b"{}",
        b'{"cells": []}',
        b'{"cells": {}}',
        table(table=2),
        table(k=19),
        table(k=None),
        table(period="2026-40"),
        table(period="2025-W53"),
        table(product="a/b"),
        table(more=1),
        table()[:-1] + b', "k": 20}',
        table(RATING)[:-2] + b", NaN]}",
        b'{"cells": ' + b"[" * 500 + b"]" * 500 + b"}",
        table(RATING) + b" " * MOST_BYTES,
    ],
)
def test_what_is_no_table_is_refused_in_words(content: bytes) -> None:
    with pytest.raises((InvalidRecord, MalformedJson)) as caught:
        read_file(content)
    assert caught.value.detail


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.sampled_from([*RATING, *COMPARISON]), JSON), max_size=3), JSON)
def test_any_json_is_read_or_refused(cells: list[dict[str, Any]], other: Any) -> None:  # noqa: ANN401
    for content in (table(*({"kind": "rating"} | cell for cell in cells)), json.dumps(other).encode()):
        try:
            read_file(content)
        except (InvalidRecord, MalformedJson) as fault:
            assert fault.detail  # noqa: PT017  # either way is right


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=7), st.integers(20, 10**6))
def test_each_install_has_one_voice_and_shares_stay(counts: list[int], installs: int) -> None:
    found, total = one_voice(counts, installs), sum(counts)
    assert sum(found) == min(total, installs)
    for before, after in zip(counts, found, strict=True):
        assert abs(after * max(total, 1) - before * sum(found)) <= total


def test_a_thousand_ratings_by_twenty_installs_are_no_surer_than_twenty() -> None:
    many = FleetCell(20, (100, 100, 100, 400, 300), (0, 0))
    few = FleetCell(20, (2, 2, 2, 8, 6), (0, 0))
    (wide,), (same,) = fleet_ratings([many]), fleet_ratings([few])
    assert (wide.low, wide.high) == (same.low, same.high)
    assert (wide.n, wide.counts) == (1000, [100, 100, 100, 400, 300])


def test_a_cell_that_counts_nothing_says_nothing() -> None:
    (found,) = fleet_ratings([FleetCell(20, (0, 0, 0, 0, 0), (0, 0))])
    assert (found.estimate, found.mean, found.enough) == (None, None, False)
