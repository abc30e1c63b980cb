"""What is written about the house is true of it: paths, routes, jobs, settings, dependencies, decisions."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import fields
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sidecar import __version__
from sidecar.api.routes import ROUTES
from sidecar.config import DEFAULT_PORT, PREFIX, File
from sidecar.jobs import JOBS
from tests.architecture.source import ROOT, modules, read

DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
)
OF_THEIR_DAY = ("CHANGELOG.md", "docs/adr/")
"""They speak of what was: a path in them may be gone by now. Their links have to hold all the same."""

FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")} | {".ci"}
OF_THE_HOUSE = {".py", ".md", ".sql", ".sh"}
PLACEHOLDER = re.compile(r"NAME|NNNN")
CODE = re.compile(r"`([^`\s]+)`")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
TEST_NAME = re.compile(r"`(?:tests/[\w/]+\.py::)?(test_\w+)`")
GROUPS = {"Core": None, "Extras": "extras", "Tests": "test"}


def section(document: str, heading: str) -> str:
    """What stands under a heading, down to the next one of its depth."""
    found = re.search(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", read(document), re.DOTALL | re.MULTILINE
    )
    assert found, f"{document} has no heading {heading}"
    return found[1]


def first_cells(text: str) -> list[str]:
    """The words in code that begin the rows of the tables."""
    return re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)


def project() -> dict[str, Any]:
    """The `[project]` table."""
    table: dict[str, Any] = tomllib.loads(read("pyproject.toml"))["project"]
    return table


def required() -> dict[str, list[Requirement]]:
    """The dependencies of each section of docs/dependencies.md."""
    extras = {
        name: list(map(Requirement, words)) for name, words in project()["optional-dependencies"].items()
    }
    others = [each for name, words in extras.items() if name != "test" for each in words]
    return {
        "Core": list(map(Requirement, project()["dependencies"])),
        "Extras": others,
        "Tests": extras["test"],
    }


def installed_below(roots: list[Requirement]) -> set[str]:
    """Names of these requirements and of all they bring along on this machine."""
    found: set[str] = set()
    left = [(root, "") for root in roots]
    while left:
        requirement, extra = left.pop()
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": extra})):
            continue
        try:
            below = requires(name) or []
        except PackageNotFoundError:
            continue  # of an extra that this machine does not use
        found.add(name)
        left += [(Requirement(line), wanted) for line in below for wanted in ("", *requirement.extras)]
    return found


def paths_in(document: str) -> set[str]:
    """Paths of the repository that a document names, with `*` for what stands for any name."""
    named = {word.partition("::")[0].rstrip("/") for word in CODE.findall(read(document))}
    ours = {word for word in named if word.partition("/")[0] in FOLDERS and "/" in word}
    ours |= {word for word in named if Path(word).suffix in OF_THE_HOUSE and not word.startswith(("/", "."))}
    return {PLACEHOLDER.sub("*", word) for word in ours if re.fullmatch(r"[\w./*-]+", word)}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_is_named_exists(document: str) -> None:
    if document.startswith(OF_THEIR_DAY):
        return
    assert [path for path in sorted(paths_in(document)) if not list(ROOT.glob(path))] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    here = (ROOT / document).parent
    assert [target for target in LINK.findall(read(document)) if not (here / target).exists()] == []


def test_a_path_that_is_gone_would_be_found() -> None:
    assert "sidecar/store/migrations/*_*.sql" in paths_in("ARCHITECTURE.md")
    assert not list(ROOT.glob("sidecar/there_is_no_such_room.py"))


def test_the_map_shows_every_room_on_its_floor() -> None:
    floors = re.search(r"^layers =\n((?: +.*\n?)+)", read(".importlinter"), re.MULTILINE)
    assert floors
    drawn = [set(line.replace("|", " ").split()) - {"__main__"} for line in floors[1].splitlines()]
    told: list[set[str]] = []
    for number, room in re.findall(
        r"^\| (\d*) ?\| `sidecar/(\w+)(?:\.py|/)`", read("ARCHITECTURE.md"), re.MULTILINE
    ):
        told += [set()] if number else []
        told[-1].add(room)
    assert told == [floor for floor in drawn if floor]


def test_every_route_is_documented() -> None:
    told = re.findall(r"^## (\S+ /\S+)$", read("docs/api.md"), re.MULTILINE)
    assert told == [f"{route.method} {route.path}" for route in ROUTES]


def test_every_job_is_documented() -> None:
    told = first_cells(section("ARCHITECTURE.md", "What the daemon does by itself"))
    assert told == [job.name for job in JOBS]


@pytest.mark.parametrize("group", GROUPS)
def test_every_dependency_says_why(group: str) -> None:
    told = first_cells(section("docs/dependencies.md", group))
    assert told == sorted(requirement.name for requirement in required()[group])


def test_every_dependency_has_a_lower_bound() -> None:
    unbounded = [
        each.name for group in required().values() for each in group if ">=" not in str(each.specifier)
    ]
    assert unbounded == []


def test_everything_that_is_installed_is_pinned() -> None:
    pins = {}
    for line in read("constraints.txt").splitlines():
        pin = Requirement(line.partition("#")[0]) if line.partition("#")[0].strip() else None
        if pin is not None:
            pins[canonicalize_name(pin.name)] = str(pin.specifier)
    roots = [each for group in required().values() for each in group]
    assert sorted(installed_below(roots) - set(pins)) == []
    assert [name for name, pin in pins.items() if not pin.startswith("==")] == []
    versions = {name: pin.removeprefix("==") for name, pin in pins.items()}
    named = {each: versions.get(canonicalize_name(each.name)) for each in roots}
    assert [str(each) for each, version in named.items() if version and version not in each.specifier] == []


def test_every_setting_is_documented_with_its_variable_and_default() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| `(\w+)` \| ([^|]+) \|", section("docs/configuration.md", "Settings"), re.MULTILINE
    )
    assert [(name, variable) for name, variable, _ in rows] == [
        (field.name, f"{PREFIX}{field.name.upper()}") for field in fields(File)
    ]
    defaults = {field.name: str(field.default) for field in fields(File) if field.default is not None}
    defaults["port"] = str(DEFAULT_PORT)
    assert {name: told for name, _, told in rows if name in defaults} == defaults


def test_the_changelog_always_speaks_of_shared_data() -> None:
    versions = re.split(r"^## ", read("CHANGELOG.md"), flags=re.MULTILINE)[1:]
    assert __version__ in versions[0].splitlines()[0]
    assert [text.splitlines()[0] for text in versions if "\n### Shared data\n" not in text] == []


def test_decisions_are_numbered_short_and_say_their_state() -> None:
    names = sorted(path.name for path in (ROOT / "docs" / "adr").glob("*.md"))
    numbers = [int(name[:4]) for name in names]  # with gaps: work in parallel takes numbers far apart
    assert len(set(numbers)) == len(numbers)
    for name in names:
        text = read(f"docs/adr/{name}")
        assert text.startswith(f"# {name[:4]} "), name
        assert re.search(r"^(?:Accepted|Superseded by \[\d{4}\]\(.+\)), \w+ \d{4}\.$", text, re.MULTILINE), (
            name
        )
        assert all(f"\n## {part}\n" in text for part in ("Context", "Decision", "Consequences")), name
        assert len(text.splitlines()) <= 70, name


def test_every_test_that_a_document_names_exists() -> None:
    defined = {function.name for module in modules("tests") for function in module.functions()}
    named = {name for document in DOCUMENTS for name in TEST_NAME.findall(read(document))}
    assert sorted(named - defined) == []


def test_no_document_names_a_machine() -> None:
    private = re.compile(r"(?<![\w.~])/(?:work|root)/")
    assert [document for document in DOCUMENTS if private.search(read(document))] == []
