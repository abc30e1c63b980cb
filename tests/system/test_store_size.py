"""The promise on the disk: a million records fit into a hundred megabytes."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import million


@pytest.mark.parametrize("keyed", [0.0, 0.5])
def test_a_record_takes_at_most_a_hundred_bytes_of_the_file(tmp_path: Path, keyed: float) -> None:
    records = 60_000  # the cells of a year weigh the same under a million
    assert million.fill(tmp_path, records, keyed) / records <= 100
