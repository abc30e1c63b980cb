"""Best model and versions over HTTP and at the command line, on a real daemon."""

from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from sidecar.store.facts import model_name
from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.real_data import expected, pairs
from tests.support.shell import Shell

MODELS = "/v1/insights/models"
VERSIONS = "/v1/insights/versions"
MOST_GROWTH = 3 * 1024 * 1024  # bytes
QUICK = {"HARDWARE_BUCKET": "ram16-19_gpuTrue", "RATE_LIMIT": "off"}


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("choosing"), COLUMNS="200", LINES="40")


@pytest.fixture(scope="module")
def daemon(shell: Shell) -> Iterator[Daemon]:
    with start(shell.data_dir, settings=QUICK) as daemon:
        yield daemon


@pytest.fixture
def owner(daemon: Daemon) -> Iterator[Caller]:
    with daemon.caller(manages=True) as caller:
        assert caller.post("/v1/purge", {}).status == 200
        yield caller


def send(owner: Caller, records: list[dict[str, Any]]) -> None:
    """Store them, five hundred at a time."""
    for at in range(0, len(records), 500):
        assert owner.post("/v1/feedback/batch", {"records": records[at : at + 500]}).status == 201


def compared(preferred: str, alternative: str, n: int = 1, **fields: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # of a record
    """So many comparisons."""
    body = {"feedback_type": "comparison", "preferred": preferred, "alternative": alternative, **fields}
    return [body] * n


def rated(stars: str, **fields: str) -> list[dict[str, Any]]:
    """A rating for each digit."""
    return [
        {"feedback_type": "rating", "model": "mistral:7b", "rating": int(star), **fields} for star in stars
    ]


def by_name(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The rows by their model."""
    return {row["model"]: row for row in answer["models"]}


def test_real_comparisons_get_the_published_strengths(owner: Caller) -> None:
    counts = [each for each in pairs("dialsummeval_pairs_dev") if each.task_category == "relevance"]
    send(
        owner,
        [
            record
            for each in counts
            for record in (
                *compared(each.first, each.second, each.wins),
                *compared(each.second, each.first, each.losses),
                *compared(each.first, each.second, each.ties, tie=True),
            )
        ],
    )
    truth = expected("pairwise/expected_dialsummeval_pairs_dev.json")["relevance"]["scores"]
    found = owner.get(f"{MODELS}?ties=half").json
    assert found["n_comparisons"] == sum(each.wins + each.losses + each.ties for each in counts)
    strengths = {name: row["strength"] for name, row in by_name(found).items()}
    wanted = {model_name(name).key: row["score"] for name, row in truth.items()}
    assert sorted(strengths, key=strengths.__getitem__) == sorted(wanted, key=wanted.__getitem__)


def test_task_and_machine_choose_what_counts(owner: Caller) -> None:
    send(owner, compared("qwen2.5:7b", "llama3.1:8b", 12, task_category="chat"))
    send(owner, compared("llama3.1:8b", "qwen2.5:7b", 3, task_category="math"))
    send(owner, rated("5", task_category="math"))
    assert owner.get(f"{MODELS}?task_category=chat").json["n_comparisons"] == 12
    assert owner.get(MODELS).json["n_comparisons"] == 15
    here = owner.get(f"{MODELS}?task_category=math&hardware_bucket=ram16-19_gpuTrue").json
    assert here["n_comparisons"] == 3
    assert by_name(here)["mistral-7b"]["strength"] is None
    assert by_name(here)["mistral-7b"]["rating"]["n"] == 1
    assert "on ram16-19_gpuTrue: not enough data" in here["verdict"]
    elsewhere = owner.get(f"{MODELS}?hardware_bucket=ram8-11_gpuFalse").json
    assert (elsewhere["n_comparisons"], elsewhere["models"]) == (0, [])


def test_variants_of_one_model_are_no_contest_of_models(owner: Caller) -> None:
    variants = {"preferred_variant": "a", "alternative_variant": "b"}
    send(owner, compared("llama3.1:8b", "llama3.1:8b", 2, **variants))
    assert owner.get(MODELS).json["models"] == []


def test_model_that_does_not_fit_is_marked_on_one_machine_alone(owner: Caller) -> None:
    error = {
        "feedback_type": "error_report",
        "error_type": "out_of_memory",
        "error_message": "CUDA out of memory",
    }
    send(owner, [{**error, "model": "llama3.1:70b"}] * 10)
    here = by_name(owner.get(f"{MODELS}?hardware_bucket=ram16-19_gpuTrue").json)
    assert here["llama-3.1-70b"]["struggles"]
    assert not by_name(owner.get(MODELS).json)["llama-3.1-70b"]["struggles"]


def test_versions_stand_in_the_order_of_their_numbers_alarms_first(owner: Caller) -> None:
    send(owner, rated("5554555455", product_id="app", product_version="1.9"))
    send(owner, rated("1211212111", product_id="app", product_version="1.10"))
    send(owner, rated("12112", product_id="app", product_version="1.10.1"))
    send(owner, rated("44", product_id="aaa", product_version="1"))
    send(owner, rated("44", product_id="aaa", product_version="2"))
    rows = owner.get(VERSIONS).json["rows"]
    assert [(row["before"], row["after"], row["alarm"]) for row in rows] == [
        ("1.9", "1.10", True),
        ("1", "2", False),
        ("1.10", "1.10.1", False),
    ]
    assert len(owner.get(f"{VERSIONS}?product_id=aaa").json["rows"]) == 1
    assert owner.get(f"{VERSIONS}?model=llama3.1:8b").json["rows"] == []


def test_command_line_says_the_verdict_first(shell: Shell, owner: Caller) -> None:
    send(owner, compared("qwen2.5:7b", "llama3.1:8b", 30, task_category="chat"))
    send(owner, rated("44", product_id="app", product_version="1", task_category="chat"))
    send(owner, rated("44", product_id="app", product_version="2", task_category="chat"))
    wanted = owner.get(f"{MODELS}?task_category=chat").json
    assert shell("insights", "models", "--task", "chat", "--json").json == wanted
    shown = shell("insights", "models", "--task", "chat").out
    assert shown.startswith(f"{wanted['verdict']}\n")
    assert "not compared" in shown
    assert "not enough data" in shown.casefold()
    assert "nothing was compared yet" in shell("insights", "models", "--task", "math").out
    versions = shell("insights", "versions")
    assert versions.out.startswith("No version and no variant is surely")
    assert "Not enough data to tell 2 from 1." in versions.out
    assert shell("insights", "models", "--ties", "none").code == 2
    for what in ("models", "versions"):
        assert shell.at_terminal("insights", what)[0] == 0


def test_a_hundred_insights_leave_the_daemon_as_small_as_it_was(daemon: Daemon, owner: Caller) -> None:
    send(owner, [each for i in range(20) for each in compared(f"m{i}:7b", f"m{i + 1}:7b", 5)])
    for what in ("models", "versions", "ratings"):  # what the first one loads stays
        assert owner.get(f"/v1/insights/{what}").status == 200
    before = psutil.Process(daemon.pid).memory_info().rss
    for n in range(50):
        send(owner, compared("m0:7b", "m1:7b", n % 3 + 1))  # else the kept answer is given
        assert owner.get(MODELS).status == 200
        assert owner.get(f"{VERSIONS}").status == 200
    assert psutil.Process(daemon.pid).memory_info().rss - before <= MOST_GROWTH
