"""`sidecar purge`: delete feedback for good.

Job: ask, then have the daemon delete, and say how many records went.
Must not: delete anything by itself; the one writer does.
"""

from argparse import ArgumentParser, Namespace

from sidecar.cli import arguments, person, presence, screen


def declare(_: str, parser: ArgumentParser) -> None:
    """What `purge` takes."""
    parser.epilog = "example: sidecar purge --product example-app --yes"
    parser.add_argument("--product", metavar="ID", help="only the records of this product")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(_: str, options: Namespace) -> int:
    """Delete.

    Raises:
        UsageError: nobody is there to be asked, and `--yes` is missing.
    """
    settings = arguments.settings(options)
    whose = f"every record of {options.product}" if options.product else "every record"
    if not person.confirm(f"Delete {whose}, and all that was counted from them?", yes=options.yes):
        screen.say("nothing was deleted")
        return arguments.FAILED
    with presence.connected(settings) as client:
        wanted = {"product_id": options.product} if options.product else {}
        gone = client.post("/v1/purge", wanted, manage=True)["deleted"]
    screen.say(f"{gone:,} records deleted")
    return arguments.DONE
