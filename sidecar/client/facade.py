"""The facade: feedback under the names of the sketch that this product grew from.

Job: collect feedback in memory and hand it over on `flush_feedback`.
Must not: hold the words of an error, or forget an entry before the daemon or the spool has it.

    record_* -> waiting --flush_feedback--> acknowledged: returned
                           | the record is at fault -> refused, with the reason
                           | anything else -> stays waiting, and so does what stands behind it

Three things are better than in the sketch. Ids are random, not a hash of the time. An error message is
scrubbed as soon as it is recorded; its text is not kept even in memory. And a flush forgets nothing before it
is acknowledged; a record that was spooled is on the disk, and counts as acknowledged.
"""

import secrets
import threading
from collections import deque
from collections.abc import Callable, Mapping
from enum import StrEnum
from hashlib import blake2b
from types import TracebackType
from typing import Any, Final, Self

from msgspec import Struct

from sidecar.client import letters, problems
from sidecar.client.described import create_hardware_bucket
from sidecar.client.receipt import Receipt
from sidecar.client.sync import FeedbackClient
from sidecar.clock import Clock, SystemClock
from sidecar.errors import SidecarError, UsageError
from sidecar.records import Comparison, ErrorReport, FeatureRequest, Rating, UsagePattern

ID_BYTES: Final = 16
KEY_BYTES: Final = 32

HardwareInfo = Mapping[str, object] | None


class FeedbackType(StrEnum):
    """The kinds, by their names in `POST /v1/feedback`."""

    RATING = Rating.kind
    COMPARISON = Comparison.kind
    ERROR_REPORT = ErrorReport.kind
    FEATURE_REQUEST = FeatureRequest.kind
    USAGE_PATTERN = UsagePattern.kind


SHOWN: Final = {
    FeedbackType.RATING: ("rating", "task_category", "model"),
    FeedbackType.COMPARISON: ("preferred", "alternative", "task_category"),
    FeedbackType.ERROR_REPORT: ("error_type", "model"),
}
"""What a flushed entry shows of its kind."""


class AnonymousFeedback(Struct, frozen=True, kw_only=True):
    """One entry.

    Attributes:
        feedback_id: 32 random hex digits, of this facade alone; the daemon gives its own, see `delivered`.
        timestamp: ISO 8601 in UTC; never sent.
        hardware_bucket: of the machine as the application described it.
        record: what is sent.
    """

    feedback_id: str
    feedback_type: FeedbackType
    timestamp: str
    product_version: str | None
    hardware_bucket: str
    safe_to_share: bool
    record: dict[str, Any]

    def to_dict(self, receipt: Receipt | None = None) -> dict[str, Any]:
        """The entry as `flush_feedback` returns it, with what the daemon answered."""
        answer = receipt.answer if receipt is not None else {}
        shown = {name: self.record.get(name) for name in SHOWN[self.feedback_type]}
        return {
            "feedback_id": answer.get("feedback_id") or self.feedback_id,
            "feedback_type": self.feedback_type.value,
            "timestamp": self.timestamp,
            "product_version": self.product_version,
            "hardware_bucket": answer.get("hardware_bucket") or self.hardware_bucket,
            "safe_to_share": self.safe_to_share,
            **shown,
        }


class LocalModelFeedbackSystem:
    """Feedback of one product. Any thread may use one.

    Args:
        product_id: the product, as in `product_id` of a record.
        privacy_salt: a secret of this install. An entry's idempotency key is its id, hashed with this salt: a
            flush that is repeated after a lost answer counts once, and nobody without the salt can tell from
            a key which entry of the application it was.
        client: how to reach the daemon; one of its own when left out.
        product_version: what `version_info` begins with.
        safe_to_share: False keeps every record on this machine for ever.
        clock: dates the entries.
        random_bytes: makes the ids.

    Attributes:
        version_info: the product's version that further entries carry as `product_version`.
        delivered: of the last flush, the id that `record_*` gave -> the `feedback_id` by which the daemon
            changes and undoes the record; a record that was spooled has none yet.

    Raises:
        UsageError: an empty salt.
    """

    create_hardware_bucket = staticmethod(create_hardware_bucket)

    def __init__(  # noqa: PLR0913  # all but the first two are for special places and tests
        self,
        product_id: str,
        privacy_salt: str | bytes,
        *,
        client: FeedbackClient | None = None,
        product_version: str | None = None,
        safe_to_share: bool = True,
        clock: Clock | None = None,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        if not privacy_salt:
            raise UsageError("`privacy_salt` is a secret of this install; it cannot be empty")
        salt = privacy_salt.encode() if isinstance(privacy_salt, str) else privacy_salt
        self.version_info = product_version
        self.delivered: dict[str, str] = {}
        self._product_id = product_id
        self._salt = blake2b(salt, person=b"facade salt").digest()  # of any length, made into a key
        self._client = client or FeedbackClient()
        self._owns_client = client is None
        self._safe_to_share = safe_to_share
        self._clock = clock or SystemClock()
        self._random_bytes = random_bytes
        self._waiting: deque[AnonymousFeedback] = deque()
        self._refused: list[tuple[AnonymousFeedback, SidecarError]] = []
        self._changing = threading.Lock()  # held for an instant: recording never waits for a flush
        self._flushing = threading.Lock()

    @property
    def waiting(self) -> tuple[AnonymousFeedback, ...]:
        """The entries that nobody has acknowledged yet, the oldest first."""
        with self._changing:
            return tuple(self._waiting)

    @property
    def refused(self) -> tuple[tuple[AnonymousFeedback, SidecarError], ...]:
        """The entries that the daemon will never take, each with its reason."""
        return tuple(self._refused)

    def record_output_rating(
        self, rating: int, task_category: str, hardware_info: HardwareInfo, model_id: str
    ) -> str:
        """How good an answer was, from 1 to 5; returns the entry's id.

        Raises:
            SidecarError: the daemon would refuse it; so also for the other kinds.
        """
        fields = {"rating": rating, "task_category": task_category, "model": model_id}
        return self._record(FeedbackType.RATING, hardware_info, fields)

    def record_model_comparison(
        self, preferred: str, alternative: str, task_category: str, hardware_info: HardwareInfo
    ) -> str:
        """Which of two models did better; returns the entry's id."""
        fields = {"preferred": preferred, "alternative": alternative, "task_category": task_category}
        return self._record(FeedbackType.COMPARISON, hardware_info, fields)

    def record_error_report(
        self,
        error_type: str,
        error_message: str,
        hardware_info: HardwareInfo,
        model_id: str | None = None,
    ) -> str:
        """A technical failure; returns the entry's id."""
        fields = {"error_type": error_type, "error_message": error_message}
        if model_id is not None:
            fields["model"] = model_id
        return self._record(FeedbackType.ERROR_REPORT, hardware_info, fields)

    def flush_feedback(self) -> list[dict[str, Any]]:
        """Hand over what waits; returns the entries that were acknowledged, the oldest first.

        An entry carries the `feedback_id` and the `hardware_bucket` that the daemon answered. One that was
        spooled carries its own id, and the bucket of the machine as it was described.

        A daemon that fails raises nothing here: what it did not take stays in `waiting` for the next flush.
        """
        acknowledged: list[dict[str, Any]] = []
        with self._flushing:
            self.delivered = {}
            while self._waiting:
                entry = self._waiting[0]
                try:
                    receipt = self._client.submit(entry.record)
                except problems.REFUSALS as fault:
                    self._refused.append((entry, fault))
                except SidecarError:
                    break
                else:
                    acknowledged.append(entry.to_dict(receipt))
                    if receipt.feedback_id is not None:
                        self.delivered[entry.feedback_id] = receipt.feedback_id
                with self._changing:
                    self._waiting.popleft()
        return acknowledged

    def close(self) -> None:
        """Close the connections, unless the client was given; what waits is not flushed."""
        if self._owns_client:
            self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _record(self, kind: FeedbackType, hardware_info: HardwareInfo, fields: dict[str, Any]) -> str:
        random_id = self._random_bytes(ID_BYTES)
        writer = letters.Writer(
            product_id=self._product_id,
            product_version=self.version_info,
            new_key=lambda: blake2b(random_id, key=self._salt, digest_size=KEY_BYTES).hexdigest(),
        )
        shared = {"feedback_type": kind.value, "safe_to_share": self._safe_to_share}
        record = letters.clean(writer.letter(shared | fields))
        entry = AnonymousFeedback(
            feedback_id=random_id.hex(),
            feedback_type=kind,
            timestamp=self._clock.now().isoformat(timespec="seconds"),
            product_version=self.version_info,
            hardware_bucket=create_hardware_bucket(hardware_info),
            safe_to_share=self._safe_to_share,
            record=record,
        )
        with self._changing:
            self._waiting.append(entry)
        return entry.feedback_id
