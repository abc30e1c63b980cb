"""Repetitions: the short way of a record whose request head this connection has sent before.

A program that keeps its connection open sends the same head with record after record, byte for byte but for
the length of the body. What the parser and the gate say of a head depends on its bytes alone, so for one that
passed they need not be asked again. It saves four fifths of what the road from the socket to the queue costs.

Job: know the heads that passed, store the body that follows one, and write the same bytes as the long way.
Must not: refuse anything. What is no plain repetition, or would be refused before it is queued, goes the long
way, which knows the words. Heads with an Origin are never kept: what holds for a page can change (pairing).
"""

import logging
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.helpers import rfc822_formatted_time
from multidict import CIMultiDict

from sidecar.api import feedback, problems
from sidecar.api.body import MAX_BODY
from sidecar.api.headers import JSON, SAME_ORIGIN
from sidecar.api.limits import places
from sidecar.api.services import Services
from sidecar.errors import SidecarError
from sidecar.ingest.intake import Accepted

log = logging.getLogger(__name__)


PATH: Final = "/v1/feedback"
END_OF_HEAD: Final = b"\r\n\r\n"
KEPT_HEADS: Final = 4  # of a connection; programs use one
LONGEST_HEAD: Final = 1024  # bytes
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*", re.IGNORECASE)
_SPECIAL: Final = frozenset(
    {hdrs.ORIGIN, hdrs.EXPECT, hdrs.TRANSFER_ENCODING, hdrs.UPGRADE, hdrs.AUTHORIZATION, hdrs.COOKIE}
)
"""Headers whose meaning can change, that ask for more than an answer, or that nobody should remember."""


class Heads:
    """The heads that passed on one connection, each as what stands before and after its length of body."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: list[tuple[bytes, bytes]] = []

    def body(self, data: bytes) -> bytes | None:
        """The body, when `data` is exactly one request with a known head; else None."""
        for before, after in self._known:
            if data.startswith(before):
                length, _, body = data[len(before) :].partition(after)
                if length == b"%d" % len(body) and len(body) <= MAX_BODY:
                    return body
        return None

    def keep(self, head: bytes, length: int) -> None:
        """Remember a head that announced a body of this length."""
        found = _LENGTH.search(head)
        if found is None or len(head) > LONGEST_HEAD:
            return
        before, digits = head[: found.end()], b"%d" % length
        if head.startswith(digits, found.end()):
            after = head[found.end() + len(digits) :] + END_OF_HEAD
            self._known = [*self._known[-(KEPT_HEADS - 1) :], (before, after)]


def is_plain(request: web.BaseRequest, answer: web.StreamResponse) -> bool:
    """Whether the same bytes would pass again: an accepted record with nothing special in its head."""
    return (
        answer.status in {feedback.OK, feedback.CREATED}
        and request.method == hdrs.METH_POST
        and request.raw_path == PATH
        and request.version == HttpVersion11
        and request.headers.get(hdrs.CONNECTION, "keep-alive").lower() == "keep-alive"
        and _SPECIAL.isdisjoint(request.headers)
    )


def store(services: Services, caller: object, body: bytes, write: Callable[[bytes], None]) -> bool:
    """Store the record of a body; `write` is called with the whole answer once it is on the disk.

    False when the long way has to be gone: nothing is queued then, and `write` is never called.
    """

    def told(result: Accepted | Exception) -> None:
        write(_answer(services, result))

    try:
        record = feedback.read(body)
        taken = places((record,))
        services.rate.take(caller, taken)
    except SidecarError:
        return False
    try:
        services.intake.begin(record, told)
    except SidecarError:
        services.rate.put_back(taken)  # the long way takes it again
        return False
    return True


def _answer(services: Services, result: Accepted | Exception) -> bytes:
    """The whole answer, and its count."""
    fault: Exception
    if isinstance(result, Accepted):
        try:
            return _acknowledgement(services, result)
        except Exception as bug:  # noqa: BLE001  # whoever asked gets an answer all the same
            fault = bug
    else:
        fault = result
    if not isinstance(fault, SidecarError):
        log.error("a handler failed", exc_info=fault)  # `logfile` keeps the places and leaves the words out
        fault = problems.bug()
    services.counters.answers[fault.status] += 1
    return _rendered(problems.response(fault))


def _acknowledgement(services: Services, accepted: Accepted) -> bytes:
    status, content = feedback.acknowledge(services, accepted)
    services.counters.answers[status] += 1
    head = _CREATED if status == feedback.CREATED else _OK
    return head + _rest(content)


def _rendered(answer: web.Response) -> bytes:
    """A refusal after the queue: rare, so it is put together from its parts."""
    headers = CIMultiDict([*answer.headers.items(), *SAME_ORIGIN.items()])
    return _head(answer.status, headers) + _rest(answer.body if isinstance(answer.body, bytes) else b"")


def _rest(content: bytes) -> bytes:
    """What differs from answer to answer, in the order in which aiohttp and the gate write it."""
    date = rfc822_formatted_time().encode()
    return b"Content-Length: %d\r\nDate: %b\r\nVary: Origin\r\n\r\n%b" % (len(content), date, content)


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


_CREATED: Final = _head(feedback.CREATED, JSON)
_OK: Final = _head(feedback.OK, JSON)
