"""What is named without being loaded."""

import json
import subprocess
import sys
from functools import partial
from inspect import iscoroutinefunction

import pytest
from msgspec import Struct

from sidecar.api.pageroutes import PAGES
from sidecar.api.route import Route
from sidecar.api.routes import ROUTES
from sidecar.later import Later, Room, loaded

LATER = [
    "aiosqlite",
    "apscheduler",
    "numpy",
    "psutil",
    "sidecar.api.consent",
    "sidecar.api.insights",
    "sidecar.api.pages",
    "sidecar.egress",
    "sidecar.fleet",
    "sidecar.hardware",
    "sidecar.hints",
    "sidecar.insight",
    "sidecar.jobs",
    "sidecar.outbox.courier",
    "sidecar.outbox.decisions",
    "sidecar.scrub",
    "sidecar.share.batch",
    "sidecar.store.sealing",
    "sidecar.triage",
]


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def test_name_is_loaded_when_it_is_called_and_not_before() -> None:
    sys.modules.pop("wave", None)
    name = Room("wave").open
    assert isinstance(name, Later)
    assert "wave" not in sys.modules
    with pytest.raises(FileNotFoundError):
        name("/nowhere/at/all")
    assert "wave" in sys.modules


def test_name_of_nothing_is_found_out_when_it_is_loaded() -> None:
    with pytest.raises(AttributeError, match="no_such_thing"):
        loaded(Room("json").no_such_thing)
    with pytest.raises(ModuleNotFoundError, match="no_such_room"):
        loaded(Room("no_such_room").anything)


def test_names_within_tuples_are_loaded_and_the_rest_stays() -> None:
    room = Room("json")
    assert loaded(((200, room.dumps), "text", None)) == ((200, json.dumps), "text", None)


@pytest.mark.parametrize("route", [*ROUTES, *PAGES], ids=named)
def test_every_row_of_the_tables_names_what_exists(route: Route) -> None:
    row = route.loaded()
    handler = row.handler.func if isinstance(row.handler, partial) else row.handler
    assert iscoroutinefunction(loaded(handler))
    assert all(shape is None or issubclass(shape, Struct) for _, shape in row.answers)
    assert all(schema["type"] for _, schema in row.query)
    assert all("/" in media for media in row.media)


def test_daemon_starts_without_what_most_daemons_never_need() -> None:
    program = "import json, sys, sidecar.daemon; print(json.dumps(sorted(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert [name for name in LATER if name in json.loads(told.stdout)] == []
