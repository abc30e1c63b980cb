"""Trust: what a server has to show before the manage token is sent to it.

Job: ask for the proof and judge it; write the link that signs a browser in.
Must not: send anything, or put the token into what is sent.

    new connection -> GET /v1/proof?nonce -> right answer: the request, with the token, on this connection
                                          -> anything else: nothing more is sent
"""

from typing import Final

import msgspec
from msgspec import Struct

from sidecar import proof
from sidecar.client.addresses import Address

OK: Final = 200
NOT_PROVEN: Final = (
    "what answers at {} cannot prove that it holds your manage token, so it was not sent: another program "
    "has that port, or a daemon of another data directory; `sidecar status` shows where yours is"
)


class _Proof(Struct, frozen=True):
    """The answer of `/v1/proof`."""

    proof: str


class Challenge(Struct, frozen=True):
    """What a new connection is asked before a secret goes over it.

    Attributes:
        token: the manage token; it decides here what the right answer is.
        nonce: random, for this challenge alone.
    """

    token: str
    nonce: str

    @property
    def target(self) -> str:
        """Path and query."""
        return f"/v1/proof?nonce={self.nonce}"

    def is_met(self, address: Address, status: int, body: bytes) -> bool:
        """Whether an answer proves that the daemon of this address is ours."""
        if status != OK:
            return False
        try:
            answer = msgspec.json.decode(body, type=_Proof)
        except msgspec.DecodeError:
            return False
        return proof.proves(answer.proof, self.token, address.header, self.nonce)


def login_link(address: Address, token: str, code: proof.Code) -> str:
    """The link that signs a browser in once; a browser itself sends nobody what stands behind `#`."""
    return f"http://{address.header}/login#{proof.write_code(token, address.header, code)}"
