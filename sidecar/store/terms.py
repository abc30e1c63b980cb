"""Terms: what a batch was sealed under, kept with it.

Job: read them back.
Must not: decide whether they still hold; `share.consent` does.
"""

import msgspec
from msgspec import Struct

from sidecar.share.manifest import Declared


class Terms(Struct, frozen=True, kw_only=True):
    """What a batch was sealed under; kept with it, so that it can be sealed anew alike.

    Attributes:
        scopes: scope -> records with a higher number were granted.
        manifest: the revision that was granted.
        digest: of the consent text, hex.
        keys: version of the public list of models.
        length: weeks of a period.
        bucket: of the machine.
        own: words of the product that may go to this destination.
    """

    scopes: dict[str, int]
    manifest: int
    digest: str
    keys: int
    length: int
    bucket: str
    own: Declared


def read(written: str) -> Terms | None:
    """The terms of a row; None where it was damaged."""
    try:
        return msgspec.json.decode(written, type=Terms)
    except msgspec.DecodeError:
        return None
