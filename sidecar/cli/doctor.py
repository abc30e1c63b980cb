"""`sidecar doctor`: what is wrong, and what to do about it.

Job: run the checks of `checkup`, show each finding with its remedy, and end with 1 when something is wrong.
Must not: repair anything by itself, or need a running daemon.
"""

from argparse import ArgumentParser, Namespace
from typing import Final

from sidecar.cli import arguments, checkup, screen, silence
from sidecar.clock import SystemClock

SIGNS: Final = {"ok": "ok    ", "note": "note  ", "wrong": "WRONG "}


def declare(_: str, parser: ArgumentParser) -> None:
    """What `doctor` takes."""
    parser.epilog = "example: sidecar doctor --json"
    parser.add_argument(
        "--silence",
        action="store_true",
        help="only what left this machine, what is open now, what forbids it",
    )
    arguments.add_json(parser)


def run(_: str, options: Namespace) -> int:
    """Check everything."""
    if options.silence:
        heard = silence.listen_to(arguments.settings(options))
        if options.json:
            screen.show_json(heard)
        else:
            silence.show(heard)
        return arguments.DONE
    findings = checkup.examine(arguments.settings(options), SystemClock())
    healthy = all(finding.level != "wrong" for finding in findings)
    if options.json:
        screen.show_json({"healthy": healthy, "findings": findings})
    else:
        for finding in findings:
            screen.say(f"{SIGNS[finding.level]}{finding.check}: {finding.words}")
            if finding.remedy:
                screen.say(f"        {finding.remedy}")
    return arguments.DONE if healthy else arguments.FAILED
