"""Made-up feedback of all five kinds, the same for the same seed.

Job: write request bodies as an application would, and say what the store must then hold of them.
Must not: use the product's own functions to say it.
"""

import random
from typing import Any

TASKS = ("chat", "debugging", "summarization", "translation", "code_generation")
MODELS = ("llama3.1:8b-instruct-q4_K_M", "mistral:7b", "qwen2.5:14b", "gemma2:9b", "phi3:mini")
REASONS = ("accurate", "helpful", "fast", "wrong", "too_long", "refused")
ERRORS = ("timeout", "model_load", "out_of_memory", "network")
WISHES = ("Please add dark mode", "An export to CSV would help", "Let me rename a chat")

Body = dict[str, Any]
Face = tuple[object, ...]
"""What must be found again of a record, whatever else is stored of it."""


def feedback(rng: random.Random, product_id: str, key: str | None = None) -> Body:
    """One body for `POST /v1/feedback`."""
    kind = rng.choice((rating, rating, thumb, comparison, error_report, feature_request, usage_pattern))
    body = kind(rng) | {"product_id": product_id}
    return body if key is None else body | {"idempotency_key": key}


def rating(rng: random.Random) -> Body:
    """Stars."""
    return {
        "feedback_type": "rating",
        "model": rng.choice(MODELS),
        "rating": rng.randint(1, 5),
        "task_category": rng.choice(TASKS),
        "reasons": rng.sample(REASONS, rng.randrange(3)),
    }


def thumb(rng: random.Random) -> Body:
    """A thumb."""
    return {
        "feedback_type": "rating",
        "model": rng.choice(MODELS),
        "thumb": rng.choice(("up", "down")),
        "task_category": rng.choice(TASKS),
    }


def comparison(rng: random.Random) -> Body:
    """Two different models."""
    preferred, alternative = rng.sample(MODELS, 2)
    return {
        "feedback_type": "comparison",
        "preferred": preferred,
        "alternative": alternative,
        "task_category": rng.choice(TASKS),
        "tie": rng.random() < 0.25,
    }


def error_report(rng: random.Random) -> Body:
    """A failure."""
    return {
        "feedback_type": "error_report",
        "error_type": rng.choice(ERRORS),
        "error_message": f"connection timed out after {rng.randint(1, 60)} s",
        "model": rng.choice(MODELS),
    }


def feature_request(rng: random.Random) -> Body:
    """A wish."""
    return {"feedback_type": "feature_request", "feature_description": rng.choice(WISHES)}


def usage_pattern(rng: random.Random) -> Body:
    """Use, with a speed."""
    return {
        "feedback_type": "usage_pattern",
        "action": rng.choice(("generation", "copy", "edit")),
        "model": rng.choice(MODELS),
        "task_category": rng.choice(TASKS),
        "count": rng.randint(1, 40),
        "tokens_per_second": round(rng.uniform(1, 90), 1),
    }


def face_of_body(body: Body) -> Face:
    """What of a body must stand in the store."""
    task = body.get("task_category", "" if body["feedback_type"] == "feature_request" else "unspecified")
    models = sorted(body[name] for name in ("model", "preferred", "alternative") if name in body)
    return (
        body["feedback_type"],
        body["product_id"],
        task,
        tuple(models),
        body.get("rating"),
        body.get("thumb"),
        ",".join(sorted(body.get("reasons", ()))) or None,
        body.get("count"),
        body.get("feature_description"),
    )


FACES = """
SELECT lower(hex(id)), kind, product_id, task_category, model, preferred, alternative,
       rating, thumb, reasons, count, text
FROM record
JOIN series USING (series)
LEFT JOIN request_text USING (seq)
"""


def face_of_row(row: tuple[Any, ...]) -> Face:
    """The same of a row of `FACES`, without its id."""
    kind, product, task, model, preferred, alternative, *said = row[1:]
    return (kind, product, task, tuple(sorted(filter(None, (model, preferred, alternative)))), *said)
