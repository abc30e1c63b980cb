"""The command line: COMMANDS, and the way from the words of a shell to one of them.

Job: find the command, import its module alone, run it, and end with the right exit code.
Must not: import anything that `sidecar run` does not need; each command brings its own.

Exit codes: 0 done, 1 failed, 2 wrong use.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


class Command(NamedTuple):
    """A row of the table: what is typed, the module of `sidecar.cli` that does it, and one line of help."""

    name: str
    module: str
    help: str


class Family(Protocol):
    """What a command's module offers; one module may serve several commands of a kind."""

    def declare(self, name: str, parser: "ArgumentParser") -> None:
        """Add what the command takes, and its example as epilog."""
        ...

    def run(self, name: str, options: "Namespace") -> int:
        """Do it; returns the exit code."""
        ...


COMMANDS: Final = (
    Command("run", "run", "serve until stopped: the daemon itself"),
    Command("status", "status", "whether the daemon runs, what it holds, what it lost"),
    Command("open", "opening", "open the dashboard in a browser, signed in"),
    Command("token", "managetoken", "print the manage token, or replace it"),
    Command("rate", "submit", "rate one answer of a model: 1 to 5, up or down"),
    Command("compare", "submit", "say which of two models did better"),
    Command("report-error", "submit", "report a technical failure; its message is scrubbed first"),
    Command("request-feature", "submit", "say what you wish for; it stays here until you approve it"),
    Command("hardware", "hardware", "the hardware bucket of this machine, and why"),
    Command(
        "insights", "insights", "what the feedback says: ratings, models, versions, usage, errors or requests"
    ),
    Command("triage", "triage", "work through the feature requests: merge, label, plan"),
    Command("consent", "consent", "who asks for counts: show, grant, revoke, and the mode"),
    Command("preview", "outbox", "the exact text of what is sealed, and of what would be"),
    Command("outbox", "outbox", "what waits to leave, when and why; send it now, or discard it"),
    Command("upload", "outbox", "seal and send now what is granted"),
    Command("receipts", "receipts", "batches that left"),
    Command("withdraw", "receipts", "take a batch back that left"),
    Command("ledger", "receipts", "every loss, counted"),
    Command("egress", "receipts", "every connection that was ever tried"),
    Command("origins", "pairing", "which web origins beyond this machine may submit"),
    Command("prompts", "prompts", "check a product's own questions for those that invite content"),
    Command("import", "importing", "store the records of a JSON Lines or CSV file, each exactly once"),
    Command("export", "export", "write every record as JSON Lines or CSV"),
    Command("backup", "backup", "copy the database into a file, also while the daemon runs"),
    Command("restore", "backup", "put a backup in place of the database, while no daemon runs"),
    Command("purge", "purge", "delete every record, or those of one product"),
    Command("doctor", "doctor", "look for what is wrong, and say what to do"),
    Command("service", "service", "start the daemon at login: install, uninstall, status or print"),
    Command("uninstall", "uninstall", "remove service, configuration and data, after listing each path"),
)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code.

    Raises:
        SystemExit: with 2, from the parser, for words that it does not understand; with 0 after `--help`.
    """
    from sidecar.cli import arguments, ending  # noqa: PLC0415  # after the table they read

    name, rest = arguments.split(sys.argv[1:] if words is None else words)
    command = next((row for row in COMMANDS if row.name == name), None)
    if command is None:
        return arguments.without_command(COMMANDS, name, rest)
    with ending.guarded() as outcome:
        family = cast("Family", import_module(f"sidecar.cli.{command.module}"))
        parser = arguments.parser(command.name, command.help)
        family.declare(command.name, parser)
        outcome.code = family.run(command.name, parser.parse_args(rest))
    return outcome.code
