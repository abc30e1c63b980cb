"""`sidecar token [rotate]`: the secret that managing needs.

Job: print it, or put a new one in its place; a running daemon reads it anew at each request.
Must not: print it anywhere but on stdout.
"""

import secrets
from argparse import ArgumentParser, Namespace

from sidecar import home
from sidecar.cli import arguments


def declare(_: str, parser: ArgumentParser) -> None:
    """What `token` takes."""
    parser.epilog = (
        'example: curl -H "Authorization: Bearer $(sidecar token)" http://127.0.0.1:8917/v1/insights/ratings'
    )
    parser.add_argument(
        "action", nargs="?", choices=["rotate"], help="replace it; the old one is void at once"
    )


def run(_: str, options: Namespace) -> int:
    """Print the token.

    Raises:
        StartupError: the data directory cannot be used.
    """
    folder = arguments.settings(options).data_dir
    home.prepare(folder)
    if options.action == "rotate":
        home.write_secret(folder, home.TOKEN_FILE, secrets.token_hex(home.SECRET_BYTES))
    print(home.secret(folder, home.TOKEN_FILE))
    return arguments.DONE
