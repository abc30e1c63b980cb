"""`sidecar open [--print]`: the dashboard in a browser, signed in.

Job: have the daemon prove itself, make a link that works once within a minute, and hand it to a browser.
Must not: send the manage token, or put the link on a command line: `ps` shows those to every user.

    proof of the daemon -> link -> a page of this user alone that leads to it -> its path, to the browser
"""

import webbrowser
from argparse import ArgumentParser, Namespace
from html import escape
from typing import TYPE_CHECKING, Final

from sidecar import home
from sidecar.cli import arguments, presence, screen

if TYPE_CHECKING:
    from pathlib import Path

PAGE: Final = (
    '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
    '<meta http-equiv="refresh" content="0; url={link}"><title>feedback-sidecar</title>'
    '<p><a href="{link}">Open the dashboard</a>, within a minute of `sidecar open`.</p>\n'
)
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
    home.prepare(settings.runtime_dir)
    home.write_secret(settings.runtime_dir, home.LOGIN_FILE, PAGE.format(link=escape(link)))
    if _opened(settings.runtime_dir / home.LOGIN_FILE):
        screen.say(ELSEWHERE)
    else:
        screen.say(f"no browser is known here; open this within a minute: {link}")
    return arguments.DONE


def _opened(page: "Path") -> bool:
    """Whether a browser was found; which one it is, the system knows."""
    try:
        return webbrowser.open(page.as_uri())
    except webbrowser.Error:
        return False
