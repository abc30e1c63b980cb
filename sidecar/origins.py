"""Web origins: which may be paired, as a browser writes them (RFC 6454, section 6.2).

Job: say whether an origin can stand in the list of paired ones, and in words why not.
Must not: know who is paired, or make one spelling of another: what is allowed is compared byte by byte.

An origin is `scheme://host`, with `:port` where it is not the scheme's own. Three kinds can never be paired:
`null` and `file://`, which any page can have, and origins of this machine, which may submit anyway.
"""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

MAX_LENGTH: Final = 267  # characters: the longest name of the DNS, with https:// and a port
MOST_PAIRED: Final = 64  # more than a person oversees

_END: Final = r"$(?!\n)"
_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LAST_LABEL: Final = "[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"  # a number there would be read as an address
_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_HOST: Final = rf"(?:(?:{_LABEL}\.)*{_LAST_LABEL}|{_OCTET}(?:\.{_OCTET}){{3}})"
_PORT: Final = (
    "(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
)
_HERE: Final = rf"https?://(?:localhost|(?:{_LABEL}\.)+localhost|127\.0\.0\.1|\[::1\]){_PORT}"
_NEVER: Final = {
    "file": "`file://` stands for every page that is opened from a disk, so it can never be paired",
    "about": "such a page has no origin of its own",
    "blob": "name the origin that made it",
    "data": "such a page has no origin of its own",
    "filesystem": "name the origin that made it",
    "javascript": "such a page has no origin of its own",
    "ws": "name the http origin of the page",
    "wss": "name the https origin of the page",
}
"""Schemes that tell no page from another -> what to know of them."""

LOOPBACK: Final = re.compile(_HERE, re.ASCII)
PATTERN: Final = (
    rf"^(?!(?:{'|'.join(_NEVER)}):)(?!{_HERE}{_END})(?!http://[^:]*:80{_END})(?!https://[^:]*:443{_END})"
    rf"(?:https?://{_HOST}|(?!https?:)[a-z][a-z0-9+.-]{{1,31}}://[a-z0-9._-]{{1,128}}){_PORT}{_END}"
)
"""An origin that can be paired. Published; `fault` says in words what it refuses."""

_WHOLE: Final = re.compile(PATTERN, re.ASCII)
_OWN_PORT: Final = re.compile(r"http://[^:]*:80|https://[^:]*:443")
_PLACE: Final = re.compile(rf"[^:]*{_PORT}", re.ASCII)
_EXAMPLE: Final = "write scheme://host, such as https://app.example.org"
_NO_HOST: Final = (
    "a host is lower-case letters, digits and hyphens, in parts joined by dots, or a whole IPv4 address"
)


def fault(origin: str) -> str | None:
    """Why an origin cannot be paired, in words that do not repeat it; None for one that can."""
    if _WHOLE.search(origin) and len(origin) <= MAX_LENGTH:
        return None
    return next((words for is_so, words in _FAULTS if is_so(origin)), _NO_HOST)


def only_valid(origins: Iterable[str]) -> frozenset[str]:
    """Those that can be paired: whatever a file says, `null` never gets through."""
    return frozenset(origin for origin in origins if fault(origin) is None)


def _place(origin: str) -> str:
    """What stands behind `scheme://`."""
    return origin.partition("://")[2]


def _begins(origin: str, *, scheme: str) -> bool:
    return origin.startswith(f"{scheme}:")


_FAULTS: Final[tuple[tuple[Callable[[str], object], str], ...]] = (
    (lambda origin: len(origin) > MAX_LENGTH, f"an origin has at most {MAX_LENGTH} characters"),
    (lambda origin: "*" in origin, "a wildcard pairs nobody; name each origin by itself"),
    (
        lambda origin: origin.lower() == "null",
        "`null` stands for any page that hides where it comes from, so it can never be paired",
    ),
    (
        lambda origin: not origin.isascii(),
        "write an international name in its ASCII form, which begins with xn--",
    ),
    (
        lambda origin: not origin.isprintable() or " " in origin,
        "an origin has neither blanks nor control characters",
    ),
    (lambda origin: origin != origin.lower(), "write it in lower case, as a browser sends it"),
    *((partial(_begins, scheme=scheme), words) for scheme, words in _NEVER.items()),
    (lambda origin: not _place(origin) or origin.startswith(":"), _EXAMPLE),
    (lambda origin: "@" in _place(origin), "an origin holds no user name and no password"),
    (lambda origin: _place(origin).find("/") == len(_place(origin)) - 1, "leave out the slash at the end"),
    (
        lambda origin: set("/?#\\") & set(_place(origin)),
        "leave out path, query and fragment: an origin ends with its host or port",
    ),
    (LOOPBACK.fullmatch, "pages of this machine may submit without being paired"),
    (lambda origin: "[" in origin, "an IPv6 address cannot be paired; use a name or an IPv4 address"),
    (
        _OWN_PORT.fullmatch,
        "leave out the port: it is the ordinary one of its scheme, which browsers never write",
    ),
    (
        lambda origin: not _PLACE.fullmatch(_place(origin)),
        "a port is a number from 1 to 65535, without zeros in front",
    ),
    (
        lambda origin: _place(origin).partition(":")[0].endswith("."),
        "leave out the dot at the end of the host",
    ),
)
"""What can be wrong, in the order in which it is looked for -> what to do about it."""
