"""Errors without secrets, and wishes without addresses.

Job: turn an error message into a template of public words, a class and a catalogue entry; redact a request.
Must not: keep or log what it was given; read anything but its own shipped tables.
"""

from sidecar.scrub.attested import VOCABULARY_VERSION
from sidecar.scrub.catalogue import CATALOGUE_VERSION
from sidecar.scrub.redact import redact_request
from sidecar.scrub.report import ScrubbedError, scrub_error

__all__ = ["CATALOGUE_VERSION", "VOCABULARY_VERSION", "ScrubbedError", "redact_request", "scrub_error"]
