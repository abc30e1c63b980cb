"""The forms that filters publish are exactly what a record can have."""

import re

from sidecar.api.parameters import FORMS
from sidecar.hardware.bucket import BUCKETS, valid_bucket
from sidecar.vocabulary import RUNS_ON, TASK_CATEGORIES


def takes(name: str, word: str) -> bool:
    return re.fullmatch(FORMS[name]["pattern"], word) is not None


def test_every_bucket_and_no_other_is_a_filter() -> None:
    words = {"unknown", *BUCKETS}
    words |= {f"ram{low}-{low + step}_gpuTrue" for low in range(130) for step in (2, 3, 4, 31)}
    assert {word for word in words if takes("hardware_bucket", word)} == {
        word for word in words if valid_bucket(word)
    }


def test_every_task_and_every_word_of_a_product_is_a_filter() -> None:
    assert all(takes("task_category", word) for word in (*TASK_CATEGORIES, "x_triage"))
    assert not any(takes("task_category", word) for word in ("cooking", "x_", "x_Triage", "chat\n", "x_a-b"))


def test_every_place_is_a_filter() -> None:
    assert all(takes("runs_on", word) for word in RUNS_ON)
    assert not takes("runs_on", "moon")
