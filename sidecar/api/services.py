"""What the handlers work with, under one typed key.

Job: carry the parts of the daemon to the handlers.
Must not: do anything itself; `daemon.py` wires it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web
from msgspec import Struct, field, json

from sidecar.api.connections import Connections
from sidecar.api.guesses import Guesses
from sidecar.api.limits import RateLimit
from sidecar.api.metrics import Counters
from sidecar.api.readiness import Readiness
from sidecar.api.sessions import Sessions
from sidecar.api.streams import Streams
from sidecar.api.turns import Turns
from sidecar.clock import Clock
from sidecar.config import Listener, Settings
from sidecar.ingest.intake import Intake
from sidecar.outbox.desk import Desk
from sidecar.products import Products
from sidecar.store.database import Database
from sidecar.store.hearing import Hearing
from sidecar.store.reader import Reader
from sidecar.worker.ask import Worker

if TYPE_CHECKING:
    from sidecar.hardware import Hardware


class Services(Struct, kw_only=True):
    """The parts that handlers use.

    Attributes:
        hearing: whose feedback the owner wants.
        open_page: opens the owner's browser at our login, with this query; False where no desktop is there.
        token: the manage token; a function, because it can be rotated while the daemon runs.
        notes: what the owner should know of the listeners.
        hosts: the Host values that are ours; filled once the port is known.
        paired: the web origins that the user paired; replaced whole once a change is on the disk.
        hardware: what the probe found; None while it runs.
        written: documents as they were written last, with the reading of the product files they are from.
    """

    settings: Settings
    clock: Clock
    database: Database
    intake: Intake
    reader: Reader
    products: Products
    desk: Desk
    hearing: Hearing
    open_page: Callable[[str], bool]
    token: Callable[[], str]
    counters: Counters
    connections: Connections
    rate: RateLimit
    sessions: Sessions
    guesses: Guesses
    turns: Turns = field(default_factory=Turns)
    readiness: Readiness = field(default_factory=Readiness)
    worker: Worker = field(default_factory=Worker)
    streams: Streams = field(default_factory=Streams)
    notes: tuple[str, ...] = ()
    hosts: frozenset[str] = frozenset()
    paired: frozenset[str] = frozenset()
    hardware: "Hardware | None" = None
    written: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def document(self, name: str, write: Callable[[Products], object]) -> bytes:
        """A document about the records, written again when product files changed.

        It takes ten milliseconds to write and nothing to ask for, so it must not be written for each request.
        """
        self.products.refresh()
        reading, text = self.written.get(name, (0, b""))
        if reading != self.products.readings or not text:
            text = json.encode(write(self.products))
            self.written[name] = (self.products.readings, text)
        return text


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
LISTENER: web.AppKey[Listener] = web.AppKey("listener", Listener)
"""Only in the application of a submit-only listener."""
TABLE: web.AppKey[Any] = web.AppKey("table", tuple)
"""ROUTES, for the page that describes them; `Any`, because the table's handlers import this module."""
