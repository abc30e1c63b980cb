"""The package for bundlers says what the widget is: one file, its types, its documentation."""

import json
import re
from typing import Final

import pytest

from sidecar import __version__
from sidecar.web import asset
from tests.architecture.source import ROOT

FOLDER: Final = ROOT / "clients" / "js"
SOURCE: Final = asset("widget.js").decode()
README: Final = (FOLDER / "README.md").read_text("utf-8")
TYPES: Final = (FOLDER / "feedback-sidecar.d.ts").read_text("utf-8")


def listed(name: str) -> list[str]:
    """The words of a list in the source."""
    found = re.findall(rf"{name}(?: = \[|\.push\()(.*?)[\])];", SOURCE)
    return re.findall(r'"([^"]+)"', " ".join(found))


ATTRIBUTES: Final = [
    word for name in ("OF_THE_PAGE", "OF_THE_ANSWER", "GIVEN", "FLAGS") for word in listed(name)
]
EVENTS: Final = {
    *re.findall(r'this\.#tell\("(\w+)"', SOURCE),
    *re.findall(r'}, "(changed|undone)"\)', SOURCE),
    "asked",
}
PARTS: Final = set(re.findall(r'part: "(\w+)"', SOURCE)) | set(re.findall(r'button\("(\w+)"', SOURCE))


def camel(name: str) -> str:
    return re.sub(r"-(.)", lambda found: found[1].upper(), name)


def test_the_package_holds_what_the_daemon_serves() -> None:
    assert (FOLDER / "feedback-sidecar.js").read_bytes() == asset("widget.js")


def test_the_package_names_its_files_and_the_version_of_the_house() -> None:
    package = json.loads((FOLDER / "package.json").read_text("utf-8"))
    assert package["version"] == __version__
    assert package["license"] == "Apache-2.0"
    assert [name for name in package["files"] if not (FOLDER / name).is_file()] == []


def test_the_source_is_read_as_these_tests_think() -> None:
    assert {"model", "theme", "feedback-id", "asks", "error-type"} <= set(ATTRIBUTES)
    assert {"kept", "changed", "undone", "refused", "unpaired", "dismissed"} <= EVENTS


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_every_attribute_is_documented_and_typed(name: str) -> None:
    assert f"`{name}`" in README
    assert re.search(rf"\n  {camel(name)}\??:", TYPES)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_event_is_documented_and_typed(name: str) -> None:
    assert f"`feedback-{name}`" in README
    assert f'"feedback-{name}"' in TYPES


@pytest.mark.parametrize("name", sorted(PARTS))
def test_every_part_is_documented(name: str) -> None:
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", sorted(set(re.findall(r'^  "?([\w-]+)"?: "#', SOURCE, re.MULTILINE))))
def test_every_colour_is_documented(name: str) -> None:
    assert f"`--feedback-{name}`" in README
