"""The verbs: one for each kind of feedback, the same for both clients.

Job: turn named arguments into a record.
Must not: check it; the strict reader does.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypedDict, TypeVar, Unpack

from sidecar.records import Comparison, ErrorReport, FeatureRequest, Rating, UsagePattern

ReceiptT = TypeVar("ReceiptT")
"""A `Receipt`, or an awaitable that gives one."""


class Common(TypedDict, total=False):
    """What every kind may say besides; None means the same as leaving it out."""

    product_id: str | None
    product_version: str | None
    runs_on: str | None
    idempotency_key: str | None
    safe_to_share: bool | None


class Verbs(ABC, Generic[ReceiptT]):
    """The five kinds as calls. The words of the closed lists are in `sidecar.vocabulary`."""

    @abstractmethod
    def submit(self, record: Mapping[str, Any]) -> ReceiptT:
        """Submit any record."""

    def rate(  # noqa: PLR0913  # the fields of the kind
        self,
        model: str,
        *,
        rating: int | None = None,
        thumb: str | None = None,
        task_category: str | None = None,
        reasons: Sequence[str] = (),
        variant: str | None = None,
        **common: Unpack[Common],
    ) -> ReceiptT:
        """How good one answer was: `rating` from 1 to 5, or `thumb` `up` or `down`."""
        return self.submit(
            {
                "feedback_type": Rating.kind,
                "model": model,
                "rating": rating,
                "thumb": thumb,
                "task_category": task_category,
                "reasons": list(reasons),
                "variant": variant,
                **common,
            }
        )

    def compare(  # noqa: PLR0913  # the fields of the kind
        self,
        preferred: str,
        alternative: str,
        *,
        task_category: str | None = None,
        tie: bool = False,
        reasons: Sequence[str] = (),
        preferred_variant: str | None = None,
        alternative_variant: str | None = None,
        **common: Unpack[Common],
    ) -> ReceiptT:
        """Which of two models did better; with `tie` their order means nothing."""
        return self.submit(
            {
                "feedback_type": Comparison.kind,
                "preferred": preferred,
                "alternative": alternative,
                "task_category": task_category,
                "tie": tie,
                "reasons": list(reasons),
                "preferred_variant": preferred_variant,
                "alternative_variant": alternative_variant,
                **common,
            }
        )

    def report_error(  # noqa: PLR0913  # the fields of the kind
        self,
        error_type: str,
        error_message: str,
        *,
        model: str | None = None,
        runtime: str | None = None,
        runtime_version: str | None = None,
        task_category: str | None = None,
        **common: Unpack[Common],
    ) -> ReceiptT:
        """A technical failure; of the message only a scrubbed template is ever kept."""
        return self.submit(
            {
                "feedback_type": ErrorReport.kind,
                "error_type": error_type,
                "error_message": error_message,
                "model": model,
                "runtime": runtime,
                "runtime_version": runtime_version,
                "task_category": task_category,
                **common,
            }
        )

    def request_feature(
        self, feature_description: str, *, category: str | None = None, **common: Unpack[Common]
    ) -> ReceiptT:
        """What a person wishes for, in their words."""
        return self.submit(
            {
                "feedback_type": FeatureRequest.kind,
                "feature_description": feature_description,
                "category": category,
                **common,
            }
        )

    def report_usage(  # noqa: PLR0913  # the fields of the kind
        self,
        action: str,
        *,
        model: str | None = None,
        task_category: str | None = None,
        count: int | None = None,
        tokens_per_second: float | None = None,
        first_token_ms: float | None = None,
        context_tokens: int | None = None,
        runtime: str | None = None,
        **common: Unpack[Common],
    ) -> ReceiptT:
        """That something was used, how often and how fast."""
        return self.submit(
            {
                "feedback_type": UsagePattern.kind,
                "action": action,
                "model": model,
                "task_category": task_category,
                "count": count,
                "tokens_per_second": tokens_per_second,
                "first_token_ms": first_token_ms,
                "context_tokens": context_tokens,
                "runtime": runtime,
                **common,
            }
        )
