"""HTTP as values: a request comes in, the book is asked, an answer goes out.

Job: everything of a collector's HTTP that needs no socket: routes, media types, compression, sizes.
Must not: spoil an answer; `script` does. Know what a verdict depends on; `ledgerbook` does.

The body's own `schema` decides what is unsupported, whatever version the media type names: an `unsupported`
has to echo a digest, and only a body that was read has one.
"""

import json
import re
import zlib
from datetime import datetime
from http import HTTPStatus
from typing import Final, Literal

import msgspec
from msgspec import Struct

from tests.support.collector.ledgerbook import Book, Kind, Reply, problem
from tests.support.collector.wire import BODY_BYTES, SCHEMA

Headers = tuple[tuple[str, str], ...]

MEDIA: Final[dict[Kind, str]] = {
    "batches": "application/vnd.feedback-sidecar.batch+json",
    "requests": "application/vnd.feedback-sidecar.request+json",
}
META: Final = {"schema": [SCHEMA], "manifest": 3, "keys": 12, "k": 20, "period": "1w"}
SECRET_CHARACTERS: Final = 256

_ITEM: Final = re.compile(r"/v1/(batches|requests)/([0-9a-f]{32})", re.ASCII)
_ONCE: Final = ("content-type", "content-encoding", "content-digest", "content-length", "host")
_GZIP: Final = 16 + zlib.MAX_WBITS


class Request(Struct, frozen=True, kw_only=True):
    """One request as it was on the wire; header names as they were written, the body still compressed."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """A header's value; empty when it is not there."""
        return next((value for each, value in self.headers if each.lower() == name), "")

    def plain(self) -> bytes | None:
        """The body before compression; None when it cannot be had, or not within the limit."""
        found = _expand(self.body) if self.header("content-encoding") == "gzip" else self.body
        return found if isinstance(found, bytes) else None


class Answer(Struct, frozen=True):
    """One answer as it goes onto the wire, without the headers that the wire itself needs."""

    status: int
    headers: Headers
    body: bytes


class _Secret(Struct, frozen=True, forbid_unknown_fields=True):
    secret: str


def answer(book: Book, request: Request, now: datetime) -> Answer:
    """What a collector with this book says."""
    if any(sum(each.lower() == name for each, _ in request.headers) > 1 for name in _ONCE):
        return _said(problem(HTTPStatus.BAD_REQUEST, "a header that must stand once stands twice"))
    if request.target == "/v1/meta":
        return _said(Reply(HTTPStatus.OK, META)) if request.method == "GET" else _not_allowed("GET")
    item = _ITEM.fullmatch(request.target)
    if item is None:
        return _said(problem(HTTPStatus.NOT_FOUND, "there is no such path"))
    kind: Kind = "batches" if item[1] == "batches" else "requests"
    match request.method:
        case "PUT":
            return _put(book, request, now, kind, item[2])
        case "DELETE":
            return _delete(book, request, kind, item[2])
        case _:
            return _not_allowed("PUT, DELETE")


def _put(book: Book, request: Request, now: datetime, kind: Kind, id_: str) -> Answer:
    if not _is_media(request.header("content-type"), MEDIA[kind]):
        return _said(problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Type must be {MEDIA[kind]}"))
    if request.header("content-encoding").lower() != "gzip":
        refused = problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Encoding must be gzip")
        return _said(refused, ("Accept-Encoding", "gzip"))
    body = _expand(request.body)
    if isinstance(body, Reply):
        return _said(body)
    return _said(book.put(id_, body, request.header("content-digest"), now, kind=kind))


def _delete(book: Book, request: Request, kind: Kind, id_: str) -> Answer:
    if request.header("content-encoding") or request.header("content-type").lower() != "application/json":
        return _said(problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a DELETE carries plain JSON"))
    try:
        secret = msgspec.json.decode(request.body, type=_Secret).secret
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        secret = ""
    if not 0 < len(secret) <= SECRET_CHARACTERS:
        return _said(problem(HTTPStatus.BAD_REQUEST, 'a DELETE says {"secret": …}'))
    return _said(book.delete(id_, secret, kind=kind))


def _is_media(given: str, wanted: str) -> bool:
    name, _, parameters = given.lower().partition(";")
    return name.strip() == wanted and re.fullmatch(r"\s*version=[1-9]\d{0,8}\s*", parameters) is not None


def _expand(body: bytes) -> bytes | Reply:
    """One whole gzip member, never more of it than a batch may hold."""
    expander = zlib.decompressobj(_GZIP)
    try:
        found = expander.decompress(body, BODY_BYTES + 1)
    except zlib.error:
        return problem(HTTPStatus.BAD_REQUEST, "the body must be gzip")
    if len(found) > BODY_BYTES:
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body is at most {BODY_BYTES} bytes")
    if not expander.eof or expander.unused_data:
        return problem(HTTPStatus.BAD_REQUEST, "the body must be one whole gzip member")
    return found


def _not_allowed(methods: str) -> Answer:
    return _said(problem(HTTPStatus.METHOD_NOT_ALLOWED, f"this path takes {methods}"), ("Allow", methods))


def _said(reply: Reply, *headers: tuple[str, str]) -> Answer:
    media: Literal["application/json", "application/problem+json"] = (
        "application/problem+json" if "title" in reply.json else "application/json"
    )
    return Answer(reply.status, (("Content-Type", media), *headers), json.dumps(reply.json).encode())
