"""Errors: sums of groups become lines that name no error where there are several."""

from hypothesis import given
from hypothesis import strategies as st

from sidecar.insight.errors import MOST_NAMED, ErrorPlace, ErrorSum, ErrorSums, tell

GROUPS = st.tuples(st.sampled_from(["a", "b", "c", ""]), st.integers(2900, 2910))
PLACES = st.lists(
    st.builds(
        ErrorPlace,
        GROUPS,
        st.sampled_from(["models", "runtimes", "buckets"]),
        st.integers(0, 40).map(lambda number: f"name-{number}"),
        st.integers(1, 99),
    ),
    unique_by=lambda place: (place.group, place.place, place.name),
    max_size=120,
)


def one(group: tuple[object, ...] = ("a",), **facts: object) -> ErrorSum:
    """The sum of a group with one error."""
    known = {
        "fingerprint": "f1",
        "template": "out of memory",
        "n": 3,
        "errors": 1,
        "error_types": ("timeout", "timeout"),
        "signatures": ("connect-timeout", "connect-timeout"),
        "weeks": (2950, 2960),
    }
    return ErrorSum(group=group, **(known | facts))  # type: ignore[arg-type]  # each test names its own


def sums(*lines: ErrorSum, places: list[ErrorPlace] | None = None) -> ErrorSums:
    """These groups and no others."""
    return ErrorSums(list(lines), places or [], len(lines), sum(line.n for line in lines))


def test_nothing_has_no_lines() -> None:
    assert tell(sums()) == []


def test_a_group_of_one_error_is_named() -> None:
    (line,) = tell(sums(one()))
    assert (line.fingerprint, line.template) == ("f1", "out of memory")
    assert (line.error_type, line.signature) == ("timeout", "connect-timeout")
    assert (line.n, line.errors, line.weeks) == (3, 1, (2950, 2960))


def test_a_group_of_several_errors_names_only_what_they_share() -> None:
    several = one(errors=2, error_types=("timeout", "timeout"), signatures=("", "connect-timeout"))
    (line,) = tell(sums(several))
    assert (line.fingerprint, line.template, line.signature) == (None, None, None)
    assert line.error_type == "timeout"
    (line,) = tell(sums(one(errors=2, error_types=("network", "timeout"), signatures=("", ""))))
    assert (line.error_type, line.signature) == (None, None)


def test_the_most_frequent_comes_first_and_equals_stand_in_order() -> None:
    lines = tell(sums(one(("b",), n=2), one(("c",), n=9), one(("a",), n=2)))
    assert [line.group for line in lines] == [("c",), ("a",), ("b",)]


@given(st.lists(GROUPS, unique=True, max_size=6), PLACES)
def test_each_place_stands_in_the_line_of_its_group_the_most_frequent_first(
    groups: list[tuple[str, int]], places: list[ErrorPlace]
) -> None:
    lines = tell(sums(*map(one, groups), places=places))
    assert {line.group for line in lines} == set(groups)
    for line in lines:
        for name in ("models", "runtimes", "buckets"):
            counts: dict[str, int] = getattr(line, name)
            wanted = {each.name: each.n for each in places if (each.group, each.place) == (line.group, name)}
            assert len(counts) == min(len(wanted), MOST_NAMED)
            assert counts.items() <= wanted.items()
            assert list(counts.values()) == sorted(wanted.values(), reverse=True)[:MOST_NAMED]
