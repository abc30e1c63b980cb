"""`sidecar open [--print]`: the dashboard in a browser, signed in.

Job: have the daemon prove itself, make a link that works once within a minute, and hand it to a browser.
Must not: send the manage token, or open a link of a daemon that has not proved itself.

    proof of the daemon -> link -> a page of this user alone that leads to it -> its path, to the browser
"""

from argparse import ArgumentParser, Namespace
from typing import Final

from sidecar import browser
from sidecar.cli import arguments, presence, screen

ELSEWHERE: Final = "a browser was asked to open it; `sidecar open --print` shows a link to open by hand"


def declare(_: str, parser: ArgumentParser) -> None:
    """What `open` takes."""
    parser.epilog = "example: sidecar open --print"
    parser.add_argument("--print", action="store_true", help="only print the link")


def run(_: str, options: Namespace) -> int:
    """Open it.

    Raises:
        DaemonUnreachable: none answers, or what answers cannot prove to be this user's.
    """
    settings = arguments.settings(options)
    with presence.connected(settings) as client:
        link = client.login_link()
    if options.print:
        screen.say(link)
        return arguments.DONE
    if browser.show(settings.runtime_dir, link):
        screen.say(ELSEWHERE)
    else:
        screen.say(f"no browser is known here; open this within a minute: {link}")
    return arguments.DONE
