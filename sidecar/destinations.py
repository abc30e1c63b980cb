"""Destinations: who asks for counts, and what they must say about themselves.

Job: hold one `[[destinations]]` table, and say what is wrong with it.
Must not: allow anything. A destination proposes; the user grants.

    [[destinations]]
    name        = "acme"
    url         = "https://feedback.acme.example"
    products    = ["acme-chat"]
    period      = "1w"                      # or "4w"
    controller  = "Acme GmbH, Example Street 1, 12345 Berlin"
    contact     = "privacy@acme.example"
    purpose     = "to see which models suit which machines"
    privacy_url = "https://acme.example/privacy"
    retention   = "24 months"
"""

import re
from ipaddress import ip_address
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

_END: Final = r"$(?!\n)"  # `$` alone lets a last line feed through in Python
_LINE: Final = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]*" + _END
"""One line that reads as it is written: a consent text is made of it."""

Name = Annotated[str, Meta(pattern=rf"^[a-z0-9][a-z0-9-]{{0,31}}{_END}")]
ProductId = Annotated[str, Meta(pattern=rf"^[A-Za-z0-9._+-]{{1,64}}{_END}")]
Words = Annotated[str, Meta(min_length=1, max_length=300, pattern=_LINE)]
Url = Annotated[str, Meta(max_length=300)]

_PRINTABLE: Final = re.compile(r"[!-~]+")
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)
_PATH: Final = re.compile(r"(/[A-Za-z0-9._~-]+)*", re.ASCII)
LOCALHOST: Final = "localhost"


class Destination(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A collector that somebody proposes, with the five things that a user has to know of it.

    Attributes:
        url: of the collector; `/v1/batches/…` is added to it.
        products: only their records could go there.
        period: how much time one batch stands for.
        controller: who answers for the data. Then: whom to write to, what for, the policy, how long kept.
    """

    name: Name
    url: Url
    products: Annotated[tuple[ProductId, ...], Meta(min_length=1, max_length=64)]
    period: Literal["1w", "4w"] = "1w"
    controller: Words
    contact: Words
    purpose: Words
    privacy_url: Words
    retention: Words

    def __post_init__(self) -> None:
        reason = fault_of_url(self.url)
        if reason is not None:
            raise ValueError(f"`url` {reason}")

    @property
    def origin(self) -> str:
        """`https://host:port`; a grant holds for it alone."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def is_private(self) -> bool:
        """Whether the user wrote an address of this machine or of a private network."""
        host = urlsplit(self.url).hostname or ""
        try:
            return not ip_address(host).is_global
        except ValueError:
            return is_this_machine(host)


def is_this_machine(host: str) -> bool:
    """Whether a host name or literal address can only be this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == LOCALHOST or host.endswith(f".{LOCALHOST}")


def fault_of_url(url: str) -> str | None:  # noqa: PLR0911  # one return for each fault
    """Why counts cannot be sent there, in words that follow `url`; None where they can."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return "is no web address"
    if not _PRINTABLE.fullmatch(url):  # the parser drops blanks and line ends without a word
        return "is no web address"
    if parts.username is not None or parts.password is not None:
        return "must not hold a user name or a password"
    if parts.query or parts.fragment or "?" in url or "#" in url:
        return "must end with the path: no `?` and no `#`"
    plain_host = parts.netloc == parts.netloc.lower() and (_HOST.fullmatch(host) or _is_address(host))
    if port == 0 or not plain_host:
        return "needs a host in small letters, such as feedback.example.org"
    if not _PATH.fullmatch(parts.path):
        return "has a path that is not plain: letters, digits and ._~- between slashes, no slash at the end"
    if parts.scheme != "https" and not (parts.scheme == "http" and is_this_machine(host)):
        return "must begin with https://; http:// is for this machine alone"
    return None


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host)) and "%" not in host
    except ValueError:
        return False
