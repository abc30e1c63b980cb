"""The worker: a real process answers, and one that hangs, dies or grows harms nobody."""

import asyncio
import random
import sys
import time
from itertools import combinations
from pathlib import Path

import msgspec
import psutil
import pytest

from sidecar.errors import InsightUnavailable, InvalidQuery, StoreUnavailable
from sidecar.insight.comparisons import MOST_CONTESTANTS, ComparisonQuestion, answer
from sidecar.insight.tallies import PairCounts
from sidecar.worker.ask import COMMAND, UNREADABLE, Worker
from sidecar.worker.comparing import SEED, Compare, compare
from sidecar.worker.triaging import Triage, triage
from tests.support.needs import need_linux

QUESTION = ComparisonQuestion(
    pairs=(PairCounts("a", "b", "chat", 40, 3, 5), PairCounts("b", "c", "chat", 9, 9))
)
NOTE = "import os, pathlib, sys; pathlib.Path(sys.argv[1]).open('a').write(f'{os.getpid()}\\n'); "
ANSWER = "from sidecar.worker.__main__ import main; sys.exit(main())"
HANG = "import time; time.sleep(600)"


def python(code: str, *arguments: Path) -> list[str]:
    return [sys.executable, "-c", code, *map(str, arguments)]


def pids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


async def until_started(file: Path) -> int:
    """Wait for the process that notes itself there."""
    async with asyncio.timeout(30):
        while not pids(file):  # noqa: ASYNC110  # a file of another process, which has no event
            await asyncio.sleep(0.01)
    return pids(file)[0]


async def test_the_process_answers_what_the_function_would() -> None:
    draw = random.Random(SEED).gauss
    assert await compare(Worker(), QUESTION, 1) == answer(QUESTION, lambda: draw(0, 1))


async def test_the_same_question_to_the_same_store_is_computed_once(tmp_path: Path) -> None:
    worker = Worker(python(NOTE + ANSWER, tmp_path / "pids"))
    answers = await asyncio.gather(*(compare(worker, QUESTION, 1) for _ in range(5)))
    assert len(pids(tmp_path / "pids")) == 1
    assert answers == [answers[0]] * 5
    await compare(worker, QUESTION, 2)
    assert len(pids(tmp_path / "pids")) == 2


async def test_only_the_last_answers_are_kept(tmp_path: Path) -> None:
    worker = Worker(python(NOTE + ANSWER, tmp_path / "pids"), kept_bytes=900)
    first, second, third = (ComparisonQuestion(pairs=(), prior_sd=sd) for sd in (1, 2, 3))
    for question in (first, second, first, third, first):
        await compare(worker, question, 1)
    assert len(pids(tmp_path / "pids")) == 3
    await compare(worker, second, 1)
    assert len(pids(tmp_path / "pids")) == 4


async def test_a_process_that_hangs_is_ended_and_told(tmp_path: Path) -> None:
    worker = Worker(python(NOTE + HANG, tmp_path / "pids"), limit_seconds=3)
    async with asyncio.timeout(60):
        with pytest.raises(InsightUnavailable, match="took too long"):
            await compare(worker, QUESTION, 1)
    assert not any(map(psutil.pid_exists, pids(tmp_path / "pids")))


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("raise SystemExit(3)", "ended without an answer"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "ended without an answer"),
        ("print('good morning')", "gave no answer that can be read"),
        ("pass", "gave no answer that can be read"),
    ],
)
async def test_a_process_that_dies_or_babbles_is_told(code: str, told: str) -> None:
    with pytest.raises(InsightUnavailable, match=told) as caught:
        await compare(Worker(python(code)), QUESTION, 1)
    assert (caught.value.status, caught.value.retry_after) == (503, 5)


async def test_a_process_that_cannot_start_is_told(tmp_path: Path) -> None:
    with pytest.raises(InsightUnavailable, match="could not be started"):
        await compare(Worker([str(tmp_path / "missing")]), QUESTION, 1)


async def test_a_store_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for worker in (Worker(), Worker(python(f"raise SystemExit({UNREADABLE})"))):
        with pytest.raises(StoreUnavailable, match="could not be read"):
            await triage(worker, Triage(str(tmp_path / "missing.db"), 0, 1), 1)


async def test_questions_wait_for_the_process_that_runs(tmp_path: Path) -> None:
    code = f"{NOTE}import time; time.sleep(0.3); print('{{}}'); {NOTE}"
    worker = Worker(python(code, tmp_path / "pids"))
    await asyncio.gather(*(triage(worker, Triage("", week, 1), 1) for week in (1, 2, 3)))
    found = pids(tmp_path / "pids")
    assert found[::2] == found[1::2]


async def test_after_a_failure_the_next_question_is_answered(tmp_path: Path) -> None:
    fail_once = (
        "if not pathlib.Path(sys.argv[2]).exists(): pathlib.Path(sys.argv[2]).touch(); raise SystemExit(1)\n"
    )
    worker = Worker(python(f"{NOTE}\n{fail_once}{ANSWER}", tmp_path / "pids", tmp_path / "failed"))
    with pytest.raises(InsightUnavailable):
        await compare(worker, QUESTION, 1)
    assert (await compare(worker, QUESTION, 1)).n_comparisons == 66


async def test_whoever_stops_waiting_ends_the_process(tmp_path: Path) -> None:
    asked = asyncio.create_task(compare(Worker(python(NOTE + HANG, tmp_path / "pids")), QUESTION, 1))
    pid = await until_started(tmp_path / "pids")
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert not psutil.pid_exists(pid)


async def test_a_process_that_grows_without_bound_dies_alone() -> None:
    need_linux()
    grow = "from sidecar.worker.__main__ import bind; bind(); kept = bytearray(2 ** 30)"
    with pytest.raises(InsightUnavailable, match="ended without an answer"):
        await compare(Worker(python(grow)), QUESTION, 1)


async def test_more_models_than_one_answer_holds_start_no_process(tmp_path: Path) -> None:
    crowd = tuple(PairCounts(f"m{i}", f"m{i + 1}", "chat", 1) for i in range(MOST_CONTESTANTS))
    worker = Worker(python(NOTE + ANSWER, tmp_path / "pids"))
    with pytest.raises(InvalidQuery, match="at most 200"):
        await compare(worker, ComparisonQuestion(pairs=crowd), 1)
    assert pids(tmp_path / "pids") == []


def test_a_folder_with_strange_modules_lends_them_to_nobody(tmp_path: Path) -> None:
    assert "-P" in COMMAND
    (tmp_path / "random.py").write_text("raise SystemExit(9)")

    async def ask_from_there() -> int:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, cwd=tmp_path, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
        )
        await process.communicate(msgspec.json.encode(Compare(QUESTION)))
        return process.returncode or 0

    assert asyncio.run(ask_from_there()) == 0


async def test_fifty_models_and_a_million_comparisons_take_a_second_at_most() -> None:
    need_linux()
    rng = random.Random(50)
    strengths = [rng.gauss(0, 1) for _ in range(50)]
    pairs = []
    for i, j in combinations(range(50), 2):
        wins = min(650, max(0, round(325 + 100 * (strengths[i] - strengths[j]))))
        pairs.append(PairCounts(f"m{i}", f"m{j}", "chat", wins, 650 - wins, 167))
    question = ComparisonQuestion(pairs=tuple(pairs))
    before = time.process_time(), psutil.Process().cpu_times()
    found = await compare(Worker(), question, 1)
    after = time.process_time(), psutil.Process().cpu_times()
    children = sum(
        getattr(after[1], name) - getattr(before[1], name) for name in ("children_user", "children_system")
    )
    assert found.n_comparisons > 1_000_000
    assert (
        children + after[0] - before[0] <= 1.0
    )  # of processors: a busy machine makes the clock on the wall lie
