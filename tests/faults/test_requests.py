"""Requests when things go wrong: wishes go, the daemon is killed, the worker hangs or dies."""

import asyncio
import itertools
import random
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from sidecar import jobs
from sidecar.api.requestinsights import worked_out
from sidecar.api.services import Services
from sidecar.errors import InsightUnavailable
from sidecar.store.reader import Reader
from sidecar.store.requests import Decision, Steering, steer, wishes
from sidecar.triage.wish import Wish
from sidecar.worker.ask import Worker
from tests.support.daemon import start
from tests.support.local_store import LocalStore, opened
from tests.support.segments import services_over

CANARY: Final = "zwitschernderkanarienvogel"


async def wish(store: LocalStore, text: str, **fields: str) -> bytes:
    """Store a wish."""
    body = {"feedback_type": "feature_request", "feature_description": text, **fields}
    return (await store.submit(body)).stamped.row.id


async def decide(store: LocalStore, id_: bytes, **change: Any) -> Decision:  # noqa: ANN401  # of a decision
    """Decide about a request."""
    return await store.intake.writer.submit(partial(steer, id_=id_, wanted=Steering(**change)))


def requests(store: LocalStore) -> dict[str, list[Wish]]:
    """Wishes by their request."""
    with store.looked_at() as connection:
        found = sorted(wishes(connection), key=lambda each: each.request_id)
    groups = itertools.groupby(found, key=lambda each: each.request_id)
    return {request: list(group) for request, group in groups}


def check_whole(store: LocalStore) -> None:
    """Each request has its main wish, and no row speaks of a wish that is gone."""
    with store.looked_at() as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        strays = "SELECT * FROM request_member WHERE seq NOT IN (SELECT seq FROM record)"
        assert connection.execute(strays).fetchall() == []
        headless = (
            "SELECT * FROM request WHERE main NOT IN "
            "(SELECT seq FROM request_member WHERE request_member.number = request.number)"
        )
        assert connection.execute(headless).fetchall() == []
    for request, group in requests(store).items():
        assert request in {each.feedback_id for each in group}


async def merged(store: LocalStore) -> list[bytes]:
    """Four wishes in one planned request, the second of them in front, and another beside it."""
    ids = [await wish(store, f"{CANARY} {number}", product_id=f"app{number % 2}") for number in range(4)]
    await decide(store, ids[1], merge=[ids[0], *ids[2:]], state="planned", category="docs")
    ids.append(await wish(store, "another wish"))
    return ids


async def test_undone_main_wish_leaves_its_request_to_the_oldest_other(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as store:
        ids = await merged(store)
        await store.intake.undo(ids[1])
        check_whole(store)
        left = requests(store)[ids[0].hex()]
        assert [each.feedback_id for each in left] == [ids[place].hex() for place in (0, 2, 3)]
        assert {(each.state, each.category) for each in left} == {("planned", "docs")}


async def test_undone_wishes_leave_no_byte_and_the_last_one_takes_its_request_along(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as store:
        ids = await merged(store)
        for id_ in ids[:4]:
            await store.intake.undo(id_)
            check_whole(store)
        assert not any(CANARY.encode() in path.read_bytes() for path in store.folder.iterdir())
        assert (store.count("request"), store.count("request_member")) == (0, 0)
        assert list(requests(store)) == [ids[4].hex()]


async def purge_one_product(store: LocalStore) -> None:
    """The products 1: two of the four merged wishes, the main one among them."""
    await store.intake.purge("app1")


async def expire_the_oldest(store: LocalStore) -> None:
    """Two wishes are over the quota at a time."""
    store.clock.go_on(weeks=60)
    for _ in range(20):
        await jobs.expire(store.chores())


@pytest.mark.parametrize(
    ("lose", "left"), [(purge_one_product, [0, 2]), (expire_the_oldest, [])], ids=["purge", "retention"]
)
async def test_wishes_that_go_together_leave_whole_requests(
    tmp_path: Path, lose: Callable[[LocalStore], Awaitable[None]], left: list[int]
) -> None:
    async with opened(tmp_path / "data") as store:
        ids = await merged(store)
        await lose(store)
        check_whole(store)
        members = [each.feedback_id for each in requests(store).get(ids[0].hex(), [])]
        assert members == [ids[place].hex() for place in left]
        if not left:
            assert (store.count("request"), store.count("request_member")) == (0, 0)


async def test_purge_of_everything_leaves_no_decision(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as store:
        await merged(store)
        await store.intake.purge()
        assert (store.count("request"), store.count("request_member")) == (0, 0)


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_of_decisions_leaves_whole_requests(tmp_path: Path, seed: int) -> None:
    """A plain model beside it: sets of wishes."""
    chance = random.Random(seed)
    groups: list[set[bytes]] = []
    async with opened(tmp_path / "data") as store:
        for number in range(40):
            ids = [id_ for group in groups for id_ in group]
            action = chance.choice(["wish", "merge", "split", "undo"]) if len(ids) > 2 else "wish"
            if action == "wish":
                groups.append({await wish(store, f"wish {number}")})
                continue
            one, other = chance.choice(sorted(ids)), chance.choice(sorted(ids))
            mine = next(group for group in groups if one in group)
            if action == "merge":
                await decide(store, one, merge=[other])
                theirs = next(group for group in groups if other in group)
                if theirs is not mine:
                    groups.remove(theirs)
                    mine |= theirs
            elif action == "split":
                await decide(store, one, split=[one])
                if len(mine) > 1:
                    mine.discard(one)
                    groups.append({one})
            else:
                await store.intake.undo(one)
                mine.discard(one)
                groups = [group for group in groups if group]
            check_whole(store)
            found = {frozenset(each.feedback_id for each in group) for group in requests(store).values()}
            assert found == {frozenset(id_.hex() for id_ in group) for group in groups}


def test_decision_that_was_answered_survives_a_kill(tmp_path: Path) -> None:
    ids = []
    with start(tmp_path / "data", settings={"HARDWARE_BUCKET": "unknown"}) as daemon:
        with daemon.caller(manages=True) as owner:
            for text in ("A dark theme", "dark mode", "Export chats"):
                body = {"feedback_type": "feature_request", "feature_description": text}
                ids.append(owner.post("/v1/feedback", body).json["feedback_id"])
            change = {"merge": [ids[1]], "state": "in_progress"}
            assert owner.ask("PUT", f"/v1/requests/{ids[0]}", change).status == 200
        daemon.kill()
    with (
        start(tmp_path / "data", settings={"HARDWARE_BUCKET": "unknown"}) as daemon,
        daemon.caller(manages=True) as owner,
    ):
        rows = {row["request_id"]: row for row in owner.get("/v1/insights/requests").json["rows"]}
    assert {id_: (row["votes"], row["state"]) for id_, row in rows.items()} == {
        ids[0]: (2, "in_progress"),
        ids[2]: (1, "new"),
    }


async def ask(store: LocalStore, code: str, seconds: float = 60.0) -> bytes:
    """Ask a worker that runs this code instead."""
    return await worked_out(services(store, Worker((sys.executable, "-c", code), seconds)), 10)


def services(store: LocalStore, worker: Worker) -> Services:
    """The parts of a daemon over this store."""
    found = services_over(store, Reader(store.database.path))
    found.worker = worker
    return found


async def test_triage_that_dies_is_a_problem(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as store:
        with pytest.raises(InsightUnavailable, match="ended without an answer"):
            await ask(store, "import os; os.abort()")


async def test_triage_that_hangs_is_ended_and_is_a_problem(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    code = (
        "import pathlib, os, time; "
        f"pathlib.Path({str(noted)!r}).write_text(str(os.getpid())); time.sleep(600)"
    )
    async with opened(tmp_path / "data") as store:
        with pytest.raises(InsightUnavailable, match="too long"):
            await ask(store, code, seconds=3.0)
    assert not psutil.pid_exists(int(noted.read_text()))


async def test_triage_that_cannot_be_started_is_a_problem(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as store:
        with pytest.raises(InsightUnavailable, match="started"):
            await worked_out(services(store, Worker((str(tmp_path / "nothing"),))), 10)


async def test_same_store_is_worked_out_once(tmp_path: Path) -> None:
    told = tmp_path / "told"
    code = f"import pathlib; p = pathlib.Path({str(told)!r}); p.open('a').write('x'); print('{{}}', end='')"
    async with opened(tmp_path / "data") as store:
        parts = services(store, Worker((sys.executable, "-c", code), 60.0))
        answers = await asyncio.gather(*(worked_out(parts, 10) for _ in range(5)))
        assert set(answers) == {b"{}"}
        assert told.read_text() == "x"
        await wish(store, "A dark theme")
        await worked_out(parts, 10)
        assert told.read_text() == "xx"
