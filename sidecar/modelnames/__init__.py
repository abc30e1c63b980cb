"""Which model is it: one key for the spellings of every runtime.

Job: re-export the few names that other rooms use.
Must not: load the public list at import; whoever asks first pays for it.
"""

from typing import Final

from sidecar.modelnames.names import ModelName
from sidecar.modelnames.public import index, shareable_key
from sidecar.modelnames.reading import parse
from sidecar.modelnames.spelling import base_name

__all__ = ["LIST_VERSION", "NORMALISER_VERSION", "ModelName", "base_name", "parse", "shareable_key"]

NORMALISER_VERSION: Final = 1
"""Raised when a name may get another key than before; stored cells are then re-keyed by migration."""

LIST_VERSION: int
"""Number of the shipped public list."""


def __getattr__(name: str) -> int:
    """`LIST_VERSION` stands in the data file, which is read when somebody asks (PEP 562)."""
    if name == "LIST_VERSION":
        return index().version
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
