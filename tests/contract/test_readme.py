"""The README's commands, word for word: each `console` block is run, and has to print what stands there."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemon import Daemon

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCK = re.compile(r"<!-- check: (\w+) -->\n```console\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
DIFFERS = {"feedback_id": "ID", "hardware_bucket": "BUCKET", "fingerprint": "PRINT"}
BLOCKS = BLOCK.findall(README)


def steps() -> list[tuple[str, str]]:
    """Every command of the README with the text that stands below it, in order."""
    return [(command, below) for _, text in BLOCKS for command, below in COMMAND.findall(text)]


def masked(value: Any) -> Any:  # noqa: ANN401  # any JSON
    """The same answer without what differs from machine to machine."""
    match value:
        case dict():
            return {name: DIFFERS.get(name, masked(each)) for name, each in value.items()}
        case list():
            return [masked(each) for each in value]
        case _:
            return value


def at(daemon: Daemon, command: str) -> str:
    """The command, for a daemon on another port and data directory than the README's."""
    assert daemon.endpoint is not None
    moved = command.replace("http://127.0.0.1:8917", daemon.endpoint.url)
    return moved.replace(".venv/bin/sidecar ", f"{ROOT}/.venv/bin/sidecar --data-dir '{daemon.data_dir}' ")


def test_readme_has_commands_to_check() -> None:
    assert len(steps()) >= 8


def test_every_command_of_the_readme_prints_what_stands_below_it(tmp_path: Path) -> None:
    with Daemon(tmp_path / "data").wait() as daemon:
        for command, below in steps():
            ran = subprocess.run(
                ["bash", "-c", at(daemon, command)], capture_output=True, text=True, check=True, timeout=30
            )
            if below.startswith("{"):
                assert masked(json.loads(ran.stdout)) == masked(json.loads(below)), command
            else:
                assert words(ran.stdout) == words(below), command


def words(text: str) -> list[str]:
    """The words of a table, without its lines, its figures and what differs between machines."""
    return [word for word in re.findall(r"[a-z_]{3,}", text) if not word.startswith("ram")]


@pytest.mark.parametrize("name", ["rate", "refuse", "kinds", "insight"])
def test_readme_shows_each_part(name: str) -> None:
    assert name in {found for found, _ in BLOCKS}
