"""Half-octave buckets: one source of edges and labels for writer, packer and insight."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.buckets import EDGES, TOP_EDGE, bucket_label, half_octave, parse_label, upper_edge


def test_edges_are_the_powers_of_the_square_root_of_two_rounded_up() -> None:
    assert EDGES[:15] == (0, 1, 2, 3, 4, 6, 8, 12, 16, 23, 32, 46, 64, 91, 128)
    assert EDGES[-2:] == (11863284, 16777216)
    assert set(EDGES[1:]) == {math.ceil(round(2 ** (k / 2), 6)) for k in range(49)}


@pytest.mark.parametrize(
    ("edge", "label"),
    [(0, "0"), (1, "1"), (3, "3"), (4, "4-5"), (16, "16-22"), (23, "23-31"), (TOP_EDGE, "16777216+")],
)
def test_a_bucket_is_called_after_the_whole_numbers_in_it(edge: int, label: str) -> None:
    assert bucket_label(edge) == label
    assert parse_label(label) == edge


@pytest.mark.parametrize(
    ("value", "edge"),
    [
        (0, 0),
        (0.99, 0),
        (1, 1),
        (15.999, 12),
        (16, 16),
        (22.9, 16),
        (23, 23),
        (1e12, TOP_EDGE),
        (10**400, TOP_EDGE),
    ],
)
def test_a_value_falls_into_the_bucket_below_the_next_edge(value: float, edge: int) -> None:
    assert half_octave(value) == edge


@pytest.mark.parametrize("value", [-0.1, -1, math.nan, math.inf, -math.inf])
def test_a_value_that_nothing_can_measure_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="zero or more"):
        half_octave(value)


@given(st.floats(0, 1e9))
def test_every_value_lies_inside_its_bucket(value: float) -> None:
    low = half_octave(value)
    high = upper_edge(low)
    assert low <= value
    assert high is None or value < high


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_a_larger_value_never_falls_into_a_smaller_bucket(one: float, other: float) -> None:
    assert half_octave(min(one, other)) <= half_octave(max(one, other))


def test_labels_are_different_and_read_back() -> None:
    labels = [bucket_label(edge) for edge in EDGES]
    assert len(set(labels)) == len(EDGES)
    assert [parse_label(label) for label in labels] == list(EDGES)


@pytest.mark.parametrize(
    "label", ["", "16", "16-23", "016-22", "16-22 ", "17-22", "16777216", "+", "\uff11\uff16-22", "99-99"]
)
def test_a_label_that_no_bucket_has_is_refused(label: str) -> None:
    with pytest.raises(ValueError, match="16-22"):
        parse_label(label)


@pytest.mark.parametrize("edge", [-1, 5, 17, TOP_EDGE + 1])
def test_a_number_that_is_no_edge_has_no_label_and_no_end(edge: int) -> None:
    with pytest.raises(ValueError, match="edge"):
        bucket_label(edge)
    with pytest.raises(ValueError, match="edge"):
        upper_edge(edge)


def test_above_three_no_bucket_spans_more_than_a_factor_of_one_and_a_half() -> None:
    assert all(high <= 1.5 * low for low, high in pairwise(EDGES) if low >= 2)
