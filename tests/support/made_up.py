"""Made-up feedback for Hypothesis, out of so few words that the same ones meet again and again.

Job: draw bodies, changes and passing time.
Must not: draw what the schema refuses; that is another test's.
"""

from typing import Final

from hypothesis import strategies as st

from tests.support.plain_store import Body

BUCKETS: Final = ("ram16-19_gpuTrue", "ram32-35_gpuFalse")

products = st.sampled_from(["", "app-a", "app-b"])
keys = st.sampled_from(["", "", "", "k1", "k2", "k3"])
runs_on = st.sampled_from(["local", "local", "remote"])
tasks = st.sampled_from(["chat", "math"])
models = st.sampled_from(["mistral:7b", "llama3.1:8b"])
reasons = st.lists(st.sampled_from(["fast", "wrong", "helpful"]), unique=True, max_size=2)


def body_of(product: str, key: str, where: str, said: Body) -> Body:
    """A body; `""` leaves a name out."""
    named = {"product_id": product, "idempotency_key": key}
    return {**said, "runs_on": where, **{name: value for name, value in named.items() if value}}


stars = st.fixed_dictionaries(
    {
        "feedback_type": st.just("rating"),
        "model": models,
        "task_category": tasks,
        "rating": st.integers(1, 5),
        "reasons": reasons,
    }
)
thumbs = st.fixed_dictionaries(
    {"feedback_type": st.just("rating"), "model": models, "thumb": st.sampled_from(["up", "down"])}
)
pairs = st.fixed_dictionaries(
    {
        "feedback_type": st.just("comparison"),
        "preferred": st.just("mistral:7b"),
        "alternative": st.sampled_from(["gemma2:9b", "qwen2.5:14b"]),
        "tie": st.booleans(),
    }
)
failures = st.fixed_dictionaries(
    {"feedback_type": st.just("error_report"), "error_type": st.just("timeout"), "error_message": st.just("")}
)
wishes = st.fixed_dictionaries(
    {"feedback_type": st.just("feature_request"), "feature_description": st.sampled_from(["a", "b"])}
)
uses = st.fixed_dictionaries(
    {
        "feedback_type": st.just("usage_pattern"),
        "action": st.sampled_from(["copy", "edit"]),
        "count": st.integers(1, 9),
    }
)
bodies = st.builds(body_of, products, keys, runs_on, stars | thumbs | pairs | failures | wishes | uses)
new_stars = st.fixed_dictionaries({"rating": st.integers(1, 5), "task_category": tasks})
new_thumbs = st.fixed_dictionaries({"thumb": st.sampled_from(["up", "down"])})
ages = st.sampled_from(["time", "time", "expire", "expire", "quota", "years"])

SEED: Final[tuple[Body, ...]] = (
    {"feedback_type": "rating", "model": "mistral:7b", "rating": 4, "task_category": "chat"},
    {"feedback_type": "rating", "model": "mistral:7b", "thumb": "up", "product_id": "app-a"},
    {"feedback_type": "comparison", "preferred": "mistral:7b", "alternative": "gemma2:9b"},
    body_of("", "k1", "local", {"feedback_type": "feature_request", "feature_description": "a"}),
    {"feedback_type": "usage_pattern", "action": "copy", "count": 3, "runs_on": "remote"},
)
