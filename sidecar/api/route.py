"""One route: what the table says of it.

Job: name the columns of ROUTES.
Must not: know any route.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from msgspec import Struct

from sidecar.api.parameters import Schema

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Route(Struct, frozen=True, kw_only=True):
    """One route.

    Attributes:
        manages: needs the manage token, and no page but our own may ask.
        cors: a page of an allowed origin may read the answer.
        anyone: the answer may be embedded by any page (CORP cross-origin).
        answers: status -> shape; None for a body that is no JSON of ours.
        problems: statuses that this route may refuse with.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    manages: bool = False
    cors: bool = False
    anyone: bool = False
    body: Any = None
    query: tuple[tuple[str, Schema], ...] = ()
    path_parameters: tuple[tuple[str, Schema], ...] = ()
    answers: tuple[tuple[int, type[Struct] | None], ...]
    media: tuple[str, ...] = ("application/json",)
    problems: tuple[int, ...] = ()
