"""The owner: who may read and steer, by the manage token or by the cookie of a browser that signed in.

Job: let the owner pass, and make who tries to be the owner wait.
Must not: take a cookie from a page of somebody else, or change anything on a cookie alone.

Cookies know no ports: every page of this machine is of the same site as ours, and the browser sends ours
along with what such a page asks. So a cookie counts only where the browser says that our own page asks
(`Sec-Fetch-Site`), or that a person opened the page; and what changes something needs the CSRF token too,
which no other page can read.
"""

import hmac
import re
from typing import Final

from aiohttp import hdrs, web

from sidecar import home
from sidecar.api import guard
from sidecar.api.services import Services
from sidecar.api.sessions import Session
from sidecar.errors import CsrfNeeded, Unauthorized

CSRF_HEADER: Final = "X-CSRF-Token"
SESSION: Final[web.RequestKey[Session | None]] = web.RequestKey("session", Session)
OUR_SITE: Final = frozenset({"same-origin", "none"})  # none: a person typed or opened it
READS: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
MOST_COOKIES: Final = 4  # of our name: another page of this machine may have planted some
_BEARER: Final = re.compile(r"bearer +[0-9a-f]{64}", re.IGNORECASE | re.ASCII)


async def check(request: web.Request, asked: guard.Asked, services: Services) -> None:
    """Let the owner pass.

    Raises:
        Unauthorized: neither the token nor a session.
        CsrfNeeded: a change by a session, without its CSRF token.
        TooManyGuesses: too many tried to guess.
    """
    try:
        request[SESSION] = _check(request, asked, services)
    except (Unauthorized, CsrfNeeded):
        if _is_guess(request, services):
            await services.guesses.wait()
        raise


async def is_asking(request: web.Request, services: Services) -> bool:
    """Whether the owner asks a route that is open to everybody, by the token or from a page of ours."""
    token = services.token()
    if guard.is_bearer(request.headers.get(hdrs.AUTHORIZATION), token):
        return True
    if hdrs.AUTHORIZATION in request.headers and _is_guess(request, services):
        await services.guesses.wait()
    return _is_our_page(request) and _session(request, services, token) is not None


def session_of_page(request: web.Request, services: Services) -> Session | None:
    """The session under which a page is opened, from wherever a person came to it."""
    opened = request.headers.get("Sec-Fetch-Dest") in {None, "document"}
    return _session(request, services, services.token()) if opened else None


def cookie_name(host: str) -> str:
    """With the port, because two daemons on one machine share their cookies."""
    return f"sidecar-session-{host.rpartition(':')[2]}"


def cookies(request: web.Request) -> list[str]:
    """The values of our cookie that have its form; aiohttp's own reader logs what it cannot read."""
    wanted = cookie_name(request.headers.get(hdrs.HOST, ""))
    pairs = (
        each.strip().partition("=")
        for line in request.headers.getall(hdrs.COOKIE, ())
        for each in line.split(";")
    )
    found = [value for name, _, value in pairs if name == wanted and home.SECRET.fullmatch(value)]
    return found[:MOST_COOKIES]


def _check(request: web.Request, asked: guard.Asked, services: Services) -> Session | None:
    token = services.token()
    if asked.authorization is not None or not _is_our_page(request):
        guard.check_token(asked, token)
        return None
    session = _session(request, services, token)
    if session is None:
        guard.check_token(asked, token)
    elif asked.method not in READS and not hmac.compare_digest(_csrf(request), session.csrf.encode()):
        raise CsrfNeeded(f"send {CSRF_HEADER} with what GET /v1/session answers")
    return session


def _session(request: web.Request, services: Services, token: str) -> Session | None:
    found = (services.sessions.find(cookie, token) for cookie in cookies(request))
    return next((session for session in found if session is not None), None)


def _is_our_page(request: web.Request) -> bool:
    """Whether our own page asks; a program or an old browser does not say."""
    return request.headers.get("Sec-Fetch-Site", "none") in OUR_SITE


def _csrf(request: web.Request) -> bytes:
    return request.headers.get(CSRF_HEADER, "").encode(errors="surrogateescape")


def _is_guess(request: web.Request, services: Services) -> bool:
    """Whether what was refused could have been a secret of ours, and was not."""
    if _BEARER.fullmatch(request.headers.get(hdrs.AUTHORIZATION, "")):
        return True
    if _session(request, services, services.token()) is None:
        return bool(cookies(request))
    return _is_our_page(request) and home.SECRET.fullmatch(request.headers.get(CSRF_HEADER, "")) is not None
