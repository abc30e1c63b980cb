"""The stored columns come from the schema: where `records.py` says a field is kept, there it is kept."""

from collections.abc import Iterator

from sidecar.records import KINDS, Change, Rating
from sidecar.store.rows import KEY_COLUMNS, SERIES_COLUMNS, SPEEDS, VALUE_COLUMNS
from sidecar.strict import MODEL_FIELDS, closed_fields, described_fields

DERIVED_DIMENSIONS = {
    "kind": "the tag of the record",
    "hardware_bucket": "of this machine, from the probe; no caller can say it",
    "fingerprint": "of the scrubbed error message",
}
KEPT_AS_WORDS = {"feature_description": "request_text"}
KEPT_AS_DERIVED = {"idempotency_key", "error_message"}
PLACES = {"series", "record", "text", "derived"}


def kept() -> Iterator[tuple[str, str]]:
    """Each field of each kind, with the place that it names."""
    for cls in KINDS:
        described = described_fields(cls)
        for name in cls.__struct_fields__:
            yield name, (described[name].extra or {})["kept"]


def names(place: str) -> set[str]:
    """The fields that are kept in one place."""
    return {name for name, where in kept() if where == place}


def test_every_field_says_where_it_is_kept_and_what_it_must_be() -> None:
    assert {where for _, where in kept()} == PLACES
    assert all(meta.description for cls in (*KINDS, Change) for meta in described_fields(cls).values())


def test_a_field_is_kept_in_one_place_whatever_its_kind() -> None:
    assert len(set(kept())) == len({name for name, _ in kept()})


def test_dimensions_of_a_series_are_the_fields_that_say_so() -> None:
    assert set(SERIES_COLUMNS) == names("series") | set(DERIVED_DIMENSIONS)
    assert names("series").isdisjoint(DERIVED_DIMENSIONS)


def test_values_of_a_record_are_the_fields_that_say_so() -> None:
    assert set(VALUE_COLUMNS) == names("record")


def test_words_are_kept_apart_and_what_is_only_derived_has_no_column() -> None:
    assert names("text") == set(KEPT_AS_WORDS)
    assert names("derived") == KEPT_AS_DERIVED
    assert KEPT_AS_DERIVED.isdisjoint({*SERIES_COLUMNS, *VALUE_COLUMNS})


def test_each_model_has_its_key_beside_it() -> None:
    assert tuple(f"{name}_key" for name in MODEL_FIELDS) == KEY_COLUMNS
    assert set(MODEL_FIELDS) <= set(SERIES_COLUMNS)


def test_speeds_are_values_without_a_closed_list() -> None:
    listed = {name for cls in KINDS for name in closed_fields(cls)}
    assert set(SPEEDS) <= set(VALUE_COLUMNS) - listed


def test_a_change_changes_fields_that_a_record_has() -> None:
    assert set(Change.__struct_fields__) <= set(Rating.__struct_fields__)
    places = {name: where for name, where in kept() if name in Change.__struct_fields__}
    assert {name: (meta.extra or {})["kept"] for name, meta in described_fields(Change).items()} == places
