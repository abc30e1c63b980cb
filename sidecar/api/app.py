"""The aiohttp application: the gate in front, the routes behind.

Job: build the application from ROUTES, with one middleware that guards, turns errors into problems and puts
the same security headers on every answer.
Must not: log a field, a header or a path that a caller chose.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from sidecar.api import guard, owner, problems, wire
from sidecar.api.body import MAX_BATCH_BODY
from sidecar.api.feedback import ORIGIN
from sidecar.api.headers import ANYONE, OPENER_POLICY, SAME_ORIGIN
from sidecar.api.pageroutes import PAGES
from sidecar.api.route import Route
from sidecar.api.routes import ROUTES
from sidecar.api.services import SERVICES, TABLE, Services
from sidecar.errors import PeerForbidden, SidecarError, TookTooLong

log = logging.getLogger(__name__)

Admit = Callable[[web.Request, Handler, Services], Awaitable[web.StreamResponse]]
ROUTE: Final[web.RequestKey[Route | None]] = web.RequestKey("route", Route)


def build(services: Services) -> web.Application:
    """The application; `services.hosts` may still be empty, it is read at each request."""
    app = web.Application(middlewares=[gate], client_max_size=MAX_BATCH_BODY)
    app[SERVICES] = services
    app[TABLE] = ROUTES
    for route in (*ROUTES, *PAGES):
        for method in methods(route):
            app.router.add_route(method, pattern(route), handler_of(route))
    for path in sorted({pattern(route) for route in ROUTES if route.cors}):
        app.router.add_route(hdrs.METH_OPTIONS, path, preflight)
    app.on_response_prepare.append(put_headers)
    app.on_shutdown.append(end_streams)
    return app


def handler_of(route: Route) -> Handler:
    """What takes records is loaded before the first one comes, anything else when somebody asks for it."""
    return route.loaded().handler if route.submits else route.answer


async def end_streams(app: web.Application) -> None:
    """What waits for news would hold up the stop."""
    app[SERVICES].streams.end_all()


def methods(route: Route) -> tuple[str, ...]:
    """A page that can be read can also be asked for its head (RFC 9110, section 9.1)."""
    return (hdrs.METH_GET, hdrs.METH_HEAD) if route.method == hdrs.METH_GET else (route.method,)


def pattern(route: Route) -> str:
    """The path with the form of its placeholders, so that `/v1/feedback/batch` is nobody's id."""
    path = route.path
    for name, schema in route.path_parameters:
        if "pattern" in schema:
            path = path.replace(f"{{{name}}}", f"{{{name}:{schema['pattern'].strip('^$')}}}")
    return path


_TABLE: Final = {(method, route.path): route for route in (*ROUTES, *PAGES) for method in methods(route)}
CORS_PATHS: Final = frozenset(route.path for route in ROUTES if route.cors)


@web.middleware
async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Everything between the socket and a handler."""
    return await answered(request, handler, _admit)


async def answered(request: web.Request, handler: Handler, admit: Admit) -> web.StreamResponse:
    """What `admit` lets through or refuses, as an answer of ours; every refusal is a problem."""
    services = request.app[SERVICES]
    try:
        answer = await admit(request, handler, services)
    except SidecarError as fault:
        answer = problems.response(fault)
        if isinstance(fault, PeerForbidden):
            answer.force_close()  # nothing more can come of this connection
    except web.HTTPException as fault:
        answer = problems.response_to_http(fault)
    except (web.RequestPayloadError, ConnectionError) as fault:
        fault.with_traceback(None)  # the body keeps the fault, and the fault the frames that hold the body
        answer = problems.response(problems.unreadable())
        answer.force_close()  # nobody knows where on this line the next request begins
    except asyncio.CancelledError:
        if not services.connections.is_late(request.protocol):
            raise  # the daemon stops, or the caller has gone
        answer = problems.response(TookTooLong("it may have been done: look before you send it again"))
        answer.force_close()
    except Exception:
        log.exception("a handler failed")  # `logfile` keeps the places and leaves the words out
        answer = problems.response(problems.bug())
    services.counters.answers[answer.status] += 1
    if request.writer.output_size and not answer.prepared:
        raise ConnectionResetError  # an export broke off: hanging up says so, a second answer would hide it
    return answer


async def _admit(request: web.Request, handler: Handler, services: Services) -> web.StreamResponse:
    """The guard's questions in their order, then the handler."""
    if await wire.is_foreign(request):
        raise PeerForbidden("ask your own daemon; `sidecar run` starts one")
    route = request[ROUTE] = route_of(request)
    asked = asked_of(request)
    guard.check_host(asked, services.hosts | guard.UNIX_HOSTS if wire.is_local(request) else services.hosts)
    request[ORIGIN] = guard.check_origin(
        asked, services.hosts, pages_may=_pages_may(request, route), paired=services.paired
    )
    if route is not None and route.manages:
        await owner.check(request, asked, services)
    if route is not None:
        guard.check_body_headers(asked)
    return await handler(request)


async def preflight(_: web.Request) -> web.Response:
    """What a browser asks before a page may send JSON; `put_headers` names the origin."""
    return web.Response(
        status=204,
        headers={
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: guard.CORS_METHODS,
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "content-type",
            hdrs.ACCESS_CONTROL_MAX_AGE: guard.CORS_MAX_AGE,
        },
    )


async def put_headers(request: web.Request, answer: web.StreamResponse) -> None:
    """The same security headers on every answer; an allowed origin gets its exact value back, never `*`."""
    route = request.get(ROUTE)
    if route is not None and route.anyone:
        answer.headers.update(ANYONE)
    elif OPENER_POLICY not in answer.headers:  # not the Server header: aiohttp puts in one of its own first
        answer.headers.update(SAME_ORIGIN)
    if _pages_may(request, route):
        answer.headers[hdrs.VARY] = hdrs.ORIGIN
        origin = request.get(ORIGIN)
        if origin:
            answer.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin


def _path(request: web.Request) -> str:
    """The path of the route that matched, with its placeholders; `""` when none did."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ""


def route_of(request: web.Request) -> Route | None:
    """The row of ROUTES that matched."""
    return _TABLE.get((request.method, _path(request)))


def _pages_may(request: web.Request, route: Route | None) -> bool:
    """Whether pages of allowed origins may ask this; a preflight asks on behalf of its path."""
    return route.cors if route is not None else _path(request) in CORS_PATHS


def asked_of(request: web.Request) -> guard.Asked:
    """The part of a request that the guard looks at."""
    headers = request.headers
    return guard.Asked(
        method=request.method,
        target=request.raw_path,
        hosts=headers.getall(hdrs.HOST, ()),
        origins=headers.getall(hdrs.ORIGIN, ()),
        content_types=headers.getall(hdrs.CONTENT_TYPE, ()),
        content_encoding=headers.get(hdrs.CONTENT_ENCODING),
        authorization=headers.get(hdrs.AUTHORIZATION),
    )
