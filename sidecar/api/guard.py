"""The guard: who may speak to us at all. It stands before every handler.

Job: refuse what a web page of somebody else, or a rebound name, could send; let pages of this machine, and of
the origins that the user paired, submit.
Must not: look at a body, or be asked by a handler: a route that forgets it cannot exist.

A same-origin GET carries no Origin, so a list of origins alone does not stop DNS rebinding (CVE-2024-28224,
Ollama): the Host is checked first, and exactly.
"""

import hmac
import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from sidecar.errors import Misdirected, OriginForbidden, Unauthorized, UnsupportedMediaType
from sidecar.origins import LOOPBACK

ABSOLUTE: Final = re.compile(r"^[^/]*//([^/?#]*)")  # the authority of `http://127.0.0.1:8917/healthz`
AS_LOOPBACK: Final = "ask http://127.0.0.1 with the daemon's port, with one Host header of that name"
JSON_TYPE: Final = re.compile(r'application/json(\s*;\s*charset="?utf-8"?)?', re.IGNORECASE)
UNIX_HOSTS: Final = frozenset({"localhost"})  # on a Unix socket alone: what a client says that knows no port
METHODS_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
CORS_METHODS: Final = "POST, PATCH, DELETE"
CORS_MAX_AGE: Final = "600"  # seconds; a browser caps it at two hours anyway
BEARER: Final = b"bearer"  # a scheme is written in any case (RFC 9110, section 11.1)


class Asked(Struct, frozen=True, kw_only=True):
    """The part of a request that the guard looks at."""

    method: str
    target: str
    hosts: Sequence[str]
    origins: Sequence[str]
    content_types: Sequence[str]
    content_encoding: str | None
    authorization: str | None


def own_hosts(port: int) -> frozenset[str]:
    """The Host values under which we are reached over TCP."""
    return frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))


def own_origins(hosts: frozenset[str]) -> frozenset[str]:
    """The origins of our own pages."""
    return frozenset(f"http://{host}" for host in hosts)


def check_host(asked: Asked, hosts: frozenset[str], *, words: str = AS_LOOPBACK) -> None:
    """Exactly one Host, and one of ours; a whole URL as request target outranks it (RFC 9112, section 3.2.2).

    Raises:
        Misdirected: anything else.
    """
    named = [asked.hosts[0] if len(asked.hosts) == 1 else ""]
    if not asked.target.startswith("/"):
        named += ABSOLUTE.findall(asked.target)
    if not hosts.issuperset(named):
        raise Misdirected(words)


def check_origin(
    asked: Asked, hosts: frozenset[str], *, pages_may: bool, paired: frozenset[str] = frozenset()
) -> str:
    """The origin of a web page that may do this; `""` when no page asks.

    Args:
        asked: the request.
        hosts: the Host values that are ours.
        pages_may: whether pages of other origins may do it, or our own alone.
        paired: the origins beyond this machine that the user allowed.

    Raises:
        OriginForbidden: a page that may not.
    """
    if not asked.origins:
        return ""
    origin = asked.origins[0]
    if pages_may:
        allowed = origin in paired or LOOPBACK.fullmatch(origin) is not None
    else:
        allowed = origin in own_origins(hosts)
    if len(asked.origins) != 1 or not allowed:
        raise OriginForbidden("pages of this machine may submit, others once the user has paired them")
    return origin


def check_body_headers(asked: Asked) -> None:
    """A body is plain JSON: no form, no text, no compression.

    Raises:
        UnsupportedMediaType: anything else. A form or text/plain needs no preflight: any page could send it.
    """
    if asked.content_encoding is not None:
        raise UnsupportedMediaType("send the body without Content-Encoding")
    if asked.method in METHODS_WITH_BODY and not (
        len(asked.content_types) == 1 and JSON_TYPE.fullmatch(asked.content_types[0].strip())
    ):
        raise UnsupportedMediaType("send Content-Type: application/json")


def check_token(asked: Asked, token: str) -> None:
    """The manage token.

    Raises:
        Unauthorized: missing or wrong.
    """
    if not bears(asked, token):
        raise Unauthorized("send Authorization: Bearer with the token that `sidecar token` prints")


def bears(asked: Asked, token: str) -> bool:
    """Whether a request carries this token."""
    return is_bearer(asked.authorization, token)


def is_bearer(authorization: str | None, token: str) -> bool:
    """Whether a header shows this token; compared in constant time."""
    # A header may hold any byte; aiohttp shows those that are no UTF-8 as lone surrogates.
    given = (authorization or "").encode(errors="surrogateescape")
    scheme, _, secret = given.partition(b" ")
    return scheme.lower() == BEARER and hmac.compare_digest(secret, token.encode())
