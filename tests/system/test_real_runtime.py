"""The whole walk with a real llama.cpp server: chat, rate, compare, fail, report; no word of it is kept."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sidecar.client import FeedbackClient, Receipt
from tests.support import llama
from tests.support.daemon import Daemon, start
from tests.support.llama import Llama
from tests.support.needs import need_program
from tests.support.plain_http import url_of

PROMPT = "zebrafloxin"
ANSWER = "quorvantine"
HOME = "marmalukas"
CANARIES = (PROMPT, ANSWER, HOME)
"""Made-up words: one of the prompts, one of the answers, and the name of a person in a path."""

QUESTION = f"Why does {PROMPT} glow in the dark?"
FIRST = "Tiny-Random-0.1M-Instruct-v1.0-F16.gguf"
SECOND = "Other-Random-0.1M-Instruct-v2.0-F16.gguf"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models in somebody's home."""
    llama.need_llama()
    folder = tmp_path_factory.mktemp("home") / HOME / "models"
    first = llama.write_model(folder / FIRST)
    (folder / SECOND).write_bytes(first.read_bytes())
    return folder


@pytest.fixture(scope="module")
def runtime(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Llama]:
    with llama.start(models / FIRST, tmp_path_factory.mktemp("runtime")) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """The daemon; whatever the tests did, no canary may be in a file of its data directory."""
    data_dir = tmp_path_factory.mktemp("sidecar") / "data"
    with start(data_dir, settings={"LOG_LEVEL": "debug"}) as daemon:
        yield daemon
        search(data_dir)
        assert daemon.stop() == 0
        search(data_dir)
        assert not any(canary in daemon.words.lower() for canary in CANARIES)


@pytest.fixture
def client(daemon: Daemon) -> Iterator[FeedbackClient]:
    with FeedbackClient(url=url_of(daemon), data_dir=daemon.data_dir, spool=False) as client:
        yield client


def search(data_dir: Path) -> None:
    """Every file of a data directory, byte for byte, and the names of the files."""
    held = {path: path.read_bytes().lower() for path in sorted(data_dir.rglob("*")) if path.is_file()}
    assert any(
        FIRST.lower().encode() in content for content in held.values()
    )  # what is kept is found this way
    for path, content in held.items():
        for canary in CANARIES:
            for form in (canary.encode(), canary.encode("utf-16-le"), canary.encode().hex().encode()):
                assert form not in content, (path.name, canary)
            assert canary not in path.name


def chat(runtime: Llama) -> dict[str, Any]:
    """A question with a canary, and an answer that is a canary."""
    answer = runtime.chat(QUESTION, grammar=f'root ::= "{ANSWER}"')
    assert answer.status == 200
    found: dict[str, Any] = answer.json
    assert found["choices"][0]["message"]["content"] == ANSWER
    return found


def by_curl(daemon: Daemon, body: dict[str, Any]) -> dict[str, Any]:
    """What curl prints for one submission, as the README shows it."""
    need_program("curl")
    found = subprocess.run(
        ["curl", "-sS", f"{url_of(daemon)}/v1/feedback", "--json", json.dumps(body)],
        capture_output=True,
        check=True,
        timeout=60,
    )
    answer: dict[str, Any] = json.loads(found.stdout)
    return answer


def listed(daemon: Daemon, feedback_id: str | None) -> dict[str, Any]:
    """A record as the owner sees it."""
    with daemon.caller(manages=True) as owner:
        (row,) = [row for row in owner.rows("/v1/feedback") if row["feedback_id"] == feedback_id]
    return row


def test_the_model_is_rated_under_the_name_that_the_runtime_reports(
    runtime: Llama, daemon: Daemon, client: FeedbackClient
) -> None:
    said = chat(runtime)
    assert said["model"] == runtime.model()
    assert said["model"].startswith("/")
    assert HOME in said["model"]
    first = by_curl(
        daemon,
        {
            "feedback_type": "rating",
            "model": said["model"],
            "rating": 4,
            "task_category": "question answering",
        },
    )
    second = client.rate(said["model"], thumb="down", task_category="question_answering", reasons=["made_up"])
    for feedback_id in (first["feedback_id"], second.feedback_id):
        row = listed(daemon, feedback_id)
        assert (row["model"], row["task_category"]) == (FIRST, "question_answering")
    assert first["shareable"]["model"] == "custom"  # a model of nobody's list
    with daemon.caller(manages=True) as owner:
        (row,) = owner.get("/v1/insights/ratings?group_by=model").json["rows"]
    assert (row["n"], row["mean"], row["up"], row["down"]) == (1, 4.0, 0, 1)
    assert "/" not in row["model"]


def test_how_fast_it_was_is_kept_as_a_bucket(runtime: Llama, daemon: Daemon, client: FeedbackClient) -> None:
    said = chat(runtime)
    speed = said["timings"]["predicted_per_second"]
    receipt = client.report_usage(
        "generation",
        model=said["model"],
        runtime="llama_cpp",
        tokens_per_second=speed,
        first_token_ms=said["timings"]["prompt_ms"],
        context_tokens=said["usage"]["total_tokens"],
    )
    row = listed(daemon, receipt.feedback_id)
    assert within(row["tokens_per_second"], speed)
    assert within(row["context_tokens"], said["usage"]["total_tokens"])


def within(bucket: str, value: float) -> bool:
    """Whether a bucket such as `16-22` holds a value."""
    low, _, high = bucket.partition("-")
    return int(low) <= value < int(high or low) + 1


def test_two_models_are_compared(
    runtime: Llama, models: Path, tmp_path: Path, daemon: Daemon, client: FeedbackClient
) -> None:
    with llama.start(models / SECOND, tmp_path) as other:
        chat(other)
        names = runtime.model(), other.model()
    receipt = client.compare(*names, task_category="question_answering", reasons=["accurate"])
    row = listed(daemon, receipt.feedback_id)
    assert (row["preferred"], row["alternative"]) == (FIRST, SECOND)
    answer = by_curl(daemon, {"feedback_type": "comparison", "preferred": names[0], "alternative": names[0]})
    assert answer["status"] == 422
    assert answer["field"] == "alternative"


def test_an_overflow_of_the_context_is_reported(
    runtime: Llama, daemon: Daemon, client: FeedbackClient
) -> None:
    failed = runtime.chat(f"{QUESTION} " * 60)
    assert failed.status == 400
    assert b"exceeds the available context size" in failed.body
    receipt = report(daemon, client, runtime.model(), failed.body.decode())
    assert receipt.answer["error_type"] == "context_length"
    # An application that logs what it asked says more than the runtime did.
    receipt = report(daemon, client, runtime.model(), f"prompt {QUESTION!r} failed: {failed.body.decode()}")
    assert receipt.answer["error_type"] == "context_length"


def test_an_error_that_quotes_the_prompt_is_reported_without_it(
    runtime: Llama, daemon: Daemon, client: FeedbackClient
) -> None:
    cut = json.dumps({"messages": [{"role": "user", "content": QUESTION}]}).encode()
    failed = runtime.ask("POST", "/v1/chat/completions", cut[: cut.index(b"glow")])
    assert failed.status == 400
    assert PROMPT in failed.body.decode()
    receipt = report(daemon, client, runtime.model(), failed.body.decode())
    assert PROMPT not in json.dumps(receipt.answer)
    assert PROMPT in runtime.words  # the runtime's own log repeats it
    report(daemon, client, runtime.model(), runtime.words[-10_000:])


def failing(model: Path, scratch: Path) -> str:
    """What the runtime says when it cannot serve a model."""
    with Llama(model, scratch) as never:
        assert never.address == ""
        assert never.process.wait(llama.SECONDS) != 0
        return never.words


def test_a_broken_an_unknown_and_a_missing_model_are_reported(
    models: Path, tmp_path: Path, daemon: Daemon, client: FeedbackClient
) -> None:
    broken = models / "Broken-Random-0.1M-F16.gguf"
    broken.write_bytes((models / FIRST).read_bytes()[:5_000])
    unknown = llama.write_model(models / "Unknown-Random-0.1M-F16.gguf", "nosucharchitecture")
    for model, words in (
        (broken, "failed to load model"),
        (unknown, "unknown model architecture"),
        (models / "Absent-Random-0.1M-F16.gguf", "No such file"),
    ):
        said = failing(model, tmp_path)
        assert words in said
        assert HOME in said
        receipt = report(daemon, client, str(model), f"{said}\nwhile asked: {QUESTION}")
        assert receipt.answer["error_type"] in {"model_load", "unsupported_format"}
        assert listed(daemon, receipt.feedback_id)["model"] == model.name


def report(daemon: Daemon, client: FeedbackClient, model: str, message: str) -> Receipt:
    """Report an error by curl and by the client: the same answer twice, and nothing of the prompt in it."""
    body = {
        "feedback_type": "error_report",
        "error_type": "other",
        "error_message": message,
        "model": model,
        "runtime": "llama_cpp",
    }
    answer = by_curl(daemon, body)
    receipt = client.report_error("other", message, model=model, runtime="llama_cpp")
    own = {"feedback_id": "", "kept_local": []}  # the client adds a key, and each record has its id
    assert receipt.answer | own == answer | own
    row = listed(daemon, receipt.feedback_id)
    said = json.dumps([answer, row]).lower()
    assert not any(canary in said for canary in CANARIES)
    assert row["template"]
    assert len(row["template"]) <= 500
    return receipt
