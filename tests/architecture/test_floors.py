"""Imports go down only, and a decision is pure: what .importlinter says holds."""

import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

CONTRACTS = ROOT / ".importlinter"
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"
PURE = {
    "share",
    "insight",
    "scrub",
    "strict",
    "records",
    "modelnames",
    "vocabulary",
    "buckets",
    "origins",
    "proof",
}
NEVER_PURE = {"aiohttp", "aiosqlite", "asyncio", "os", "time", "random"}

UPWARD = {
    "vocabulary.py": ("from sidecar.records import KINDS", "floors"),
    "insight/usage.py": ("import time", "pure"),
    "buckets.py": ("from os import environ", "pure"),
    "ingest/stamp.py": ("from sidecar.client import Receipt", "light"),
}
"""A file -> a line that must not be in it, and the contract that says so."""


def contracts() -> ConfigParser:
    """The contracts as they are written."""
    found = ConfigParser()
    found.read(CONTRACTS, encoding="utf-8")
    return found


def lint(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What import-linter says of the package in a folder."""
    command = [sys.executable, "-c", LINT, "--no-cache", "--no-logo", "--config", str(CONTRACTS), *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_every_import_goes_down() -> None:
    said = lint(ROOT)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("name", UPWARD)
def test_an_import_that_goes_up_is_found(name: str, tmp_path: Path) -> None:
    line, contract = UPWARD[name]
    shutil.copytree(ROOT / "sidecar", tmp_path / "sidecar", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "sidecar" / name).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    said = lint(tmp_path, "--contract", contract)
    assert said.returncode == 1, said.stdout + said.stderr
    assert "BROKEN" in said.stdout


def test_a_new_room_needs_a_floor() -> None:
    assert contracts()["importlinter:contract:floors"].getboolean("exhaustive")


def test_the_pure_rooms_are_the_promised_ones() -> None:
    pure = contracts()["importlinter:contract:pure"]
    assert {f"sidecar.{name}" for name in PURE} <= set(pure["source_modules"].split())
    assert set(pure["forbidden_modules"].split()) >= NEVER_PURE
