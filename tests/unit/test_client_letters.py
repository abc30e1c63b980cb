"""Letters: refused at once what the daemon would refuse, scrubbed before they touch a disk."""

import math
from typing import Any

import pytest

from sidecar import strict
from sidecar.client import letters
from sidecar.client.letters import Writer
from sidecar.errors import ContentNotAccepted, InvalidRecord

RATING = {"feedback_type": "rating", "model": "llama3.1:8b", "rating": 4}
CYCLE: list[Any] = []
CYCLE.append(CYCLE)


def writer(product_id: str | None = "example-app", product_version: str | None = None) -> Writer:
    keys = iter(f"key-{number}" for number in range(1_000))
    return Writer(product_id=product_id, product_version=product_version, new_key=lambda: next(keys))


def test_sender_and_key_are_added_where_the_record_has_none() -> None:
    letter = writer(product_version="1.4").letter(RATING | {"idempotency_key": None})
    assert letter["product_id"] == "example-app"
    assert letter["product_version"] == "1.4"
    assert letter["idempotency_key"] == "key-0"


def test_what_the_record_says_of_itself_wins() -> None:
    own = {"product_id": "other", "product_version": "2", "idempotency_key": "mine"}
    assert own.items() <= writer(product_version="1.4").letter(RATING | own).items()


def test_letter_reads_as_the_record_does() -> None:
    record = RATING | {"reasons": ("fast", "accurate"), "task_category": "Code generation"}
    read = strict.record(writer().letter(record))
    assert read == strict.record(
        letters.plain(record) | {"product_id": "example-app", "idempotency_key": "key-0"}
    )


@pytest.mark.parametrize(
    "path", ["/home/alice/models/tiny.gguf", r"C:\Users\alice\tiny.gguf", "~/alice/tiny.gguf"]
)
def test_folder_of_a_model_never_leaves_the_process(path: str) -> None:
    assert writer().letter(RATING | {"model": path})["model"] == "tiny.gguf"


@pytest.mark.parametrize(
    "fields",
    [
        {"rating": 6},
        {"rating": math.nan},
        {"rating": "4"},
        {"thumb": "up"},
        {"unknown": 1},
        {"model": "\ud800"},
        {"model": b"bytes"},
        {"reasons": {"fast"}},
        {"reasons": CYCLE},
        {"feedback_type": "guess"},
        {"product_id": "two words"},
        {"idempotency_key": "x" * 129},
    ],
)
def test_what_the_daemon_would_refuse_is_refused_at_once(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidRecord):
        writer().letter(RATING | fields)


@pytest.mark.parametrize("value", ["tell me a story", None])
def test_content_is_refused_with_the_sentence_that_teaches(value: str | None) -> None:
    with pytest.raises(ContentNotAccepted) as raised:
        writer().letter(RATING | {"prompt": value})
    assert raised.value.detail == strict.TEACHING


def test_fault_in_a_batch_names_its_position() -> None:
    with pytest.raises(InvalidRecord) as raised:
        writer().letters([RATING, RATING, RATING | {"rating": 0}])
    assert raised.value.index == 2


@pytest.mark.parametrize("count", [0, 501])
def test_batch_outside_its_bounds_is_refused(count: int) -> None:
    with pytest.raises(InvalidRecord):
        writer().letters([RATING] * count)


def test_records_of_a_batch_have_keys_of_their_own() -> None:
    assert len({letter["idempotency_key"] for letter in writer().letters([RATING] * 500)}) == 500


def test_clean_error_keeps_no_word_of_the_message() -> None:
    record = {
        "feedback_type": "error_report",
        "error_type": "other",
        "error_message": "CUDA out of memory while answering canaryzebra about canaryquartz",
    }
    cleaned = letters.clean(writer().letter(record))
    assert "canary" not in cleaned["error_message"]
    assert strict.record(dict(cleaned))


def test_clean_wish_keeps_no_address() -> None:
    record = {"feedback_type": "feature_request", "feature_description": "mail alice@example.org when done"}
    assert "alice@example.org" not in letters.clean(writer().letter(record))["feature_description"]


def test_cleaning_twice_changes_nothing_more() -> None:
    messages = [
        "CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 7.79 GiB total capacity)",
        "error loading model: unable to load /home/alice/models/tiny.gguf",
        "llama_model_load: error loading model: tensor 'blk.0.attn_q.weight' not found",
        "context length exceeded: 8192 > 4096 tokens canaryzebra",
        "",
    ]
    for message in messages:
        record = {"feedback_type": "error_report", "error_type": "other", "error_message": message}
        once = letters.clean(writer().letter(record))
        assert letters.clean(once) == once


def test_other_kinds_have_nothing_to_clean() -> None:
    letter = writer().letter(RATING)
    assert letters.clean(letter) == letter
