"""A route: what a row of ROUTES or PAGES says.

Job: hold the columns of these tables.
Must not: know a handler.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web
from msgspec import Struct, structs

from sidecar.later import loaded

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Schema = dict[str, Any]

EVERYBODYS: Final = (403, 421)  # a page or a user that may not, another Host
OWNERS: Final = (401, 429)  # no token or session, too many guesses at one
BODIES: Final = (400, 413, 415, 422)  # no JSON, too large, another type, not as the schema says


class Route(Struct, frozen=True, kw_only=True):
    """One route.

    Attributes:
        manages: needs the manage token or a session, and no page but our own may ask.
        cors: a page of an allowed origin may read the answer.
        submits: a submitter needs it: it lives on submit-only listeners too.
        anyone: the answer may be embedded by any page (CORP cross-origin).
        answers: status -> shape; None for a body that is no JSON of ours.
        needs: names of the query that must be there.
        problems: statuses that its handler may refuse with; `refusals` adds those of the gate.

    `handler`, `body`, `query`, `answers` and `media` may hold names of what is not loaded yet.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    manages: bool = False
    cors: bool = False
    submits: bool = False
    anyone: bool = False
    body: Any = None
    query: tuple[tuple[str, Schema], ...] = ()
    needs: tuple[str, ...] = ()
    path_parameters: tuple[tuple[str, Schema], ...] = ()
    answers: tuple[tuple[int, type[Struct] | None], ...]
    media: tuple[str, ...] = ("application/json",)
    problems: tuple[int, ...] = ()

    @property
    def refusals(self) -> list[int]:
        """Every status that it may refuse with."""
        owners = OWNERS if self.manages else ()
        bodies = BODIES if self.body is not None else ()
        return sorted({*EVERYBODYS, *owners, *bodies, *self.problems})

    def loaded(self) -> "Route":
        """The same with everything in it loaded."""
        return structs.replace(self, **{name: loaded(value) for name, value in structs.asdict(self).items()})

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Call the handler, which is loaded now if it was not."""
        return await self.handler(request)
