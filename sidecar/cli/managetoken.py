"""`sidecar token [rotate] [--listener NAME]`: the secret that managing, or submitting from elsewhere, needs.

Job: print it, or put a new one in its place; a running daemon reads it anew at each request.
Must not: print it anywhere but on stdout.
"""

import secrets
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from sidecar import home
from sidecar.cli import arguments
from sidecar.errors import UsageError

if TYPE_CHECKING:
    from sidecar.config import Settings


def declare(_: str, parser: ArgumentParser) -> None:
    """What `token` takes."""
    parser.epilog = (
        'example: curl -H "Authorization: Bearer $(sidecar token)" http://127.0.0.1:8917/v1/insights/ratings'
    )
    parser.add_argument(
        "action", nargs="?", choices=["rotate"], help="replace it; the old one is void at once"
    )
    parser.add_argument(
        "--listener",
        metavar="NAME",
        help="instead, the submit token of this [[listen]] table",
    )


def run(_: str, options: Namespace) -> int:
    """Print the token.

    Raises:
        StartupError: the data directory cannot be used.
        UsageError: no listener has this name.
    """
    settings = arguments.settings(options)
    folder, name = settings.data_dir, _file(settings, options.listener)
    home.prepare(folder)
    if options.action == "rotate":
        home.write_secret(folder, name, secrets.token_hex(home.SECRET_BYTES))
    print(home.secret(folder, name))
    return arguments.DONE


def _file(settings: "Settings", listener: str | None) -> str:
    if listener is None:
        return home.TOKEN_FILE
    known = [each.name for each in settings.listeners]
    if listener not in known:
        raise UsageError(f"no [[listen]] table has this name; there is: {', '.join(known) or 'none'}")
    return home.SUBMIT_TOKEN_FILE + listener
