"""The facade: the sketch's names, with what it promised and did not hold."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sidecar import spool, strict
from sidecar.client import FeedbackClient, FeedbackType, LocalModelFeedbackSystem
from sidecar.errors import InvalidRecord, UsageError

MACHINE = {"ram_gb": 15.5, "has_gpu": True}
NOON = datetime(2026, 10, 5, 12, 0, 0, 999_999, tzinfo=UTC)


class StoppedClock:
    """Always noon."""

    def now(self) -> datetime:
        """Noon."""
        return NOON

    def boot_seconds(self) -> float:
        """As if just started."""
        return 0.0


def numbered() -> Iterator[bytes]:
    return (number.to_bytes(16, "big") for number in range(1, 1_000))


def system(
    data_dir: Path, *, salt: str | bytes = "salt", spools: bool = True, safe_to_share: bool = True
) -> LocalModelFeedbackSystem:
    """A facade that finds no daemon."""
    ids = numbered()
    return LocalModelFeedbackSystem(
        "example-app",
        salt,
        client=FeedbackClient(data_dir=data_dir, spool=spools),
        product_version="1.4",
        safe_to_share=safe_to_share,
        clock=StoppedClock(),
        random_bytes=lambda _: next(ids),
    )


def record_each_kind(facade: LocalModelFeedbackSystem) -> list[str]:
    return [
        facade.record_output_rating(4, "Code generation", MACHINE, "llama3.1:8b"),
        facade.record_model_comparison("llama3.1:8b", "qwen2.5:7b", "chat", MACHINE),
        facade.record_error_report(
            "out_of_memory", "CUDA out of memory for canaryzebra", MACHINE, "llama3.1:8b"
        ),
    ]


def test_flush_returns_each_kind_with_its_own_fields(tmp_path: Path) -> None:
    facade = system(tmp_path)
    ids = record_each_kind(facade)
    common = {
        "timestamp": "2026-10-05T12:00:00+00:00",
        "product_version": "1.4",
        "hardware_bucket": "ram16-19_gpuTrue",
        "safe_to_share": True,
    }
    assert facade.flush_feedback() == [
        {
            "feedback_id": ids[0],
            "feedback_type": "rating",
            **common,
            "rating": 4,
            "task_category": "code_generation",
            "model": "llama3.1:8b",
        },
        {
            "feedback_id": ids[1],
            "feedback_type": "comparison",
            **common,
            "preferred": "llama3.1:8b",
            "alternative": "qwen2.5:7b",
            "task_category": "chat",
        },
        {
            "feedback_id": ids[2],
            "feedback_type": "error_report",
            **common,
            "error_type": "out_of_memory",
            "model": "llama3.1:8b",
        },
    ]


def test_flush_forgets_nothing_before_it_is_acknowledged(tmp_path: Path) -> None:
    facade = system(tmp_path, spools=False)
    ids = record_each_kind(facade)
    assert facade.flush_feedback() == []
    assert [entry.feedback_id for entry in facade.waiting] == ids


def test_spooled_is_durable_and_flushed_once(tmp_path: Path) -> None:
    facade = system(tmp_path)
    record_each_kind(facade)
    assert len(facade.flush_feedback()) == 3
    assert len(spool.waiting(tmp_path / "spool")) == 3
    assert facade.flush_feedback() == []
    assert facade.waiting == ()


def test_words_of_an_error_are_not_even_kept_in_memory(tmp_path: Path) -> None:
    facade = system(tmp_path)
    facade.record_error_report("other", "it said canaryzebra", MACHINE)
    assert "canary" not in repr(facade.waiting)


def test_every_entry_is_a_record_that_the_daemon_takes(tmp_path: Path) -> None:
    facade = system(tmp_path)
    record_each_kind(facade)
    kinds = [strict.record(dict(entry.record)).kind for entry in facade.waiting]
    assert kinds == [FeedbackType.RATING, FeedbackType.COMPARISON, FeedbackType.ERROR_REPORT]


def test_machine_as_described_is_never_sent(tmp_path: Path) -> None:
    facade = system(tmp_path)
    record_each_kind(facade)
    assert not any("hardware" in name or "time" in name for entry in facade.waiting for name in entry.record)


def test_impossible_entry_is_refused_when_it_is_recorded(tmp_path: Path) -> None:
    facade = system(tmp_path)
    with pytest.raises(InvalidRecord):
        facade.record_output_rating(6, "chat", MACHINE, "llama3.1:8b")
    assert facade.waiting == ()


def test_key_of_an_entry_depends_on_its_id_and_the_salt_alone(tmp_path: Path) -> None:
    def keys(salt: str | bytes) -> list[str]:
        facade = system(tmp_path, salt=salt)
        record_each_kind(facade)
        return [entry.record["idempotency_key"] for entry in facade.waiting]

    assert keys("salt") == keys(b"salt")
    assert len({*keys("salt"), *keys("other salt"), *keys("x" * 1_000)}) == 9


def test_key_does_not_show_the_id(tmp_path: Path) -> None:
    facade = system(tmp_path)
    feedback_id = facade.record_output_rating(4, "chat", MACHINE, "llama3.1:8b")
    assert feedback_id not in facade.waiting[0].record["idempotency_key"]


def test_ids_are_random(tmp_path: Path) -> None:
    facade = LocalModelFeedbackSystem("example-app", "salt", client=FeedbackClient(data_dir=tmp_path))
    ids = {facade.record_output_rating(4, "chat", MACHINE, "llama3.1:8b") for _ in range(100)}
    assert len(ids) == 100


def test_empty_salt_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        system(tmp_path, salt="")


def test_version_info_is_what_later_entries_carry(tmp_path: Path) -> None:
    facade = system(tmp_path)
    assert facade.version_info == "1.4"
    facade.version_info = "1.5"
    facade.record_output_rating(4, "chat", None, "llama3.1:8b")
    (entry,) = facade.flush_feedback()
    assert (entry["product_version"], entry["hardware_bucket"]) == ("1.5", "unknown")


def test_entry_that_must_stay_here_says_so_to_the_daemon_too(tmp_path: Path) -> None:
    facade = system(tmp_path, safe_to_share=False)
    record_each_kind(facade)
    assert [entry.record["safe_to_share"] for entry in facade.waiting] == [False] * 3
    assert {entry["safe_to_share"] for entry in facade.flush_feedback()} == {False}


def test_given_client_is_not_closed_with_the_facade(tmp_path: Path) -> None:
    with FeedbackClient(data_dir=tmp_path) as client:
        with LocalModelFeedbackSystem("example-app", "salt", client=client):
            pass
        assert client.rate("llama3.1:8b", rating=4).spooled
