"""Facts: a stored record in the words in which it could be shared.

Job: hand the manifest what a row says, with the model names read and the product's own words beside it.
Must not: decide what may leave; `share.manifest` does.
"""

from functools import lru_cache

from sidecar import modelnames
from sidecar.products import Product
from sidecar.share.manifest import Declared, Facts
from sidecar.store.rows import Series, Values

model_name = lru_cache(maxsize=4096)(
    modelnames.parse
)  # a machine uses dozens of spellings, thousands of times


@lru_cache(maxsize=64)
def declared(product: Product) -> Declared:
    """A product's own words, its models as keys."""
    return Declared(
        models=frozenset(model_name(name).key for name in product.models),
        words=frozenset(product.tasks) | frozenset(product.error_codes),
        variants=frozenset(product.variants),
    )


def facts(series: Series, values: Values, own: Declared, signature: str | None) -> Facts:
    """What of a record a batch could be made from."""
    names = (series.model, series.preferred, series.alternative)
    return Facts(
        kind=series.kind,
        task_category=series.task_category,
        models=tuple(model_name(name) for name in names if name),
        declared=own,
        variant=series.variant or None,
        product_version=series.product_version or None,
        rating=values.rating,
        thumb=values.thumb,
        tie=bool(values.tie),
        error_type=series.error_type or None,
        signature=signature,
        runtime=series.runtime or None,
        runtime_version=series.runtime_version or None,
        action=series.action or None,
        count=values.count or 1,
        tokens_per_second=values.tokens_per_second,
    )
