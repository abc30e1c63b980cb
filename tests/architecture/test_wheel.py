"""What is not Python comes along in the wheel: an installed product must not miss its own files."""

import importlib.util
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.architecture.source import PRODUCT, ROOT, read
from tests.support.needs import need

DATA = {
    "sidecar/store/migrations/*.sql": "without them no file can be made",
    "sidecar/modelnames/public.json": "which models everybody knows",
    "sidecar/prompts/*.json": "what may be asked",
    "sidecar/prompts/inviting.toml": "what a product's own questions must not invite",
    "sidecar/scrub/catalogue.toml": "public errors, with cause and remedy",
    "sidecar/scrub/data/*": "the vocabulary of the scrubber",
    "sidecar/service/systemd/*.service": "the unit",
    "sidecar/service/systemd/*.socket": "its socket",
    "sidecar/service/systemd/*.conf": "its drop-in",
    "sidecar/service/launchd/*.plist": "the agent",
    "sidecar/web/*.html": "pages",
    "sidecar/web/*.css": "what they look like",
    "sidecar/web/*.js": "what signs a browser in, and the widget",
    "sidecar/web/*.svg": "the mark in the tab",
    "sidecar/web/dashboard/*": "the dashboard",
    "sidecar/py.typed": "types for those who import it",
}
"""What has to be inside, as patterns, and why."""

BESIDE = {"systemd": "sidecar/service/systemd", "launchd": "sidecar/service/launchd"}
"""Folders at the root that stand inside the package of an installed product."""

MOST_BYTES = 4 * 1024 * 1024  # the scrubber's vocabulary is allowed three


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipFile]:
    """The wheel as a user gets it, built without a network."""
    need(importlib.util.find_spec("hatchling"), "hatchling, which builds the wheel, is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    (built,) = folder.glob("*.whl")
    assert built.stat().st_size < MOST_BYTES
    with ZipFile(built) as opened:
        yield opened


def names(wheel: ZipFile) -> set[str]:
    """What the wheel holds."""
    return set(wheel.namelist())


def in_the_wheel(path: Path) -> str:
    """Where a file of the repository stands in the wheel."""
    first, _, rest = path.relative_to(ROOT).as_posix().partition("/")
    return f"{BESIDE.get(first, first)}/{rest}"


def of_the_product() -> set[str]:
    """Every file that the product consists of."""
    folders = [ROOT / PRODUCT, *(ROOT / name for name in BESIDE)]
    paths = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    return {in_the_wheel(path) for path in paths if "__pycache__" not in path.parts}


@pytest.mark.parametrize("pattern", DATA)
def test_the_product_has_the_files_that_it_reads(pattern: str) -> None:
    assert [name for name in of_the_product() if fnmatch(name, pattern)], DATA[pattern]


def test_the_project_says_where_the_templates_go() -> None:
    built = tomllib.loads(read("pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert built["force-include"] == BESIDE
    assert built["packages"] == [PRODUCT]


def test_the_wheel_holds_every_file_of_the_product(wheel: ZipFile) -> None:
    assert sorted(of_the_product() - names(wheel)) == []


def test_the_wheel_holds_nothing_else(wheel: ZipFile) -> None:
    others = {name for name in names(wheel) - of_the_product() if ".dist-info/" not in name}
    assert sorted(others) == []
    assert [name for name in names(wheel) if name.endswith("/licenses/LICENSE")] != []


def test_the_wheel_runs_by_itself(wheel: ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    look = (
        "from pathlib import Path\n"
        "from sidecar import modelnames, prompts\n"
        "from sidecar.service import units\n"
        "from sidecar.store import migrate\n"
        "assert Path(units.__file__).is_relative_to(Path.cwd()), units.__file__\n"
        "assert units.template('systemd', units.SERVICE) and units.template('launchd', units.PLIST)\n"
        "assert migrate.shipped() and prompts.catalogue() and modelnames.parse('llama3.1:8b').known\n"
        "from sidecar.scrub import scrub_error\n"
        "assert scrub_error('other', 'CUDA out of memory').fingerprint\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", look], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
