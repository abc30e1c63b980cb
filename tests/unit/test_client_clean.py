"""A cleaned letter and the one as it was said are the same record, so that either way it counts once.

The daemon may have stored the first from an attempt whose answer was lost, when the second reaches it from
the spool: only the same digest makes that a duplicate, and not a conflict.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from sidecar import strict
from sidecar.client.letters import Letter, Writer, clean
from sidecar.ingest.stamp import Circumstances, stamp
from tests.support.needs import need

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
MOMENT = Circumstances(random_id=bytes(16), salt=bytes(32), week=2961, bucket="ram16-19_gpuTrue")


def lines(name: str) -> list[dict[str, Any]]:
    path = DATA / name
    need(path.exists(), f"shared/data/{name} is not here")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def letter(kind: str, **fields: Any) -> Letter:  # noqa: ANN401  # the fields of a kind
    writer = Writer(product_id="example-app", product_version=None, new_key=lambda: "one")
    return writer.letter({"feedback_type": kind, **fields})


def stamped(written: Letter) -> tuple[bytes, bytes | None]:
    """What makes a repeat a duplicate: the id under its key, and the digest of what is stored."""
    row = stamp(strict.record(dict(written)), MOMENT).row
    return row.id, row.digest


@pytest.mark.parametrize("error_type", ["other", "crash"])
def test_real_error_is_the_same_record_when_it_was_cleaned(error_type: str) -> None:
    for line in lines("errors/errors_dev.jsonl"):
        said = letter("error_report", error_type=error_type, error_message=line["text"][:16_000])
        assert stamped(clean(said)) == stamped(said), line["id"]


def test_words_that_are_no_error_are_the_same_record_when_they_were_cleaned() -> None:
    for line in lines("nlbse24/issues_dev.jsonl")[:300]:
        said = letter("error_report", error_type="other", error_message=(line["body"] or "")[:4_000])
        assert stamped(clean(said)) == stamped(said), line["title"]


def test_real_wish_is_the_same_record_when_it_was_cleaned() -> None:
    for line in lines("requests/requests_dev.jsonl"):
        said = letter("feature_request", feature_description=f"{line['title']}\n{line['text']}"[:2_000])
        assert stamped(clean(said)) == stamped(said), line["id"]
