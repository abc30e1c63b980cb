"""Destinations: who asks for counts, and what they must say about themselves.

Job: hold one `[[destinations]]` table, and say what is wrong with it.
Must not: allow anything. A destination proposes; the user grants.

    [[destinations]]
    name        = "acme"
    url         = "https://feedback.acme.example"
    products    = ["acme-chat"]
    period      = "1w"                      # or "4w"
    controller  = "Acme GmbH, Example Street 1, 12345 Berlin"
    contact     = "privacy@acme.example"
    purpose     = "to see which models suit which machines"
    privacy_url = "https://acme.example/privacy"
    retention   = "24 months"
"""

from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from sidecar.addresses import fault_of_url, is_private

_END: Final = r"$(?!\n)"  # `$` alone lets a last line feed through in Python
_LINE: Final = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]*" + _END
"""One line that reads as it is written: a consent text is made of it."""

Name = Annotated[str, Meta(pattern=rf"^[a-z0-9][a-z0-9-]{{0,31}}{_END}")]
ProductId = Annotated[str, Meta(pattern=rf"^[A-Za-z0-9._+-]{{1,64}}{_END}")]
Words = Annotated[str, Meta(min_length=1, max_length=300, pattern=_LINE)]
Url = Annotated[str, Meta(max_length=300)]


class Destination(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A collector that somebody proposes, with the five things that a user has to know of it.

    Attributes:
        url: of the collector; `/v1/batches/…` is added to it.
        products: only their records could go there.
        period: how much time one batch stands for.
        controller: who answers for the data. Then: whom to write to, what for, the policy, how long kept.
    """

    name: Name
    url: Url
    products: Annotated[tuple[ProductId, ...], Meta(min_length=1, max_length=64)]
    period: Literal["1w", "4w"] = "1w"
    controller: Words
    contact: Words
    purpose: Words
    privacy_url: Words
    retention: Words

    def __post_init__(self) -> None:
        reason = _fault_of_url(self.url)
        if reason is not None:
            raise ValueError(f"`url`: {reason}")

    @property
    def origin(self) -> str:
        """`https://host:port`; a grant holds for it alone."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.lower()}"

    @property
    def is_private(self) -> bool:
        """Whether the user wrote an address of this machine or of a private network."""
        return is_private(self.url)


def _fault_of_url(url: str) -> str | None:
    """What to change of a collector's address; None for a good one."""
    if url.endswith("/"):
        return "leave out the slash at its end"
    return fault_of_url(url)
