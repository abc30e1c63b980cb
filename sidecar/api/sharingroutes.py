"""The rows of ROUTES that are about sharing.

Job: say which handler answers which path, who may ask, and what goes in and out.
Must not: hold code beyond the table.
"""

from typing import TYPE_CHECKING, Final

from sidecar.api.parameters import CURSOR, ID, LIMIT, NAME
from sidecar.api.route import Route
from sidecar.later import Room

if TYPE_CHECKING:
    from sidecar.api import consent, outboxroom, productroom, sharinganswers
else:
    consent = Room("sidecar.api.consent")
    outboxroom = Room("sidecar.api.outboxroom")
    productroom = Room("sidecar.api.productroom")
    sharinganswers = Room("sidecar.api.sharinganswers")

_STORE: Final = (503, 507)
_READ: Final = (422, 503)
_NAME: Final = (("name", NAME),)
_PRODUCT: Final = (("product_id", {"type": "string", "pattern": "^[A-Za-z0-9._+-]{1,64}$"}),)
_BATCH: Final = (("batch_id", ID),)
_PAGED: Final = (("limit", LIMIT), ("after", CURSOR))

SHARING: Final = (
    Route(
        method="GET",
        path="/v1/consent",
        handler=consent.show,
        summary="The mode, what forbids every packet, and who asks for counts",
        manages=True,
        answers=((200, sharinganswers.ConsentAnswer),),
        problems=_READ,
    ),
    Route(
        method="PUT",
        path="/v1/consent",
        handler=consent.answer,
        summary="Grant, refuse, take back, or set the mode",
        manages=True,
        body=consent.Answering,
        answers=((200, sharinganswers.ConsentAnswer),),
        problems=(*_STORE, 404, 409),
    ),
    Route(
        method="POST",
        path="/v1/consent/ask",
        handler=consent.ask,
        summary="Open the owner's own page about a destination, at most once in 90 days",
        cors=True,
        body=consent.Asking,
        answers=((200, sharinganswers.Asked),),
        problems=(*_STORE, 404),
    ),
    Route(
        method="GET",
        path="/v1/consent/{name}/state",
        handler=consent.state,
        summary="What the owner answered a destination, and nothing more",
        cors=True,
        path_parameters=_NAME,
        answers=((200, sharinganswers.ConsentState),),
        problems=(*_READ, 404),
    ),
    Route(
        method="GET",
        path="/v1/outbox",
        handler=outboxroom.outbox,
        summary="What waits to leave, when it may, and why not now",
        manages=True,
        answers=((200, sharinganswers.OutboxAnswer),),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/outbox/preview",
        handler=outboxroom.preview,
        summary="The exact text of what is sealed, and of what would be",
        manages=True,
        answers=((200, sharinganswers.Preview),),
        problems=(*_READ, 507),
    ),
    Route(
        method="POST",
        path="/v1/outbox/{batch_id}/send",
        handler=outboxroom.send,
        summary="End the hold of a batch",
        manages=True,
        body=outboxroom.Nothing,
        path_parameters=_BATCH,
        answers=((202, sharinganswers.BatchState),),
        problems=(*_STORE, 404, 409),
    ),
    Route(
        method="POST",
        path="/v1/outbox/{batch_id}/discard",
        handler=outboxroom.discard,
        summary="Keep a held batch here, with all that is counted in it",
        manages=True,
        body=outboxroom.Nothing,
        path_parameters=_BATCH,
        answers=((200, sharinganswers.BatchState),),
        problems=(*_STORE, 404, 409),
    ),
    Route(
        method="POST",
        path="/v1/upload",
        handler=outboxroom.upload,
        summary="Seal and send now what is granted",
        manages=True,
        body=outboxroom.Nothing,
        answers=((202, sharinganswers.Started),),
        problems=(*_STORE, 409),
    ),
    Route(
        method="GET",
        path="/v1/receipts",
        handler=outboxroom.receipts,
        summary="Batches that left",
        manages=True,
        query=_PAGED,
        answers=((200, sharinganswers.Receipts),),
        problems=_READ,
    ),
    Route(
        method="POST",
        path="/v1/receipts/{batch_id}/withdraw",
        handler=outboxroom.withdraw,
        summary="Take a batch back that left",
        manages=True,
        body=outboxroom.Nothing,
        path_parameters=_BATCH,
        answers=((202, sharinganswers.BatchState),),
        problems=(*_STORE, 404, 409),
    ),
    Route(
        method="GET",
        path="/v1/egress",
        handler=outboxroom.egress,
        summary="Every connection that was ever tried",
        manages=True,
        query=_PAGED,
        answers=((200, sharinganswers.Egress),),
        problems=_READ,
    ),
    Route(
        method="GET",
        path="/v1/products/{product_id}",
        handler=productroom.product,
        summary="Whether a product is muted, and how many records of it are here",
        manages=True,
        path_parameters=_PRODUCT,
        answers=((200, sharinganswers.ProductAnswer),),
        problems=_READ,
    ),
    Route(
        method="PUT",
        path="/v1/products/{product_id}",
        handler=productroom.treat,
        summary="Mute a product or let it speak again; delete its records",
        manages=True,
        body=productroom.Treatment,
        path_parameters=_PRODUCT,
        answers=((200, sharinganswers.ProductAnswer),),
        problems=_STORE,
    ),
)
"""The rows of these routes in ROUTES."""
