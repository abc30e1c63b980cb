"""A raw error message in, a report without secrets out.

Job: template, catalogue entry, class and fingerprint of one message.
Must not: keep, log or pass on the message; raise on any text.
"""

import msgspec

from sidecar.scrub.attested import shipped
from sidecar.scrub.catalogue import recognise
from sidecar.scrub.classes import infer
from sidecar.scrub.gist import fingerprint, gist
from sidecar.scrub.template import template


class ScrubbedError(msgspec.Struct, frozen=True):
    """What is kept of an error message.

    Attributes:
        template: at most 500 characters of public words with holes between them.
        fingerprint: 32 hex digits; equal for errors that differ in numbers, paths and names only.
        signature: id of the catalogue entry.
        error_type: the caller's own; where that is `other`, what the template says.
        cause: what happened, in plain words, when the catalogue knows.
        remedy: the first thing to try, when the catalogue knows.
    """

    template: str
    fingerprint: str
    signature: str | None
    error_type: str
    cause: str | None
    remedy: str | None


def scrub_error(error_type: str, message: str) -> ScrubbedError:
    """The report of a message; a function of its two arguments and the shipped tables alone.

    A template given as the message comes back with the same fingerprint, so that a client may scrub before it
    writes a message down and the daemon may scrub again.
    """
    shown = template(message, shipped())
    words = gist(shown)
    known = recognise(words)
    if error_type == "other":
        error_type = known.error_type if known else infer(words)
    return ScrubbedError(
        template=shown,
        fingerprint=fingerprint(error_type, shown),
        signature=known.id if known else None,
        error_type=error_type,
        cause=known.cause if known else None,
        remedy=known.remedy if known else None,
    )
