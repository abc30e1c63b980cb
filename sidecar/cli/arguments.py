"""Words of a shell: which one is the command, and what stands for every command.

Job: let `--data-dir`, `--url` and `--config` stand before or after the command, and turn them into settings.
Must not: know what a command does.
"""

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from sidecar import __version__

if TYPE_CHECKING:
    from sidecar.cli import Command
    from sidecar.config import Settings

COMMON: Final = (
    ("--data-dir", "DIR", "the directory of the records"),
    ("--url", "URL", "where the daemon listens, when it cannot be found by itself"),
    ("--config", "FILE", "the configuration file"),
)
_FLAGS: Final = ("data_dir", "url", "config", "port", "socket")
SHORT: Final = {
    "task_category": "task",
    "hardware_bucket": "bucket",
    "product_id": "product",
    "reasons": "reason",
    "idempotency_key": "key",
}
"""What a field of the schema may be called for short."""

DONE: Final = 0
FAILED: Final = 1
WRONG_USE: Final = 2


def split(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """The command, and all other words in their order.

    The command is taken out, so that one parser reads what stood before it and behind it alike.
    """
    is_value = False
    for place, word in enumerate(words):
        if is_value:
            is_value = False
        elif word in {option for option, _, _ in COMMON}:
            is_value = True
        elif not word.startswith("-"):
            return word, [*words[:place], *words[place + 1 :]]
    return None, list(words)


def parser(name: str, about: str) -> ArgumentParser:
    """The parser of one command, with what is common to all."""
    made = ArgumentParser(
        prog=f"sidecar {name}",
        description=about[0].upper() + about[1:] + ".",
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,  # a script that says --prod would break at the next option that begins so
    )
    common = made.add_argument_group("common options, before or after the command")
    for option, metavar, words in COMMON:
        common.add_argument(option, metavar=metavar, help=words)
    return made


def add_json(made: ArgumentParser) -> None:
    """For commands that read."""
    made.add_argument("--json", action="store_true", help="print JSON, for programs")


def flags(field: str) -> list[str]:
    """The options of a field: by its name in the schema, and for short."""
    names = [field, *([SHORT[field]] if field in SHORT else [])]
    return ["--" + name.replace("_", "-") for name in names]


def settings(options: Namespace) -> "Settings":
    """What flags, environment and configuration decide together.

    Raises:
        ConfigError: a value or a file that cannot be used.
    """
    from sidecar import config  # noqa: PLC0415  # `--help` needs none of it

    return config.load({name: getattr(options, name, None) for name in _FLAGS})


def without_command(commands: "Sequence[Command]", name: str | None, words: Sequence[str]) -> int:
    """`--version`, `--help`, or words on what was missing."""
    if name is None and "--version" in words:
        print(f"feedback-sidecar {__version__}")
        return DONE
    if name is None and {"-h", "--help"}.intersection(words):
        print(overview(commands))
        return DONE
    if name is None:
        print(overview(commands), file=sys.stderr)
    else:
        known = ", ".join(row.name for row in commands)
        print(f"sidecar: there is no such command; it is one of: {known}", file=sys.stderr)
    return WRONG_USE


def overview(commands: "Sequence[Command]") -> str:
    """The help of `sidecar` itself."""
    common = " ".join(f"[{option} {metavar}]" for option, metavar, _ in COMMON)
    width = max(len(row.name) for row in commands) + 2
    return "\n".join(
        (
            f"usage: sidecar {common} COMMAND ...",
            "       sidecar --version",
            "",
            "Honest feedback for local AI, without ever touching a prompt or an answer.",
            "",
            "commands:",
            *(f"  {row.name:{width}}{row.help}" for row in commands),
            "",
            "`sidecar COMMAND --help` shows what a command takes, with an example.",
        )
    )
