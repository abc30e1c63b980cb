"""Batches: what many records become, the ids of a lane, and the bytes."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar import modelnames
from sidecar.share.batch import (
    MOST_BYTES,
    MOST_CELLS,
    MOST_IN_COUNT,
    MOST_IN_HISTOGRAM,
    Free,
    Lost,
    batch_id,
    lane_key,
    pack,
    request_id,
    scaled,
    secret,
    withdrawal,
    written,
    written_request,
)
from sidecar.share.manifest import Facts, allowed
from sidecar.vocabulary import TASK_CATEGORIES
from tests.unit.test_manifest import STEADY

BUCKET = "ram16-19_gpuTrue"
KEY = lane_key(b"salt", "acme", "acme-chat")
LLAMA, QWEN, MINE = (modelnames.parse(name) for name in ("llama3.1:8b", "qwen2.5:7b", "my-secret-model"))


def free(seq: int, kind: str = "rating", *, bucket: str = BUCKET, **said: Any) -> Free:  # noqa: ANN401  # Facts
    named = {"task_category": "chat", "models": (LLAMA,)} | ({"rating": 4} if kind == "rating" else {})
    return Free(seq, Facts(kind=kind, **(named | said)), bucket)


def packed(*records: Free) -> list[dict[str, Any]]:
    return [cell.body for cell in pack(records, bucket=BUCKET, revision=1).cells]


def test_records_of_the_same_dimensions_are_one_cell() -> None:
    (cell,) = pack(
        [free(1), free(2, rating=5), free(3, rating=None, thumb="up")], bucket=BUCKET, revision=1
    ).cells
    assert cell.body["counts"] == [0, 0, 0, 1, 1]
    assert cell.body["thumbs"] == [1, 0]
    assert list(cell.records) == [1, 2, 3]


def test_a_pair_is_one_cell_whoever_won() -> None:
    (cell,) = packed(
        free(1, "comparison", models=(LLAMA, QWEN)),
        free(2, "comparison", models=(QWEN, LLAMA)),
        free(3, "comparison", models=(QWEN, LLAMA), tie=True),
    )
    assert (cell["models"], cell["wins"], cell["ties"]) == (["llama-3.1-8b", "qwen-2.5-7b"], [1, 1], 1)


def test_custom_against_custom_says_nothing_and_is_named_as_such() -> None:
    found = pack(
        [free(7, "comparison", models=(MINE, modelnames.parse("other-secret")))], bucket=BUCKET, revision=1
    )
    assert found.cells == []
    assert found.unsayable == [(7, "comparison")]


def test_a_record_of_another_machine_says_unknown_in_a_cell_of_its_own() -> None:
    here, there = packed(free(1), free(2, bucket="ram8-11_gpuFalse"))
    assert "hardware_bucket" not in here
    assert there["hardware_bucket"] == "unknown"


@pytest.mark.parametrize("n", [20, 21, 1_000])
def test_a_histogram_is_scaled_to_twenty(n: int) -> None:
    (cell,) = packed(*(free(seq, rating=1 + seq % 3) for seq in range(n)))
    assert sum(cell["counts"]) == MOST_IN_HISTOGRAM


def test_usage_is_capped() -> None:
    (cell,) = packed(*(free(seq, "usage_pattern", action="generation", count=900) for seq in range(3)))
    assert cell["count"] == MOST_IN_COUNT


def test_what_has_no_room_stays_free() -> None:
    records = [
        free(100 * n + m, product_version=f"{n}.{m}", task_category=task)
        for n in range(10)
        for m in range(20)
        for task in TASK_CATEGORIES[:4]
    ]
    found = pack(records, bucket=BUCKET, revision=1)
    assert 0 < len(found.cells) <= MOST_CELLS
    assert len(found.cells) + found.left == len(records)
    bodies = [json.dumps(cell.body) for cell in found.cells]
    assert sum(map(len, bodies)) > MOST_BYTES / 2


@STEADY
@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=12), st.integers(1, 50))
def test_scaling_keeps_small_histograms_and_is_fair_to_large_ones(counts: list[int], most: int) -> None:
    found = scaled(counts, most)
    total = sum(counts)
    assert sum(found) == min(total, most)
    if total > most:
        assert all(abs(mine - n * most / total) < 1 for mine, n in zip(found, counts, strict=True))
    else:
        assert found == counts


def test_ids_belong_to_one_lane_one_period_and_one_revision() -> None:
    one = batch_id(KEY, "acme", "acme-chat", 2968, 0)
    assert one == batch_id(lane_key(b"salt", "acme", "acme-chat"), "acme", "acme-chat", 2968, 0)
    others = {
        batch_id(KEY, "acme", "acme-chat", 2969, 0),
        batch_id(KEY, "acme", "acme-chat", 2968, 1),
        batch_id(lane_key(b"other", "acme", "acme-chat"), "acme", "acme-chat", 2968, 0),
        batch_id(lane_key(b"salt", "acme", "acme-ide"), "acme", "acme-ide", 2968, 0),
        request_id(KEY, "acme", "acme-chat", bytes(16), "a dark theme"),
        request_id(KEY, "acme", "acme-chat", bytes(16), "a darker theme"),
    }
    assert len(others | {one}) == len(others) + 1
    assert len(one) == 16


def test_a_batch_shows_only_the_hash_of_what_withdraws_it() -> None:
    key_of_it = secret(KEY, bytes(16))
    assert len(key_of_it) == 64
    assert withdrawal(key_of_it) == hashlib.sha256(key_of_it.encode()).hexdigest()


def test_the_bytes_are_those_of_the_contract() -> None:
    body = written(
        [],
        manifest=1,
        keys=12,
        period="2026-W47",
        hardware_bucket=BUCKET,
        product="acme-chat",
        withdrawal="ab" * 32,
        supersedes=bytes(16),
        lost=[Lost("rating", "expired", 2)],
    )
    assert body.decode() == (
        '{"schema":1,"manifest":1,"keys":12,"period":"2026-W47","hardware_bucket":"ram16-19_gpuTrue",'
        f'"product":"acme-chat","withdrawal":"{"ab" * 32}","supersedes":"{"00" * 16}","cells":[],'
        '"lost":[{"kind":"rating","reason":"expired","count":2}]}'
    )
    assert set(json.loads(body)) - {"cells"} == allowed("batch")


def test_an_approved_wish_names_no_machine() -> None:
    body = written_request(
        manifest=1,
        period="2026-W47",
        product="acme-chat",
        withdrawal="ab" * 32,
        category=None,
        text="a dark theme",
    )
    assert set(json.loads(body)) == {
        "schema",
        "manifest",
        "period",
        "product",
        "withdrawal",
        "category",
        "text",
    }
