"""Letters: records that were read as strictly as the daemon reads them, before anything leaves the process.

Job: add what the client knows (product, key), refuse at once what the daemon would refuse, and make the form
that may touch a disk.
Must not: send or write anything.

Each letter has an idempotency key from the beginning: whichever way it goes, and if it goes twice, it counts
once.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

from sidecar import strict
from sidecar.errors import ContentNotAccepted, InvalidRecord
from sidecar.records import ErrorReport, FeatureRequest

Letter: TypeAlias = dict[str, Any]
"""A record as it goes out: fields by the names of the schema, key included, nothing unset."""


class Writer:
    """Writes letters on behalf of one product."""

    def __init__(
        self, *, product_id: str | None, product_version: str | None, new_key: Callable[[], str]
    ) -> None:
        self._sender = {"product_id": product_id, "product_version": product_version}
        self._new_key = new_key

    def letter(self, record: Mapping[str, Any]) -> Letter:
        """A record, checked, with the sender's product and a key where it had none.

        Raises:
            ContentNotAccepted, InvalidRecord: the daemon would refuse it.
        """
        fields = plain(record)
        for name, value in (*self._sender.items(), ("idempotency_key", self._new_key())):
            if fields.get(name) is None:
                fields[name] = value
        return _unset_left_out(msgspec.to_builtins(strict.record(fields)))

    def letters(self, records: Iterable[Mapping[str, Any]]) -> list[Letter]:
        """The records of one batch.

        Raises:
            ContentNotAccepted, InvalidRecord: with the `index` of the record at fault.
        """
        found = []
        for index, record in enumerate(records):
            try:
                found.append(self.letter(record))
            except (ContentNotAccepted, InvalidRecord) as fault:
                fault.index = index
                raise
        if not 1 <= len(found) <= strict.MAX_BATCH:
            raise InvalidRecord(f"send 1 to {strict.MAX_BATCH} records at once", field="records")
        return found


def plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping as the daemon will read it from JSON, so that nothing passes here that it refuses.

    Raises:
        InvalidRecord: NaN, half a surrogate pair, or a value that JSON does not have.
    """
    try:
        text = json.dumps(dict(value))
    except (TypeError, ValueError, RecursionError):
        raise InvalidRecord("send text, numbers, true, false, null and lists of them") from None
    found = strict.loads(text.encode())
    return found if isinstance(found, dict) else {}


def clean(letter: Letter) -> Letter:
    """The same record in the form that may touch a disk, or reach a stranger: its words scrubbed."""
    from sidecar import scrub  # noqa: PLC0415  # its vocabulary is large, and few letters need it

    match letter["feedback_type"]:
        case ErrorReport.kind:
            found = scrub.scrub_error(letter["error_type"], letter["error_message"])
            return letter | {"error_type": found.error_type, "error_message": found.template}
        case FeatureRequest.kind:
            return letter | {"feature_description": scrub.redact_request(letter["feature_description"])}
        case _:
            return letter


def _unset_left_out(fields: dict[str, Any]) -> Letter:
    return {name: value for name, value in fields.items() if value not in (None, [])}
