"""The head of a request, read as strictly as a server on the open network has to.

Job: bytes up to the empty line -> method, target, headers and the length of the body, or the refusal.
Must not: guess: two servers that guess differently are how requests are smuggled.
"""

import re
from http import HTTPStatus
from typing import Final

from msgspec import Struct

from tests.support.collector.front import Headers, Request

HEAD_BYTES: Final = 16 << 10
BODY_BYTES: Final = 128 << 10
"""As it is on the wire; a batch of 64 KiB never grows by compression so much."""

_LINE: Final = re.compile(rb"([A-Z]{1,16}) (/[!-~]{0,2047}) HTTP/1\.([01])")
_HEADER: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*")
_LENGTH: Final = re.compile(r"[0-9]{1,10}", re.ASCII)


class Head(Struct, frozen=True):
    """A head that can be relied on; `last`: the connection ends with its answer."""

    method: str
    target: str
    headers: Headers
    length: int
    last: bool
    asks: bool
    """Whether the sender waits to be asked for the body (`Expect: 100-continue`)."""

    def with_body(self, body: bytes) -> Request:
        """The whole request."""
        return Request(method=self.method, target=self.target, headers=self.headers, body=body)


def read_head(raw: bytes) -> Head | HTTPStatus:
    """The head, or the status that refuses it."""
    first, *lines = raw.removesuffix(b"\r\n\r\n").split(b"\r\n")
    line = _LINE.fullmatch(first)
    found = [_HEADER.fullmatch(each) for each in lines]
    headers = tuple((each[1].decode(), each[2].decode("latin-1")) for each in found if each)
    if line is None or len(headers) < len(lines):
        return HTTPStatus.BAD_REQUEST
    named = [(name.lower(), value) for name, value in headers]
    values = dict(named)
    if (
        sum(name == "host" for name, _ in named) != 1
        or sum(name == "content-length" for name, _ in named) > 1
    ):
        return HTTPStatus.BAD_REQUEST
    if "transfer-encoding" in values:
        return HTTPStatus.BAD_REQUEST if "content-length" in values else HTTPStatus.LENGTH_REQUIRED
    length = values.get("content-length", "0")
    if not _LENGTH.fullmatch(length):
        return HTTPStatus.BAD_REQUEST
    if int(length) > BODY_BYTES:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    last = line[3] == b"0" or values.get("connection", "").lower() == "close"
    asks = values.get("expect", "").lower() == "100-continue"
    return Head(line[1].decode(), line[2].decode(), headers, int(length), last, asks)
