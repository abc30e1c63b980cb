"""The post: what the courier carries, as a letter, and what came back, as what was heard.

Job: write the HTTP of the contract around the exact bytes; put an answer into the words of `share.verdict`.
Must not: decide whether to send, or what an answer means.

    PUT    {url}/v1/batches/{id}   gzip of the bytes that the preview shows; their digest before compression
    PUT    {url}/v1/requests/{id}  the same for one approved wish
    DELETE {url}/v1/.../{id}       {"secret": ...}
"""

import gzip
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from sidecar.addresses import is_private
from sidecar.egress import Answer, Failure, Letter
from sidecar.share.batch import MEDIA_TYPE, REQUEST_MEDIA_TYPE
from sidecar.share.verdict import Heard
from sidecar.store.dispatching import Dispatch

SHELVES: Final = {"batch": ("batches", MEDIA_TYPE), "request": ("requests", REQUEST_MEDIA_TYPE)}
JSON: Final = "application/json"

Send: TypeAlias = Callable[[Letter], Awaitable[Answer | Failure]]


async def deliver(dispatch: Dispatch, send: Send) -> Heard:
    """One attempt over one connection of its own."""
    return heard(await send(letter(dispatch)))


def letter(dispatch: Dispatch) -> Letter:
    """The request of an attempt; the same bytes each time, so that a repeat is one."""
    shelf, media = SHELVES[dispatch.kind]
    withdraws = dispatch.secret is not None
    return Letter(
        method="DELETE" if withdraws else "PUT",
        url=f"{dispatch.url}/v1/{shelf}/{dispatch.sent.id}",
        headers={"Content-Type": JSON} if withdraws else _described(dispatch, media),
        body=dispatch.body if withdraws else gzip.compress(dispatch.body, mtime=0),
        private=is_private(dispatch.url),
    )


def heard(result: Answer | Failure) -> Heard:
    """What came back, without what a verdict must not depend on."""
    if isinstance(result, Failure):
        return Heard(failure=result.why)
    return Heard(status=result.status, body=result.body, retry_after=result.retry_after)


def _described(dispatch: Dispatch, media: str) -> dict[str, str]:
    digest = b64encode(bytes.fromhex(dispatch.sent.sha256)).decode()
    return {
        "Content-Type": media,
        "Content-Encoding": "gzip",
        "Content-Digest": f"sha-256=:{digest}:",  # RFC 9530, of the bytes before compression
    }
