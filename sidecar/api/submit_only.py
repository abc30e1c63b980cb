"""Submit-only listeners: what a container or another machine may reach.

Job: build the application of one `[[listen]]` table from the rows of ROUTES that a submitter needs, each
behind the listener's own token.
Must not: know the manage token, answer a web page, or show that there is anything else.

    Host not in `hosts` ........ 421      before anything else, as on loopback
    an Origin, whichever ....... 403      no page may submit from elsewhere
    no or a wrong token ........ 401      also where there is no route: nothing can be found out without it;
                                          ever later, as for the manage token
    no route of a submitter .... 404      the managing routes are not refused here, they do not exist
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from sidecar.api import guard
from sidecar.api.app import ROUTE, answered, asked_of, handler_of, methods, pattern, route_of
from sidecar.api.body import MAX_BATCH_BODY
from sidecar.api.feedback import ORIGIN
from sidecar.api.headers import OPENER_POLICY, SAME_ORIGIN
from sidecar.api.routes import ROUTES
from sidecar.api.services import LISTENER, SERVICES, Services
from sidecar.config import Listener
from sidecar.errors import NotFound, OriginForbidden, SubmitTokenNeeded

SUBMITTING: Final = tuple(route for route in ROUTES if route.submits)

UNDER_A_NAME: Final = "ask under a name that the listener's `hosts` allow, with one Host header"
Token = Callable[[], str]


def build(services: Services, listener: Listener, token: Token) -> web.Application:
    """The application of one listener.

    Args:
        services: the daemon's own.
        listener: its table in the configuration.
        token: its submit token; a function, because it can be rotated while the daemon runs.
    """

    @web.middleware
    async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await answered(request, handler, partial(_admit, listener, token))

    app = web.Application(middlewares=[gate], client_max_size=MAX_BATCH_BODY)
    app[SERVICES] = services
    app[LISTENER] = listener
    for route in SUBMITTING:
        for method in methods(route):
            app.router.add_route(method, pattern(route), handler_of(route))
    app.on_response_prepare.append(put_headers)
    return app


async def _admit(
    listener: Listener, token: Token, request: web.Request, handler: Handler, services: Services
) -> web.StreamResponse:
    """The guard's questions in their order, then the handler."""
    route = request[ROUTE] = route_of(request)
    asked = asked_of(request)
    guard.check_host(asked, listener.host_values, words=UNDER_A_NAME)
    if asked.origins:
        raise OriginForbidden("pages submit to the daemon of their own machine")
    if not guard.bears(asked, token()):
        await services.guesses.wait()
        raise SubmitTokenNeeded("send Authorization: Bearer with what `sidecar token --listener` prints")
    if route is None:  # or a wrong method: what is no submitter's is not there
        raise NotFound("this listener takes feedback; a feedback_id is 32 hex digits")
    guard.check_body_headers(asked)
    # A key of a container is no key of a program on this machine, or of another listener's.
    request[ORIGIN] = f"listener:{listener.name}"
    return await handler(request)


async def put_headers(_: web.Request, answer: web.StreamResponse) -> None:
    """The same security headers on every answer; none of them lets a page read it."""
    if OPENER_POLICY not in answer.headers:
        answer.headers.update(SAME_ORIGIN)
