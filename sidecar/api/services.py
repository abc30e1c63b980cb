"""What the handlers work with, under one typed key.

Job: carry the parts of the daemon to the handlers.
Must not: do anything itself; `daemon.py` wires it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web
from msgspec import Struct, field

from sidecar.api.metrics import Counters
from sidecar.api.readiness import Readiness
from sidecar.clock import Clock
from sidecar.config import Settings
from sidecar.ingest.intake import Intake
from sidecar.products import Products
from sidecar.store.database import Database
from sidecar.store.reader import Reader

if TYPE_CHECKING:
    from sidecar.hardware import Hardware


class Services(Struct, kw_only=True):
    """The parts that handlers use.

    Attributes:
        token: the manage token; a function, because it can be rotated while the daemon runs.
        hosts: the Host values that are ours; filled once the port is known.
        hardware: what the probe found; None while it runs.
    """

    settings: Settings
    clock: Clock
    database: Database
    intake: Intake
    reader: Reader
    products: Products
    token: Callable[[], str]
    counters: Counters
    readiness: Readiness = field(default_factory=Readiness)
    hosts: frozenset[str] = frozenset()
    hardware: "Hardware | None" = None


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
TABLE: web.AppKey[Any] = web.AppKey("table", tuple)
"""ROUTES, for the page that describes them; `Any`, because the table's handlers import this module."""
