"""COMMANDS, every parser and docs/cli.md say the same."""

import io
import re
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path
from typing import cast

import pytest

from sidecar import __version__
from sidecar.cli import COMMANDS, Command, Family, arguments, main

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
COMMON = {option for option, _, _ in arguments.COMMON} | {"--help"}

every_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)


def parser_of(command: Command) -> ArgumentParser:
    family = cast("Family", import_module(f"sidecar.cli.{command.module}"))
    parser = arguments.parser(command.name, command.help)
    family.declare(command.name, parser)
    return parser


def section_of(command: Command) -> str:
    sections = dict(
        re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    )
    return cast("str", sections.get(command.name, ""))


def test_the_document_lists_the_commands_of_the_table_in_its_order_and_words() -> None:
    rows = re.findall(r"^\| \[`(\S+)`\]\(#(\S+)\) \| (.*) \|$", DOCUMENT.read_text(), re.MULTILINE)
    assert rows == [(command.name, command.name, command.help) for command in COMMANDS]


@every_command
def test_each_option_of_a_command_is_explained_in_its_section(command: Command) -> None:
    options = {word for action in parser_of(command)._actions for word in action.option_strings}  # noqa: SLF001  # argparse has no other way to list them
    long_ones = {word for word in options if word.startswith("--")} - COMMON
    section = section_of(command)
    assert section, "the command has no section"
    missing = {word for word in long_ones if not re.search(rf"{word}(?![\w-])", section)}
    assert not missing


@every_command
def test_a_section_names_no_option_that_the_command_does_not_take(command: Command) -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", section_of(command)))
    help_text = parser_of(command).format_help()
    unknown = {word for word in named if word not in help_text}
    assert not unknown


@every_command
def test_help_shows_one_example_of_the_command_itself(command: Command) -> None:
    text = parser_of(command).format_help()
    assert text.count("example: ") == 1
    assert re.search(rf"example: .*sidecar {command.name}\b", text)


@every_command
def test_an_example_is_understood_by_its_own_parser(command: Command) -> None:
    import shlex  # noqa: PLC0415  # for this one test

    example = (parser_of(command).epilog or "").partition("sidecar ")[2].partition(")")[0]
    name, rest = arguments.split(shlex.split(example))
    assert name == command.name
    parser_of(command).parse_args(rest)


@pytest.mark.parametrize(
    "words",
    [
        ["--data-dir", "D", "run", "--port", "0"],
        ["run", "--data-dir", "D", "--port", "0"],
        ["--data-dir=D", "run", "--port", "0"],
        ["run", "--port", "0", "--data-dir", "D"],
    ],
)
def test_common_options_stand_before_or_after_the_command(words: list[str]) -> None:
    name, rest = arguments.split(words)
    options = parser_of(COMMANDS[0]).parse_args(rest)
    assert (name, options.data_dir, options.port) == ("run", "D", 0)


def test_a_command_named_like_a_directory_is_not_taken_for_it() -> None:
    assert arguments.split(["--data-dir", "status", "run"]) == ("run", ["--data-dir", "status"])


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"feedback-sidecar {__version__}\n"


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {command.name} " in shown and command.help in shown for command in COMMANDS)


@pytest.mark.parametrize(
    "words", [[], ["--data-dir", "D"], ["no-such-command"], ["rate"], ["run", "--no-such"]]
)
def test_wrong_words_end_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(words)
    except SystemExit as end:
        code = cast("int", end.code)
    assert code == 2
    shown = capsys.readouterr()
    assert not shown.out
    assert shown.err


@pytest.mark.parametrize(
    "words",
    [
        ("rate", "llama3.1:8b", "6"),
        ("rate", "llama3.1:8b", "great"),
        ("rate", "a", "4", "--task", "no_such_task"),
        ("rate", "a", "4", "--reason", "no_such_reason"),
        ("compare", "a"),
        ("report-error", "no_such_type", "words"),
        ("purge",),
        ("backup",),
        ("run", "--port", "many"),
        ("run", "--port", "70000"),
        ("run", "--with-parent", "0"),
        ("import", "no-such-file", "--task-map", "koala"),
        ("status", "--config", "/no/such/file"),
        ("status", "--url", "no url"),
    ],
    ids=" ".join,
)
def test_wrong_use_ends_with_2_and_touches_no_disk(
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data_dir = tmp_path / "data"
    monkeypatch.setenv("SIDECAR_DATA_DIR", str(data_dir))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    try:
        code = main(words)
    except SystemExit as end:
        code = cast("int", end.code)
    assert code == 2
    assert capsys.readouterr().err
    assert not data_dir.exists()
