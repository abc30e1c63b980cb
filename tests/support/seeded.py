"""A store full of made-up feedback: for the pictures of the README, for tests in a browser, for figures.

Job: write records over many weeks through the writer's own operation, the same ones each time.
Must not: hold anything that a person wrote, or be loaded by the product.
"""

import random
from collections.abc import Iterator, Sequence
from functools import partial
from math import exp
from pathlib import Path
from typing import Any, Final

from sidecar import strict
from sidecar.clock import SystemClock, week_number
from sidecar.ingest.stamp import Circumstances, stamp
from sidecar.store import records as stored_records
from sidecar.store.database import Database, Operation
from sidecar.store.requests import Steering, steer
from sidecar.store.rows import NewRecord

BUCKET: Final = "ram16-19_gpuTrue"
MODELS: Final = {
    "qwen2.5-coder:7b-instruct-q4_K_M": (1.0, 38),
    "llama3.1:8b-instruct-q4_K_M": (0.8, 34),
    "deepseek-coder-v2:16b-lite-instruct-q4_K_M": (0.7, 52),
    "gemma2:9b-instruct-q5_K_M": (0.1, 24),
    "mistral-nemo:12b-instruct-2407-q4_K_M": (-0.1, 17),
    "phi3.5:3.8b-mini-instruct-q8_0": (-1.2, 61),
}
"""Name -> how good it is, in log odds, and how fast."""

TASKS: Final = {
    "code_generation": 4.2,
    "chat": 4.0,
    "summarization": 4.1,
    "debugging": 3.4,
    "code_review": 3.7,
    "document_qa": 3.3,
    "creative_writing": 3.8,
    "data_extraction": 3.0,
    "agent": 2.6,
    "translation": 3.5,
}
MACHINES: Final = {
    BUCKET: (60, 0.0),
    "ram32-35_gpuTrue": (20, 0.25),
    "ram16-19_gpuFalse": (12, -0.6),
    "ram8-11_gpuFalse": (8, -1.3),
    "ram64-95_gpuTrue": (6, 0.4),
}
"""Bucket -> how many records of a hundred, and what it does to the stars."""

VERSIONS: Final = (
    ("1.2.0", 0, 9, 0.0),
    ("1.3.0", 6, 17, 0.1),
    ("1.4.0", 15, 26, -0.7),
    ("1.4.1", 23, 26, 0.2),
)
"""Name, first and last week, and what it does to the stars."""

ERRORS: Final = (
    ("ollama", "CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of 7.79 GiB", 9),
    ("llama_cpp", "the request exceeds the available context size (9214 > 8192)", 6),
    ("ollama", "dial tcp 127.0.0.1:11434: connect: connection refused", 4),
    ("llama_cpp", "tensor 'blk.0.attn_q.weight' has wrong shape; expected 4096, got 3072", 3),
    ("ollama", "unexpected EOF while reading /models/weights.gguf", 1),
)
WISHES: Final = (
    ("Keep the model loaded between chats so the first answer is not slow", 5, "new"),
    ("Do not unload the model after five minutes of idling", 2, "new"),
    ("Choose the folder that downloads go to", 1, "new"),
    ("Dark mode for the list of models", 2, "new"),
    ("Export a chat as Markdown", 3, "planned"),
    ("Show tokens per second while it writes", 2, "planned"),
    ("Warn before a model does not fit into memory", 4, "in_progress"),
    ("Search in old chats", 6, "done"),
    ("German interface", 2, "done"),
    ("Crash after waking from sleep, please fix the loss of the chat", 3, "new"),
)
SAID: Final = (
    "{}",
    "Please: {}",
    "{}, if that is possible",
    "Again: {}",
    "It would help me a lot: {}",
    "{} (as others do)",
)
"""How people say the same."""

WEEKS: Final = 26
TIES: Final = 0.1  # of comparisons
BY_STRENGTH: Final = 0.6  # stars for each unit of log odds
GROUP: Final = 500


def bodies(ratings: int, rng: random.Random) -> Iterator[tuple[dict[str, Any], int, str]]:
    """Records of every kind as (body, weeks ago, bucket)."""
    for _ in range(ratings):
        yield _rating(rng)
    for _ in range(ratings // 4):
        yield _comparison(rng), rng.randrange(WEEKS), BUCKET
    for model, (_, speed) in MODELS.items():
        for _ in range(24):
            measured = max(1.0, rng.gauss(speed, speed / 8))
            told = {"feedback_type": "usage_pattern", "action": "generation", "model": model}
            yield {**told, "tokens_per_second": measured}, rng.randrange(8), BUCKET
    for runtime, message, n in ERRORS:
        model = rng.choice(list(MODELS))
        for _ in range(n):
            told = {"feedback_type": "error_report", "error_type": "other", "error_message": message}
            yield (
                {**told, "runtime": runtime, "model": model},
                min(rng.randrange(8), rng.randrange(8)),
                BUCKET,
            )


def _rating(rng: random.Random) -> tuple[dict[str, Any], int, str]:
    bucket, (_, better) = rng.choices(list(MACHINES.items()), [share for share, _ in MACHINES.values()])[0]
    task, mean = rng.choices(list(TASKS.items()), range(len(TASKS) + 4, 4, -1))[0]
    model, (strength, _) = rng.choice(list(MODELS.items()))
    version, first, last, shift = rng.choice(VERSIONS)
    stars = min(5, max(1, round(rng.gauss(mean + better + shift + strength * BY_STRENGTH, 0.8))))
    told = {"feedback_type": "rating", "model": model, "task_category": task, "rating": stars}
    week = WEEKS - rng.randint(first, min(last, WEEKS))
    return {**told, "product_id": "example-chat", "product_version": version}, week, bucket


def _comparison(rng: random.Random) -> dict[str, Any]:
    one, other = rng.sample(list(MODELS), 2)
    wins = 1 / (1 + exp(MODELS[other][0] - MODELS[one][0]))
    if rng.random() > wins:
        one, other = other, one
    told = {"feedback_type": "comparison", "preferred": one, "alternative": other}
    return {**told, "tie": rng.random() < TIES, "task_category": rng.choice(list(TASKS)[:4])}


def stamped(body: dict[str, Any], weeks_ago: int, bucket: str, rng: random.Random) -> NewRecord:
    """A record as the daemon would store it."""
    moment = Circumstances(
        random_id=rng.randbytes(16),
        salt=b"s" * 32,
        week=week_number(SystemClock().now()) - weeks_ago,
        bucket=bucket,
    )
    return stamp(strict.record(dict(body)), moment).row


def store(folder: Path, rows: list[NewRecord], then: Sequence[Operation] = ()) -> None:
    """Put rows into the store of a data directory, then do what else is wanted.

    Raises:
        Exception: what the store refused them with.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    database = Database(folder, SystemClock())
    database.open()
    try:
        inserts = [
            partial(stored_records.insert, records=rows[start : start + GROUP])
            for start in range(0, len(rows), GROUP)
        ]
        operations: list[Operation] = [*inserts, *then]
        for operation in operations:
            for result in database.run([operation]):
                if isinstance(result, Exception):
                    raise result
    finally:
        database.close()


def seed(folder: Path, *, ratings: int = 1_200) -> None:
    """Fill a data directory; the same habits each time."""
    rng = random.Random(7)
    rows = [stamped(body, ago, bucket, rng) for body, ago, bucket in bodies(ratings, rng)]
    wanted: list[Operation] = []
    for text, votes, state in WISHES:
        told = [SAID[vote % len(SAID)].format(text) for vote in range(votes)]
        wishes = [
            stamped(
                {"feedback_type": "feature_request", "feature_description": each},
                rng.randrange(6),
                BUCKET,
                rng,
            )
            for each in told
        ]
        decided = Steering(state=state, merge=[wish.id for wish in wishes[1:]])
        wanted.append(partial(steer, id_=wishes[0].id, wanted=decided))
        rows += wishes
    store(folder, rows, wanted)
