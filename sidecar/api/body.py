"""Reading bodies and queries, and writing JSON.

Job: hold the size limits, and turn one query string into checked values.
Must not: know what a body means.
"""

import re
from typing import Any, Final

from aiohttp import web
from msgspec import json

from sidecar.api import headers
from sidecar.errors import BodyTooLarge, InvalidQuery

MAX_BODY: Final = 64 * 1024  # four times the longest error message
MAX_BATCH_BODY: Final = 1024 * 1024  # 500 records of 2 KiB
DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 2_000
MAX_WORD: Final = 128  # characters; the longest value that a record can hold
MAX_LANGUAGE: Final = 35  # characters (RFC 5646, section 4.4.1)
WHOLE: Final = re.compile("0|[1-9][0-9]*", re.ASCII)

encode: Final = json.Encoder(order=None).encode


async def read(request: web.Request, limit: int = MAX_BODY) -> bytes:
    """The body, of at most `limit` bytes.

    Raises:
        BodyTooLarge: more was announced or sent.
    """
    if (request.content_length or 0) > limit:
        raise BodyTooLarge(f"send at most {limit // 1024} KiB")
    if request.content_length is not None:
        return await request.read()
    body = bytearray()
    while piece := await request.content.readany():  # in chunks, and nobody said how many
        body += piece
        if len(body) > limit:
            raise BodyTooLarge(f"send at most {limit // 1024} KiB")
    return bytes(body)


def answer(value: Any, status: int = 200) -> web.Response:  # noqa: ANN401  # any Struct
    """A Struct as JSON."""
    return json_answer(encode(value), status)


def json_answer(content: bytes, status: int) -> web.Response:
    """JSON that is encoded already."""
    return web.Response(body=content, status=status, headers=headers.JSON.copy())


class Query:
    """The query string of a request, each name at most once and none unknown."""

    def __init__(self, request: web.Request, *known: str) -> None:
        self._values: dict[str, str] = {}
        for name, value in request.query.items():
            if name not in known or name in self._values:
                raise InvalidQuery(f"this route takes, each at most once: {', '.join(known) or 'nothing'}")
            self._values[name] = value

    def text(self, name: str, *, max_length: int = MAX_WORD) -> str | None:
        """The value as it stands; None where it is absent.

        Raises:
            InvalidQuery: longer than `max_length` characters.
        """
        text = self._values.get(name)
        if text is not None and len(text) > max_length:
            raise InvalidQuery(f"`{name}` must be at most {max_length} characters long", field=name)
        return text

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number within its bounds.

        Raises:
            InvalidQuery: no whole number, or out of bounds.
        """
        text = self._values.get(name)
        if text is None:
            return default
        if not (WHOLE.fullmatch(text) and len(text) <= len(str(high)) and low <= int(text) <= high):
            raise InvalidQuery(f"`{name}` must be a whole number from {low} to {high}", field=name)
        return int(text)
