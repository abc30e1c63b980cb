"""Signing in: the proof that this is the owner's daemon, and the session of a browser.

Job: answer a nonce; exchange a one-time code for a cookie; say who asks; sign out.
Must not: send the manage token anywhere, or take it from anywhere.
"""

from typing import Annotated, Final

import msgspec
from aiohttp import hdrs, web
from msgspec import Meta, Struct

from sidecar import proof, strict
from sidecar.api import body, owner
from sidecar.api.answers import ProofAnswer, SessionAnswer, SignedOut
from sidecar.api.services import SERVICES, Services
from sidecar.api.sessions import Session
from sidecar.errors import InvalidQuery, InvalidRecord, Misdirected

LOOPBACK_6: Final = "::1"


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """What `sidecar open` put behind the `#` of its link."""

    code: Annotated[str, Meta(pattern=proof.CODE)]


async def prove(request: web.Request) -> web.Response:
    """Prove that the manage token is known here."""
    nonce = body.Query(request, "nonce").text("nonce")
    if nonce is None or not proof.is_nonce(nonce):
        raise InvalidQuery("`nonce` is 32 to 64 hexadecimal digits", field="nonce")
    host = _check_address(request)
    return body.answer(ProofAnswer(proof.prove(request.app[SERVICES].token(), host, nonce)))


async def sign_in(request: web.Request) -> web.Response:
    """Exchange a one-time code for a session."""
    try:
        given = msgspec.convert(strict.loads(await body.read(request)), SignIn)
    except msgspec.ValidationError:
        raise InvalidRecord('send {"code": "..."}, as `sidecar open` gives it', field="code") from None
    services, host = request.app[SERVICES], _host(request)
    token = services.token()
    if proof.read_code(given.code, token, host) is None:
        await services.guesses.wait()  # an old link is no guess, a forged one is
    cookie, session = services.sessions.sign_in(given.code, token=token, host=host)
    answer = body.answer(_told(session, services), 201)
    answer.set_cookie(owner.cookie_name(host), cookie, path="/", httponly=True, samesite="Strict")
    return answer


async def session(request: web.Request) -> web.Response:
    """Say who asks: the holder of the token, or a browser, which is told its CSRF token."""
    body.Query(request)
    return body.answer(_told(request[owner.SESSION], request.app[SERVICES]))


async def sign_out(request: web.Request) -> web.Response:
    """Sign this browser out; asked with the manage token, every one."""
    sessions, host = request.app[SERVICES].sessions, _host(request)
    if request[owner.SESSION] is None:
        return body.answer(SignedOut(sessions.end_all()))
    answer = body.answer(SignedOut(sum(map(sessions.end, owner.cookies(request)))))
    answer.del_cookie(owner.cookie_name(host), path="/", httponly=True, samesite="Strict")
    return answer


def _told(session: Session | None, services: Services) -> SessionAnswer:
    if session is None:
        return SessionAnswer("token", None, None)
    return SessionAnswer("session", session.csrf, services.sessions.seconds_left(session))


def _host(request: web.Request) -> str:
    return request.headers[hdrs.HOST]


def _check_address(request: web.Request) -> str:
    """The Host, once it is sure that the connection came to that very address.

    Where another program holds our port number on [::1], it could pass a nonce on to us under that name.

    Raises:
        Misdirected: the name of another address.
    """
    host, local = _host(request), request.get_extra_info("sockname")
    if isinstance(local, tuple):
        names = (f"[{LOOPBACK_6}]",) if local[0] == LOOPBACK_6 else ("127.0.0.1", "localhost")
        if host not in {f"{name}:{local[1]}" for name in names}:
            raise Misdirected("ask under the name of the address that you connected to")
    return host
