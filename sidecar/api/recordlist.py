"""The list of records, from either end.

Job: check the query, and page through the records.
Must not: be reachable without the manage token, or hold a page longer than it takes to answer.
"""

from typing import Final

from aiohttp import web

from sidecar import exports
from sidecar.api import body
from sidecar.api.answers import Rows
from sidecar.api.parameters import CURSOR, LIMIT
from sidecar.api.route import Schema
from sidecar.api.services import SERVICES
from sidecar.errors import InvalidQuery
from sidecar.records import KINDS

MAX_SEQ: Final = 10**18 - 1  # 18 digits, as published; the store counts to 2^63
ORDERS: Final = ("oldest", "newest")
KIND_NAMES: Final = tuple(cls.kind for cls in KINDS)
ORDER: Final[Schema] = {"type": "string", "enum": list(ORDERS), "default": ORDERS[0]}
KIND: Final[Schema] = {"type": "string", "enum": list(KIND_NAMES)}
QUERY: Final = (("limit", LIMIT), ("after", CURSOR), ("order", ORDER), ("feedback_type", KIND))


async def rows(request: web.Request) -> web.Response:
    """Records in the order of their arrival, or against it; of all kinds, or of one."""
    query = body.Query(request, "limit", "after", "order", "feedback_type")
    limit = query.number("limit", body.DEFAULT_LIMIT, 1, body.MAX_LIMIT)
    newest = _word(query, "order", ORDERS) == "newest"
    after = query.number("after", MAX_SEQ if newest else 0, 0, MAX_SEQ)
    kind = _word(query, "feedback_type", KIND_NAMES)
    services = request.app[SERVICES]
    await services.intake.settled()
    page = await services.reader.page(after=after, limit=limit, newest=newest, kind=kind)
    following = None if page.next is None else str(page.next)
    return body.answer(Rows([exports.flat(row) for row in page.rows], following))


def _word(query: body.Query, name: str, words: tuple[str, ...]) -> str | None:
    """One word of a list.

    Raises:
        InvalidQuery: another one.
    """
    text = query.text(name)
    if text is not None and text not in words:
        raise InvalidQuery(f"`{name}` is one of {', '.join(words)}", field=name)
    return text
