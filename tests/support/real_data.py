"""Real data for development, which stand beside the repository and are never copied into it.

Job: read them where they are, or leave the test out.
Must not: change them.
"""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

from sidecar.insight.tallies import PairCounts
from tests.support.needs import need

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def path(name: str) -> Path:
    """One of the files."""
    found = DATA / name
    need(found.is_file(), f"{found} is not on this machine")
    return found


def expected(name: str) -> Any:  # noqa: ANN401  each of these files has a shape of its own
    """What others computed from one of the files."""
    return json.loads(path(name).read_text(encoding="utf-8"))


def pairs(name: str) -> tuple[PairCounts, ...]:
    """A table of comparisons, counted."""
    wins: Counter[tuple[str, str, str]] = Counter()
    ties: Counter[tuple[str, str, str]] = Counter()
    with path(f"pairwise/{name}.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            key = row["preferred"], row["alternative"], row.get("task", "unspecified")
            (ties if row.get("tie") else wins)[key] += row.get("n", 1)
    return tuple(PairCounts(*key, wins=wins[key], ties=ties[key]) for key in sorted({*wins, *ties}))


def ratings() -> dict[tuple[str, str], list[int]]:
    """Stars that people gave: (task, model) -> in the order of the file."""
    given: dict[tuple[str, str], list[int]] = {}
    with path("ratings/dialsummeval_dev.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            given.setdefault((row["task"], row["model"]), []).append(int(row["rating"]))
    return given
