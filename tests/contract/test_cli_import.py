"""`sidecar import`: real ratings and comparisons come back with exactly the counts of their file."""

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import daemon
from tests.support.caller import Caller
from tests.support.daemon import Daemon
from tests.support.needs import need
from tests.support.shell import Shell

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
RATINGS = DATA / "ratings" / "dialsummeval_dev.csv"
COMPARISONS = DATA / "pairwise" / "alpaca_eval2_dev.jsonl"
DIALSUMM = 'tasks = ["x_coherence", "x_consistency", "x_fluency", "x_relevance"]\n'
ALPACA = 'tasks = ["x_helpful_base", "x_koala", "x_oasst", "x_selfinstruct", "x_vicuna"]\n'
MAPPED = {
    "koala": "chat",
    "vicuna": "chat",
    "helpful_base": "reasoning",
    "oasst": "agent",
    "selfinstruct": "other",
}


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """The owner of the product files."""
    shell = Shell(tmp_path_factory.mktemp("import"))
    folder = shell.data_dir / "products.d"
    folder.mkdir(parents=True, mode=0o700)
    shell.data_dir.chmod(0o700)
    (folder / "dialsumm.toml").write_text(DIALSUMM)
    (folder / "alpaca.toml").write_text(ALPACA)
    return shell


@pytest.fixture(scope="module")
def served(shell: Shell) -> Iterator[Daemon]:
    """Their daemon, for all tests: each imports for a product of its own."""
    with daemon.start(shell.data_dir) as running:
        yield running


@pytest.fixture
def caller(served: Daemon) -> Iterator[Caller]:
    """Somebody who reads it by HTTP."""
    with served.caller(manages=True) as found:
        yield found


def exported(caller: Caller, product: str) -> list[dict[str, Any]]:
    """The records of a product, by the export."""
    lines = caller.get("/v1/export").body.splitlines()
    return [row for row in map(json.loads, lines) if row.get("product_id") == product]


def test_6720_real_ratings_come_back_with_the_counts_and_means_of_their_file(
    shell: Shell, served: Daemon, caller: Caller
) -> None:
    need(RATINGS.is_file(), "the real ratings are not beside the checkout")
    assert served.process.poll() is None
    with RATINGS.open(newline="") as file:
        expected = Counter((row["task"], row["model"], int(row["rating"])) for row in csv.DictReader(file))
    assert expected.total() == 6_720

    words = ("import", RATINGS, "--product", "dialsumm", "--json")
    assert shell(*words).json == {
        "rows": 6_720,
        "stored": 6_720,
        "known_before": 0,
        "ignored": ["dialogue", "annotator"],
    }
    assert shell(*words).json | {"ignored": None} == {
        "rows": 6_720,
        "stored": 0,
        "known_before": 6_720,
        "ignored": None,
    }, "the same import again adds nothing"

    rows = exported(caller, "dialsumm")
    found = Counter((row["task_category"].removeprefix("x_"), row["model"], row["rating"]) for row in rows)
    assert found == expected
    assert {row["feedback_type"] for row in rows} == {"rating"}
    check_insights(caller, expected)


def check_insights(caller: Caller, expected: Counter[tuple[str, str, int]]) -> None:
    """n, counts and mean of each task and model, to the last one."""
    answer = caller.get("/v1/insights/ratings?group_by=task_category,model&product_id=dialsumm").json
    counts: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 5)
    for (task, model, rating), n in expected.items():
        counts[f"x_{task}", model.lower()][rating - 1] += n
    assert len(answer["rows"]) == len(counts) == 4 * 14
    for row in answer["rows"]:
        wanted = counts[row["task_category"], row["model"]]
        assert row["counts"] == wanted
        assert row["n"] == sum(wanted)
        mean = sum(star * n for star, n in enumerate(wanted, start=1)) / sum(wanted)
        assert row["mean"] == pytest.approx(mean, abs=1e-12)
        assert row["low"] <= row["estimate"] <= row["high"]


@pytest.mark.parametrize(
    ("product", "how"),
    [("alpaca", ()), ("mapped", ("--task-map", ",".join(f"{a}={b}" for a, b in MAPPED.items())))],
)
def test_5635_real_comparisons_come_back_with_the_counts_of_their_file(
    shell: Shell, caller: Caller, product: str, how: tuple[str, ...]
) -> None:
    need(COMPARISONS.is_file(), "the real comparisons are not beside the checkout")
    expected: Counter[tuple[str, tuple[str, ...], bool]] = Counter()
    for line in COMPARISONS.read_text().splitlines():
        row = json.loads(line)
        task = f"x_{row['task']}" if product == "alpaca" else MAPPED[row["task"]]
        pair = (row["preferred"], row["alternative"])
        tie = bool(row.get("tie"))
        expected[task, tuple(sorted(pair)) if tie else pair, tie] += 1
    assert expected.total() == 5_635

    words = ("import", COMPARISONS, "--product", product, *how, "--json")
    assert shell(*words).json == {"rows": 5_635, "stored": 5_635, "known_before": 0, "ignored": []}
    assert shell(*words).json["stored"] == 0

    found: Counter[tuple[str, tuple[str, ...], bool]] = Counter()
    for row in exported(caller, product):
        pair = (row["preferred"], row["alternative"])
        found[row["task_category"], tuple(sorted(pair)) if row["tie"] else pair, row["tie"]] += 1
    assert found == expected


def test_a_row_that_no_daemon_would_take_is_named_and_nothing_is_stored(
    shell: Shell, caller: Caller, tmp_path: Path
) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text("model,rating\n" + "a,4\n" * 1_200 + "a,6\n")
    said = shell("import", file, "--product", "refused-here")
    assert (said.code, said.out) == (1, "")
    assert "line 1202: `rating` must be a whole number from 1 to 5" in said.err
    assert exported(caller, "refused-here") == []


def test_a_task_map_that_no_row_uses_is_checked_all_the_same(
    shell: Shell, caller: Caller, tmp_path: Path
) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text("model,rating,task\na,4,chat\n")
    said = shell("import", file, "--product", "unused", "--task-map", "foo=nonsense")
    assert (said.code, "summarization" in said.err) == (2, True)
    assert exported(caller, "unused") == []


def test_a_row_that_the_daemon_refuses_is_named_and_the_import_goes_on_once_that_is_mended(
    shell: Shell, caller: Caller, tmp_path: Path
) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text("model,rating,task\n" + "a,4,chat\n" * 600 + "a,4,x_late\n" + "a,4,chat\n" * 600)
    said = shell("import", file, "--product", "late")
    assert said.code == 1
    assert re.search(r"line 602: .*; none of lines 502 to 1001 is; 500 rows before it are stored", said.err)
    assert len(exported(caller, "late")) == 500
    (shell.data_dir / "products.d" / "late.toml").write_text('tasks = ["x_late"]\n')
    found = shell("import", file, "--product", "late", "--json").json
    assert (found["stored"], found["known_before"]) == (701, 500)
    assert len(exported(caller, "late")) == 1_201


def test_the_same_file_with_another_map_is_refused_where_it_says_something_else(
    shell: Shell, served: Daemon, tmp_path: Path
) -> None:
    assert served.process.poll() is None
    file = tmp_path / "ratings.csv"
    file.write_text("model,rating,task\na,4,news\n")
    words = ("import", file, "--product", "remapped", "--task-map")
    assert shell(*words, "news=chat").code == 0
    said = shell(*words, "news=math")
    assert (said.code, "line 2: this row was imported before" in said.err) == (1, True)


def test_progress_is_shown_at_a_terminal_only(shell: Shell, served: Daemon, tmp_path: Path) -> None:
    assert served.process.poll() is None
    file = tmp_path / "ratings.csv"
    file.write_text("model,rating\n" + "a,4\n" * 1_500)
    code, shown = shell.at_terminal("import", file, "--product", "progress")
    assert code == 0
    assert "stored: 1,000 of 1,500" in shown
    assert "1,500 rows: 1,500 stored" in shown
    assert shell("import", file, "--product", "progress").err == ""


def test_without_a_daemon_nothing_is_spooled(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    file = tmp_path / "ratings.csv"
    file.write_text("model,rating\na,4\n")
    said = shell("import", file)
    assert (said.code, "no daemon answers" in said.err) == (1, True)
    assert not (shell.data_dir / "spool").exists()
