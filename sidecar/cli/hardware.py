"""`sidecar hardware`: what class of machine this is, and why we think so.

Job: show what the daemon found; without one, look here and now.
Must not: show more of the machine than the daemon would.
"""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from sidecar.cli import arguments, presence, screen
from sidecar.errors import DaemonUnreachable

if TYPE_CHECKING:
    from sidecar.config import Settings


def declare(_: str, parser: ArgumentParser) -> None:
    """What `hardware` takes."""
    parser.epilog = "example: sidecar hardware --json"
    arguments.add_json(parser)


def run(_: str, options: Namespace) -> int:
    """Show the bucket and its reasons."""
    settings = arguments.settings(options)
    try:
        with presence.connected(settings) as client:
            found = client.hardware()
    except DaemonUnreachable:
        if settings.url is not None:
            raise
        found = _look(settings)
    if options.json:
        screen.show_json(found)
        return arguments.DONE
    screen.say(found["hardware_bucket"] or "the probe is still running; ask again in two seconds")
    for sentence in found["why"]:
        screen.say(f"  {sentence}")
    return arguments.DONE


def _look(settings: "Settings") -> dict[str, Any]:
    """The same answer, from a probe of our own."""
    from sidecar.hardware import bucket, detect  # noqa: PLC0415  # a daemon has usually looked already

    found = detect()
    override = settings.hardware_bucket
    return {
        "hardware_bucket": override or bucket(found),
        "memory_gib": found.installed_gib,
        "gpus": [gpu.vendor for gpu in found.gpus],
        "environment": found.environment,
        "why": [*found.why, *(["The configuration names the bucket."] if override else [])],
    }
