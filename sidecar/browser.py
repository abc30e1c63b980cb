"""The owner's browser: one of our own pages in it, signed in.

Job: write a page, for this user alone, that leads to a link which works once, and hand it to a browser.
Must not: put the link on a command line (`ps` shows those to every user), or open what is not ours.

    path of ours -> one-time link -> a file that leads to it -> the file's name, to the browser
"""

import secrets
import threading
import webbrowser
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sidecar import home, proof
from sidecar.clock import Clock

PAGE: Final = (
    '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
    '<meta http-equiv="refresh" content="0; url={link}"><title>feedback-sidecar</title>'
    '<p><a href="{link}">Open feedback-sidecar</a>, within a minute.</p>\n'
)


def one_time_link(url: str, token: str, clock: Clock, query: str = "") -> str:
    """A link that signs one browser in, within a minute; the query says where it goes then."""
    expires_ms = int(clock.now().timestamp() * 1_000) + proof.CODE_MS
    code = proof.Code(secrets.token_hex(proof.NONCE_BYTES), expires_ms)
    return f"{url}/login{query}#{proof.write_code(token, urlsplit(url).netloc, code)}"


def show(runtime_dir: Path, link: str) -> bool:
    """Hand a link over; False where no browser is known. Which one it is, the system knows."""
    home.prepare(runtime_dir)
    home.write_secret(runtime_dir, home.LOGIN_FILE, PAGE.format(link=escape(link)))
    try:
        return webbrowser.open((runtime_dir / home.LOGIN_FILE).as_uri())
    except webbrowser.Error:
        return False


def show_aside(runtime_dir: Path, link: str) -> None:
    """As `show`, without waiting: a browser may stay in the foreground until its owner leaves it."""
    threading.Thread(target=show, args=(runtime_dir, link), name="browser", daemon=True).start()
