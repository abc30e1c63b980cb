"""The rows of ROUTES by which an owner signs in.

Job: say which handler answers which path, who may ask, and what goes in and out.
Must not: hold code beyond the table.
"""

from typing import TYPE_CHECKING, Final

from sidecar import proof
from sidecar.api.answers import ProofAnswer, SessionAnswer, SignedOut
from sidecar.api.route import Route
from sidecar.later import Room

if TYPE_CHECKING:
    from sidecar.api import signin
else:
    signin = Room("sidecar.api.signin")

SIGN_IN: Final = (
    Route(
        method="GET",
        path="/v1/proof",
        handler=signin.prove,
        summary="Prove that this daemon holds the manage token",
        query=(("nonce", {"type": "string", "pattern": proof.NONCE}),),
        needs=("nonce",),
        answers=((200, ProofAnswer),),
        problems=(422,),
    ),
    Route(
        method="POST",
        path="/v1/session",
        handler=signin.sign_in,
        summary="Sign a browser in with a one-time code",
        body=signin.SignIn,
        answers=((201, SessionAnswer),),
        problems=(401, 429),
    ),
    Route(
        method="GET",
        path="/v1/session",
        handler=signin.session,
        summary="Who asks, and the CSRF token of a browser that signed in",
        manages=True,
        answers=((200, SessionAnswer),),
        problems=(422,),
    ),
    Route(
        method="DELETE",
        path="/v1/session",
        handler=signin.sign_out,
        summary="Sign this browser out; with the manage token, every one",
        manages=True,
        answers=((200, SignedOut),),
    ),
)
"""The rows of these routes in ROUTES."""
