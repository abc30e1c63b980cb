"""Real feedback of real people, sent by sixteen clients at once, comes back in every count and every mean."""

import csv
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemon import Daemon, start
from tests.support.needs import need

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
RATINGS = DATA / "ratings" / "dialsummeval_dev.csv"
COMPARISONS = DATA / "pairwise" / "alpaca_eval2_dev.jsonl"
CLIENTS = 16
BUCKET = "ram16-19_gpuTrue"  # the data know no hardware: one machine is made up for all of it
PRODUCTS = {
    "dialsumm": 'tasks = ["x_coherence", "x_consistency", "x_fluency", "x_relevance"]',
    "alpaca": 'tasks = ["x_helpful_base", "x_koala", "x_oasst", "x_selfinstruct", "x_vicuna"]',
}

Body = dict[str, Any]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    data_dir = tmp_path_factory.mktemp("real") / "data"
    folder = data_dir / "products.d"
    folder.mkdir(parents=True)
    data_dir.chmod(0o700)
    for name, words in PRODUCTS.items():
        (folder / f"{name}.toml").write_text(words)
    with start(data_dir, settings={"HARDWARE_BUCKET": BUCKET, "RATE_LIMIT": "off"}) as daemon:
        yield daemon


def send_all(daemon: Daemon, bodies: Sequence[Body]) -> set[str]:
    """Every body by one of sixteen clients, each over a connection of its own; the ids that were given."""
    together = threading.Barrier(CLIENTS)

    def client(number: int) -> set[str]:
        with daemon.caller() as caller:
            together.wait()
            answers = [caller.post("/v1/feedback", body) for body in bodies[number::CLIENTS]]
        assert {answer.status for answer in answers} == {201}
        return {answer.json["feedback_id"] for answer in answers}

    with ThreadPoolExecutor(CLIENTS) as crowd:
        return set().union(*crowd.map(client, range(CLIENTS)))


def test_every_real_rating_comes_back_in_count_and_mean(daemon: Daemon) -> None:
    need(RATINGS.is_file(), f"{RATINGS.name} is not beside the checkout")
    with RATINGS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6_720
    bodies = [
        {
            "feedback_type": "rating",
            "model": row["model"],
            "rating": int(row["rating"]),
            "task_category": f"x_{row['task']}",
            "product_id": "dialsumm",
        }
        for row in rows
    ]
    assert len(send_all(daemon, bodies)) == len(rows)

    stars: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row in rows:
        stars[row["model"].lower(), f"x_{row['task']}"].append(int(row["rating"]))
    with daemon.caller(manages=True) as owner:
        by_both = owner.get("/v1/insights/ratings?group_by=model,task_category&product_id=dialsumm").json[
            "rows"
        ]
        by_bucket = owner.get("/v1/insights/ratings?group_by=hardware_bucket&product_id=dialsumm").json[
            "rows"
        ]
    assert {(row["model"], row["task_category"]): row["counts"] for row in by_both} == {
        group: [given.count(star) for star in range(1, 6)] for group, given in stars.items()
    }
    assert {(row["model"], row["task_category"]): (row["n"], row["mean"]) for row in by_both} == {
        group: (len(given), sum(given) / len(given)) for group, given in stars.items()
    }
    assert len(by_both) == 14 * 4
    everything = [int(row["rating"]) for row in rows]
    assert [(row["hardware_bucket"], row["n"], row["mean"]) for row in by_bucket] == [
        (BUCKET, 6_720, sum(everything) / 6_720)
    ]
    for row in by_both:
        assert row["low"] < row["estimate"] < row["high"]
        assert row["enough"]


def test_every_real_comparison_comes_back_by_the_export(daemon: Daemon) -> None:
    need(COMPARISONS.is_file(), f"{COMPARISONS.name} is not beside the checkout")
    rows = [json.loads(line) for line in COMPARISONS.read_text().splitlines()]
    assert len(rows) == 5_635
    bodies = [
        {"feedback_type": "comparison", "product_id": "alpaca", "task_category": f"x_{row.pop('task')}"} | row
        for row in rows
    ]
    assert len(send_all(daemon, bodies)) == len(bodies)
    with daemon.caller(manages=True) as owner:
        lines = owner.get("/v1/export").body.splitlines()
    found = [row for row in map(json.loads, lines) if row.get("product_id") == "alpaca"]
    assert Counter(map(face, found)) == Counter(map(face, bodies))
    assert sum(row["tie"] for row in found) == sum(body.get("tie", False) for body in bodies) == 17
    assert {row["hardware_bucket"] for row in found} == {BUCKET}


def face(row: Body) -> tuple[object, ...]:
    """What a comparison says; of a tie the order means nothing."""
    models = (row["preferred"], row["alternative"])
    return row["task_category"], bool(row.get("tie")), tuple(sorted(models)) if row.get("tie") else models
