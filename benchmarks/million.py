"""`make bench`, second part: a million records in the store.

    bytes of the file per record              <= 100
    `GET /v1/insights/ratings`, median        <= 20 ms
    `GET /v1/insights/errors`, median         <= 20 ms

Records are stored through the writer's own operation, in groups of 500, over 52 weeks, 8 models, 10 tasks and
3 products; one in fifty is an error report, and a share of them carries an idempotency key. Then the daemon
answers over HTTP.
"""

import argparse
import http.client
import random
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median

from sidecar import strict
from sidecar.clock import SystemClock, week_number
from sidecar.home import read_endpoint
from sidecar.ingest.stamp import Circumstances, stamp
from sidecar.store import records as stored_records
from sidecar.store.database import Database
from sidecar.store.rows import NewRecord

MODELS = (
    "llama3.1:8b",
    "qwen2.5-coder:7b",
    "gemma2:9b",
    "phi3:mini",
    "mistral:7b",
    "llama3.2:3b",
    "qwen3:4b",
    "gpt-oss:20b",
)
TASKS = (
    "code_generation",
    "chat",
    "summarization",
    "translation",
    "math",
    "editing",
    "reasoning",
    "agent",
    "search",
    "vision",
)
PRODUCTS = ("chat", "ide", "script")
ERRORS = (
    "CUDA error: out of memory",
    "connection timed out after {} s",
    "HTTP 404: model not found, try pulling it first",
    "requested context length {} exceeds the maximum of 8192",
)
ERRORS_ONE_IN = 50
WEEKS = 52
GROUP = 500
ASKED = 40


def rows(numbers: range, keyed: float, rng: random.Random) -> list[NewRecord]:
    """Ratings as a fleet of habits would give them."""
    this_week = week_number(SystemClock().now())
    found = []
    for number in numbers:
        record = {
            "feedback_type": "rating",
            "model": rng.choice(MODELS),
            "task_category": rng.choice(TASKS),
            "product_id": rng.choice(PRODUCTS),
            "rating": rng.choices(range(1, 6), (1, 1, 3, 6, 5))[0],
        }
        if number % ERRORS_ONE_IN == 0:
            record |= {"feedback_type": "error_report", "error_type": "other", "runtime": "ollama"}
            record["error_message"] = rng.choice(ERRORS).format(number)
            del record["rating"]
        if rng.random() < keyed:
            record["idempotency_key"] = str(number)
        moment = Circumstances(
            random_id=rng.randbytes(16),
            salt=b"s" * 32,
            week=this_week - rng.randrange(WEEKS),
            bucket=rng.choice(("ram16-19_gpuTrue", "ram32-35_gpuTrue")),
        )
        found.append(stamp(strict.record(dict(record)), moment).row)
    return found


def fill(folder: Path, n: int, keyed: float) -> int:
    """Store `n` records; returns the bytes of the file."""
    database = Database(folder, SystemClock())
    database.open()
    rng = random.Random(7)  # noqa: S311  # the same habits each time
    for start in range(0, n, GROUP):
        some = rows(range(start, min(start + GROUP, n)), keyed, rng)
        for result in database.run([partial(stored_records.insert, records=some)]):
            if isinstance(result, Exception):
                raise result
    database.close()
    return database.path.stat().st_size


def ask(folder: Path, path: str) -> list[float]:
    """Milliseconds of each answer of a daemon on this store, over one connection."""
    command = [
        str(Path(sys.executable).with_name("sidecar")),
        "run",
        "--data-dir",
        str(folder),
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as daemon:
        assert daemon.stdout is not None  # noqa: S101  # asked for above
        daemon.stdout.readline()
        endpoint = read_endpoint(folder / "run")
        assert endpoint is not None  # noqa: S101  # it has announced itself
        connection = http.client.HTTPConnection("127.0.0.1", int(endpoint.url.rsplit(":", 1)[1]))
        token = (folder / "manage-token").read_text()
        took = []
        for _ in range(ASKED):
            began = time.perf_counter()
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            answer.read()
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status == 200, answer.status  # noqa: S101, PLR2004  # a figure of an error says nothing
        daemon.terminate()
    return took


def main() -> None:
    """Print both figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--keyed", type=float, default=0.0, help="share of records with an idempotency key")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        folder.mkdir(mode=0o700)
        size = fill(folder, chosen.records, chosen.keyed)
        print(f"{chosen.records:,} records, {chosen.keyed:.0%} keyed:", end=" ")
        print(f"{size / chosen.records:.1f} bytes a record (target <= 100)")
        for path in (
            "/v1/insights/ratings",
            "/v1/insights/ratings?group_by=task_category",
            "/v1/insights/ratings?since=2026-W01",
            "/v1/insights/errors",
            "/v1/insights/errors?group_by=model,week",
        ):
            took = ask(folder, path)
            print(f"{path:<50} median {median(took):6.2f} ms, first {took[0]:6.2f} ms (target <= 20)")


if __name__ == "__main__":
    main()
