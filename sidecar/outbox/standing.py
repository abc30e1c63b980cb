"""Where everything stands: who proposes to receive counts, what was granted, what forbids it.

Job: bring configuration, product files and the store's answers together for `share.consent` to decide.
Must not: decide itself, or remember: each call looks anew.
"""

from collections.abc import Sequence

from sidecar.destinations import Destination
from sidecar.products import Products
from sidecar.share.consent import LOCAL, Proposal, Standing, may_pack, why_not
from sidecar.store import consents, restored
from sidecar.store.connection import Connection
from sidecar.store.facts import declared


class Destinations:
    """Everybody who may ask for counts on this machine."""

    def __init__(
        self, configured: Sequence[Destination], products: Products, switches: tuple[str, ...]
    ) -> None:
        self._configured = configured
        self._products = products
        self._switches = switches

    def proposals(self) -> dict[str, Proposal]:
        """By name; what the user wrote into the configuration comes before what a product file proposes."""
        found = {each.name: Proposal(destination=each) for each in self._configured}
        for product, each in self._products.proposed_destinations():
            own = declared(self._products.of(product))
            found.setdefault(each.name, Proposal(destination=each, declared={product: own}))
        return found

    def standing(self, connection: Connection) -> Standing:
        """What decides now, read from this connection's transaction.

        Where the disk hindered settling a restore, nothing leaves until the next start has done it.
        """
        return Standing(
            mode=LOCAL if restored.is_marked(connection) else consents.mode(connection),
            switches=self._switches,
            proposals=self.proposals(),
            grants=consents.grants(connection),
        )


def open_lanes(standing: Standing) -> list[tuple[str, str]]:
    """Destination and product of every lane that may be packed now."""
    return [
        (name, product)
        for name, grant in sorted(standing.grants.items())
        if why_not(standing, name) is None
        for product in standing.proposals[name].destination.products
        if any(may_pack(standing, name, product, scope) for scope in grant.scopes)
    ]
