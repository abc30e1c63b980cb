"""What goes through the door: a letter, and an answer or a failure.

Job: hold the values, and say which letters are none of ours.
Must not: interpret an answer; whoever wrote the letter does.
"""

import re
from typing import Final, Literal, TypeAlias

from msgspec import Struct

MAX_ANSWER_BYTES: Final = 64 * 1024  # a verdict for 500 cells has under 4 KiB; more is none of ours
MAX_BODY_BYTES: Final = 256 * 1024  # a batch has 64 KiB before it is compressed
METHODS: Final = frozenset({"GET", "PUT", "DELETE"})
MAY_CARRY: Final = frozenset({"content-type", "content-encoding", "content-digest"})
"""The headers that a letter may bring. They speak of the body; any other could speak of the sender."""
VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?", re.ASCII)

Why: TypeAlias = Literal[
    "letter",
    "dns",
    "forbidden_address",
    "connect",
    "proxy",
    "tls",
    "timeout",
    "reset",
    "too_large",
    "protocol",
    "fault",
]
"""Why there is no answer.

    letter ............ the letter itself is refused: its method, URL, length or a header; nothing was opened
    dns ............... the name has no address, or nobody could be asked
    forbidden_address . every address of the name leads into this machine or its network
    connect ........... nobody took the connection: refused, unreachable
    proxy ............. the owner's proxy did not let it through
    tls ............... no trusted certificate for this name, or no common protocol
    timeout ........... the time of `Patience` was up
    reset ............. the connection, or the answer on it, broke off before its end
    too_large ......... the answer, or its head, is longer than any of ours
    protocol .......... the answer is no HTTP
    fault ............. a bug of ours
"""


class Letter(Struct, frozen=True, kw_only=True):
    """One request.

    Attributes:
        headers: of `MAY_CARRY` alone.
        private: the owner configured a host of this machine or its network (`is_private`), so the addresses
            of such a host are allowed.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    private: bool = False


class Answer(Struct, frozen=True):
    """What a server said, whoever it is; a redirect is an answer.

    Attributes:
        body: as it came; never decompressed.
        retry_after: the header, not interpreted.
        sent, received: bytes of head and body, without TLS and the framing of chunks.
    """

    status: int
    body: bytes
    retry_after: str | None
    content_type: str | None
    sent: int
    received: int


class Failure(Struct, frozen=True):
    """No answer.

    Attributes:
        sent_maybe: False only when it is certain that no byte of the letter left this machine.
    """

    why: Why
    sent_maybe: bool


class Patience(Struct, frozen=True):
    """How long a letter may take.

    Attributes:
        connect_seconds: to find the address, connect and agree on TLS.
        total_seconds: for everything, the last byte of the answer included.
    """

    connect_seconds: float = 10
    total_seconds: float = 30


def is_ours(letter: Letter) -> bool:
    """Whether method, headers and length are such as we send; the URL is judged by `addresses`."""
    names = [name.lower() for name in letter.headers]
    return (
        letter.method in METHODS
        and len(letter.body) <= MAX_BODY_BYTES
        and len(set(names)) == len(names)
        and all(name in MAY_CARRY for name in names)
        and all(VALUE.fullmatch(value) is not None for value in letter.headers.values())
    )
