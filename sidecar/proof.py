"""Proofs: what two holders of the manage token can show each other without showing the token.

Job: compute the answer to a nonce, and write and read one-time login codes.
Must not: draw a nonce, read a clock, or remember what was used; its callers do.

    proof   HMAC-SHA256(token, "feedback-sidecar proof 1"   NUL host NUL nonce)
    code    expiry "." nonce "." HMAC-SHA256(token, "feedback-sidecar login 1" NUL host NUL expiry NUL nonce)
    mark    HMAC-SHA256(token, "feedback-sidecar session 1")

The host is the `Host` value by which the daemon is asked. A program on another port can pass a nonce on to
the daemon, but the daemon refuses a Host that is not its own, and what it answers under its own name is no
answer to who asked under another.
"""

import hmac
import re
from typing import Final

from msgspec import Struct

_END: Final = r"$(?!\n)"  # `$` alone lets a last line feed through in Python
NONCE: Final = rf"^[0-9a-f]{{32,64}}{_END}"
CODE: Final = rf"^[0-9]{{1,15}}\.[0-9a-f]{{32}}\.[0-9a-f]{{64}}{_END}"
NONCE_BYTES: Final = 16
CODE_MS: Final = 60_000  # a browser starts within it, and a code that is found later opens nothing

_PROOF: Final = "feedback-sidecar proof 1"
_LOGIN: Final = "feedback-sidecar login 1"
_SESSION: Final = "feedback-sidecar session 1"
_NONCE: Final = re.compile(NONCE, re.ASCII)
_CODE: Final = re.compile(CODE, re.ASCII)


class Code(Struct, frozen=True):
    """A login code whose seal is right.

    Attributes:
        nonce: what makes it the only one of its kind.
        expires_ms: milliseconds since the epoch, by this machine's clock.
    """

    nonce: str
    expires_ms: int


def is_nonce(text: str) -> bool:
    """Whether a text has the form of a nonce."""
    return _NONCE.fullmatch(text) is not None


def is_code(text: str) -> bool:
    """Whether a text has the form of a login code."""
    return _CODE.fullmatch(text) is not None


def prove(token: str, host: str, nonce: str) -> str:
    """What only a holder of the token can answer to a nonce, asked under this name."""
    return _seal(token, _PROOF, host, nonce)


def proves(answer: str, token: str, host: str, nonce: str) -> bool:
    """Whether an answer is the right one."""
    return _same(answer, prove(token, host, nonce))


def write_code(token: str, host: str, code: Code) -> str:
    """A login code for the daemon that is asked under this name."""
    return f"{code.expires_ms}.{code.nonce}.{_code_seal(token, host, code)}"


def read_code(text: str, token: str, host: str) -> Code | None:
    """The code, when a holder of the token wrote it for this name; whether it is still good is not said."""
    if not is_code(text):
        return None
    expires, nonce, seal = text.split(".")
    code = Code(nonce, int(expires))
    return code if _same(seal, _code_seal(token, host, code)) else None


def mark(token: str) -> bytes:
    """By what a session remembers the token under which it began."""
    return _seal(token, _SESSION).encode()


def _code_seal(token: str, host: str, code: Code) -> str:
    return _seal(token, _LOGIN, host, str(code.expires_ms), code.nonce)


def _seal(token: str, *parts: str) -> str:
    """NUL stands in none of the parts, so that no two lists of parts are one message."""
    return hmac.digest(token.encode(), "\0".join(parts).encode(), "sha256").hex()


def _same(given: str, right: str) -> bool:
    """In constant time; what is no text of ours may hold anything."""
    return hmac.compare_digest(given.encode(errors="surrogatepass"), right.encode())
