"""The Python client, and the facade with the names of the original sketch.

Job: re-export what applications use.
Must not: load what only some of them need: aiohttp (20 MiB), or the facade with the hardware ladder.

    from sidecar.client import FeedbackClient
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from sidecar.client.receipt import Receipt
from sidecar.client.sync import FeedbackClient

if TYPE_CHECKING:
    from sidecar.client.asynchronous import AsyncFeedbackClient
    from sidecar.client.described import create_hardware_bucket
    from sidecar.client.facade import AnonymousFeedback, FeedbackType, LocalModelFeedbackSystem

__all__ = [
    "AnonymousFeedback",
    "AsyncFeedbackClient",
    "FeedbackClient",
    "FeedbackType",
    "LocalModelFeedbackSystem",
    "Receipt",
    "create_hardware_bucket",
]

_ON_DEMAND: Final = {
    "AnonymousFeedback": "facade",
    "AsyncFeedbackClient": "asynchronous",
    "FeedbackType": "facade",
    "LocalModelFeedbackSystem": "facade",
    "create_hardware_bucket": "described",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401  # PEP 562
    """A name that is loaded when somebody asks for it."""
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ON_DEMAND[name]}"), name)
