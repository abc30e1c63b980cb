"""A published table stands beside one's own figures, offline, marked, and never in them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.fleet_tables import COMPARISON, RATING, table
from tests.support.shell import Shell

MISTRAL, LLAMA, QWEN = "mistral-7b", "llama-3.1-8b", "qwen2.5-7b"
HERE = "ram16-19_gpuTrue"
RATINGS = "/v1/insights/ratings"
MODELS = "/v1/insights/models?task_category=chat"
CHAT = {"task_category": "chat"}
GIVEN: dict[str, Any] = {"feedback_type": "rating", "model": "mistral:7b", "rating": 2, **CHAT}
PREFERRED = {"feedback_type": "comparison", "preferred": "mistral:7b", "alternative": "phi-4", **CHAT}
OWN = [*[GIVEN] * 5, *[PREFERRED] * 12]
CELLS = (
    RATING,
    RATING | {"hardware_bucket": None, "installs": 200, "counts": [10, 10, 20, 300, 200]},
    RATING | {"hardware_bucket": None, "model": QWEN, "counts": [0, 0, 1, 10, 30]},
    RATING | {"hardware_bucket": None, "model": None, "installs": 900, "counts": [40, 40, 90, 900, 800]},
    RATING | {"hardware_bucket": None, "task_category": "editing", "installs": 300},
    COMPARISON,
)
SOURCE = {"period": "2026-W40", "product": None, "k": 20}


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("fleet"), COLUMNS="200")


@pytest.fixture(scope="module")
def daemon(shell: Shell) -> Iterator[Daemon]:
    with start(shell.data_dir, settings={"HARDWARE_BUCKET": HERE}) as daemon:
        yield daemon


@pytest.fixture
def owner(daemon: Daemon) -> Iterator[Caller]:
    """An owner with a few records and no table."""
    with daemon.caller(manages=True) as caller:
        assert caller.post("/v1/purge", {}).status == 200
        assert caller.post("/v1/feedback/batch", {"records": OWN}).status == 201
        assert kept(caller, None) == {"fleet": None, "cells": 0}
        yield caller


def kept(owner: Caller, content: bytes | None) -> dict[str, Any]:
    answer = owner.ask("PUT", "/v1/fleet", {"fleet": None if content is None else json.loads(content)})
    assert answer.status == 200, answer.body
    return dict(answer.json)


def without_fleet(found: Any) -> Any:  # noqa: ANN401  # any JSON
    """The same without any member of that name."""
    if isinstance(found, dict):
        return {name: without_fleet(value) for name, value in found.items() if name != "fleet"}
    return [without_fleet(each) for each in found] if isinstance(found, list) else found


@pytest.mark.parametrize("route", [RATINGS, MODELS, "/v1/insights/usage", "/v1/insights/versions"])
def test_no_own_figure_moves_when_a_table_comes_or_goes(owner: Caller, route: str) -> None:
    before = owner.get(route).json
    assert kept(owner, table(*CELLS)) == {"fleet": SOURCE, "cells": 6}
    assert without_fleet(owner.get(route).json) == without_fleet(before)
    kept(owner, None)
    assert owner.get(route).json == before


@pytest.mark.parametrize(
    ("query", "installs"),
    [
        ("", 40),
        ("?group_by=task_category,model", 200),
        ("?group_by=model&task_category=chat", 200),
        ("?group_by=task_category", 900),
        (f"?group_by=task_category,model&hardware_bucket={HERE}", 40),
        ("?group_by=model", None),
        ("?group_by=task_category,model,week", None),
        ("?group_by=task_category,model&runs_on=local", None),
        ("?group_by=task_category,model&product_id=other-app", None),
    ],
)
def test_beside_a_row_stands_the_cell_of_exactly_the_same(
    owner: Caller, query: str, installs: int | None
) -> None:
    kept(owner, table(*CELLS))
    found = owner.get(RATINGS + query).json
    assert found["fleet"] == SOURCE
    assert [row["fleet"] and row["fleet"]["installs"] for row in found["rows"]] in ([installs], [])


def test_a_table_of_one_product_stands_beside_the_records_of_that_product(owner: Caller) -> None:
    kept(owner, table(*CELLS, product="app"))
    assert owner.post("/v1/feedback", GIVEN | {"product_id": "app"}).status == 201
    query = f"{RATINGS}?group_by=task_category,model&product_id=app"
    assert owner.get(query).json["rows"][0]["fleet"]["installs"] == 200


def test_models_say_what_the_fleet_says_of_each_and_of_those_nobody_used_here(owner: Caller) -> None:
    kept(owner, table(*CELLS))
    found = owner.get(MODELS).json
    rows = {row["model"]: row for row in found["models"]}
    assert set(rows) == {MISTRAL, "phi-4"}
    assert rows["phi-4"]["fleet"] is None
    fleet = rows[MISTRAL]["fleet"]
    assert fleet["rating"]["n"] == 540
    assert fleet["low"] < fleet["strength"] < fleet["high"]
    assert [each["model"] for each in found["fleet"]["others"]] == [LLAMA, QWEN]
    assert found["fleet"]["verdict"].startswith("For chat: mistral-7b")
    assert found["n_comparisons"] == 12


def test_a_second_import_replaces_the_first_and_a_bad_one_changes_nothing(
    owner: Caller, shell: Shell, tmp_path: Path
) -> None:
    first, second, bad = (tmp_path / name for name in ("first.json", "second.json", "bad.json"))
    first.write_bytes(table(*CELLS))
    second.write_bytes(table(CELLS[1], {"kind": "usage_pattern"}, period="2026-W44"))
    bad.write_bytes(table({"kind": "usage_pattern"}, CELLS[1], RATING | {"model": "\x1b[31mred"}))
    assert "6 cells of the fleet" in shell("import", "--table", first).out
    said = shell("import", "--table", second, "--json").json
    assert said == {"fleet": SOURCE | {"period": "2026-W44"}, "cells": 1, "left_out": 1}
    refused = shell("import", "--table", bad)
    assert refused.code == 1
    assert "`cells[2]`: `model` must be" in refused.err
    assert "red" not in refused.err
    assert owner.get(RATINGS).json["fleet"]["period"] == "2026-W44"
    assert shell("import", "--forget").code == 0
    assert owner.get(RATINGS).json["fleet"] is None


def test_the_terminal_marks_every_figure_of_the_fleet(owner: Caller, shell: Shell) -> None:
    kept(owner, table(*CELLS))
    ratings = shell("insights", "ratings", "--group-by", "task_category,model", "--fleet").out
    assert "fleet, stars" in ratings
    assert "200 installs" in ratings
    assert "never merged with your own figures" in ratings
    hint = "`--group-by task_category,model` shows"
    assert hint not in ratings
    assert hint in shell("insights", "ratings", "--group-by", "model", "--fleet").out
    models = shell("insights", "models", "--task", "chat", "--fleet").out
    assert "fleet: model" in models
    assert QWEN in models
    assert "fleet" not in shell("insights", "models", "--task", "chat").out
    kept(owner, None)
    assert "no table is kept" in shell("insights", "ratings", "--fleet").out


def test_import_takes_a_file_or_a_table_or_forgets(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "table.json"
    file.write_bytes(table(*CELLS))
    for words in ((), (file, "--forget"), ("--table", file, "--forget"), (file, "--table", file)):
        assert shell("import", *words).code == 2
    for alone in (("--table", file), ("--forget",)):
        refused = shell("import", *alone, "--product", "app")
        assert (refused.code, "leave out --product" in refused.err) == (2, True)


def test_a_table_survives_the_daemon(tmp_path: Path) -> None:
    settings = {"HARDWARE_BUCKET": HERE}
    with start(tmp_path / "data", settings=settings) as running, running.caller(manages=True) as owner:
        kept(owner, table(*CELLS))
    with start(tmp_path / "data", settings=settings) as running, running.caller(manages=True) as owner:
        assert owner.get(RATINGS).json["fleet"] == SOURCE
