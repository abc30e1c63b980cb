"""The daemon: the only place that wires the rooms together.

Job: take the lock, open the store, listen, probe, tick; and on SIGTERM drain, answer, checkpoint, leave.
Must not: hold logic of its own; a decision found here belongs into a room.

    lock -> secrets -> store -> listen -> announce -> probe (background) -> jobs
    SIGTERM: withdraw the announcement -> stop listening -> finish requests -> drain the writer -> checkpoint
"""

import asyncio
import contextlib
import gc
import logging
import os
import secrets
import signal
import sys
from collections.abc import Callable
from functools import partial
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, Final

from sidecar import __version__, doors, home
from sidecar.api.connections import Connections, descriptors, places
from sidecar.api.guesses import Guesses
from sidecar.api.limits import RateLimit
from sidecar.api.metrics import Counters
from sidecar.api.parser import check_parser
from sidecar.api.services import Services
from sidecar.api.sessions import Sessions
from sidecar.clock import Clock
from sidecar.config import Settings
from sidecar.discretion import keep_to_ourselves
from sidecar.errors import StartupError
from sidecar.home import Endpoint, Lock
from sidecar.ingest.intake import Intake
from sidecar.ingest.randomness import IdPool
from sidecar.ingest.writer import Writer
from sidecar.logfile import log_to
from sidecar.outbox import wired
from sidecar.outbox.standing import Destinations
from sidecar.products import Products
from sidecar.service.notify import Notifier, watchdog_interval
from sidecar.store import consents, restored
from sidecar.store.backup import settle_salt
from sidecar.store.database import Database
from sidecar.store.hearing import hearing
from sidecar.store.pairing import paired_origins
from sidecar.store.reader import Reader
from sidecar.vocabulary import UNKNOWN

if TYPE_CHECKING:
    from sidecar.jobs import Chores

log = logging.getLogger(__name__)

LOCK_TRIES: Final = 4
LOCK_AGAIN_SECONDS: Final = 0.1
PARENT_SECONDS: Final = 2.0  # between two looks at a parent where the system cannot tell by itself
CHORES_AFTER_SECONDS: Final = 1.0  # loading the scheduler takes as long as answering a hundred requests


async def run(
    settings: Settings,
    clock: Clock,
    *,
    parent: int | None = None,
    announce: Callable[[Endpoint], None] = lambda _: None,
) -> None:
    """Serve until SIGTERM, SIGINT, or the end of the parent.

    Args:
        settings: what was decided.
        clock: the machine's own, or a test's.
        parent: pid of the application that brought this daemon, if one did.
        announce: called once requests are served.

    Raises:
        StartupError: it cannot start; the detail says what to do.
    """
    check_parser()
    keep_to_ourselves()
    home.prepare(settings.data_dir)
    home.close_to_others(settings.data_dir)
    lock = await _lock(settings)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(lock.release)
        handler = stack.enter_context(log_to(settings.data_dir / home.LOG, settings.log_level))
        services = await _open(settings, clock, stack)
        endpoint = await doors.open_all(services, stack)
        notifier = Notifier(settings.notify_socket)
        stop = _stop_signals(asyncio.get_running_loop())
        work = (_probe(services), _keep_watchdog_quiet(settings, notifier), _watch_parent(parent, stop))
        stack.push_async_callback(_end, [asyncio.create_task(each) for each in work])
        announce(endpoint)
        notifier.ready(f"serving on {endpoint.url}")
        log.info("version %s serves on %s", __version__, endpoint.url)
        gc.freeze()  # what is loaded by now lives as long as the process: never look through it again
        gc.enable()
        with contextlib.suppress(TimeoutError):  # the first callers come before the chores
            await asyncio.wait_for(stop.wait(), CHORES_AFTER_SECONDS)
        from sidecar.jobs import schedule  # noqa: PLC0415  # with the chores

        scheduler = schedule(_chores(services, handler))
        stack.callback(scheduler.shutdown, wait=False)
        await stop.wait()
        notifier.stopping("writing what waits")
        log.info("stopping")


async def _lock(settings: Settings) -> Lock:
    """The data directory, for us alone. A command that looks who holds it holds it for an instant."""
    lock = Lock(settings.data_dir)
    for _ in range(LOCK_TRIES):
        if lock.acquire():
            return lock
        await asyncio.sleep(LOCK_AGAIN_SECONDS)
    raise StartupError("another daemon of yours holds this data directory; `sidecar status` finds it")


async def _open(settings: Settings, clock: Clock, stack: contextlib.AsyncExitStack) -> Services:
    """The store and the way into it."""
    home.secret(settings.data_dir, home.TOKEN_FILE)
    database = Database(settings.data_dir, clock)
    database.open()
    settle_salt(database.connection, settings.data_dir)
    salt = bytes.fromhex(home.secret(settings.data_dir, home.SALT_FILE))
    writer = Writer(database)
    stack.push_async_callback(writer.stop)
    reader = Reader(
        database.path,
        generation=lambda: database.generation,
        on_damage=partial(writer.alone, Database.verify),
    )
    stack.push_async_callback(reader.close)
    products = Products(settings.product_folders)
    destinations = Destinations(settings.destinations, products, settings.switches)
    database.run([restored.settle])
    random_bytes = IdPool(secrets.token_bytes)
    heard = hearing(database.connection)
    intake = Intake(
        writer, clock=clock, salt=salt, products=products, random_bytes=random_bytes, hearing=heard
    )
    mode = consents.mode(database.connection)
    desk = wired.desk(intake.writer, destinations, _bucket_of(intake), salt, heard, mode, clock)
    stack.push_async_callback(desk.stop)
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        intake=intake,
        reader=reader,
        products=products,
        desk=desk,
        hearing=heard,
        open_page=partial(_open_page, settings, clock),
        token=partial(home.secret, settings.data_dir, home.TOKEN_FILE),
        counters=Counters(start=clock.now().timestamp()),
        connections=Connections(places(descriptors())),
        rate=RateLimit(asyncio.get_running_loop().time, on=settings.rate_limited),
        paired=paired_origins(database.connection),
        sessions=Sessions(clock, secrets.token_bytes),
        guesses=Guesses(clock.boot_seconds),
    )


def _bucket_of(intake: Intake) -> Callable[[], str]:
    return lambda: intake.bucket or UNKNOWN


def _open_page(settings: Settings, clock: Clock, path: str) -> bool:
    """One of our own pages in the browser of whoever sits before this machine; False where nobody does."""
    endpoint = home.read_endpoint(settings.runtime_dir)
    if not settings.desktop or endpoint is None:
        return False
    from sidecar import browser  # noqa: PLC0415  # most daemons never open one

    token = home.secret(settings.data_dir, home.TOKEN_FILE)
    browser.show_aside(settings.runtime_dir, browser.one_time_link(endpoint.url, token, clock, path))
    return True


async def _probe(services: Services) -> None:
    """Find the hardware bucket, in a thread: a probe may wait two seconds for a program that hangs."""
    from sidecar.hardware import bucket, detect  # noqa: PLC0415  # after the first answers
    from sidecar.hardware.bucket import valid_bucket  # noqa: PLC0415  # with it

    services.hardware = await asyncio.to_thread(detect)
    found, wanted = bucket(services.hardware), services.settings.hardware_bucket
    if wanted and not valid_bucket(wanted):
        log.error("hardware_bucket in the configuration is no bucket; use `unknown` or one like %s", found)
        wanted = None
    await services.intake.set_bucket(wanted or found)


async def _keep_watchdog_quiet(settings: Settings, notifier: Notifier) -> None:
    interval = watchdog_interval(settings.watchdog_usec, settings.watchdog_pid)
    while interval is not None:
        notifier.alive()
        await asyncio.sleep(interval)


async def _watch_parent(parent: int | None, stop: asyncio.Event) -> None:
    """End with the application that brought the daemon."""
    if parent is None:
        return
    if sys.platform == "linux":
        loop = asyncio.get_running_loop()
        try:
            descriptor = os.pidfd_open(parent)
        except ProcessLookupError:
            stop.set()
            return
        loop.add_reader(descriptor, stop.set)
        return
    import psutil  # noqa: PLC0415  # only where the system cannot tell by itself

    while psutil.pid_exists(parent):  # noqa: ASYNC110  # nothing sets an event when a process ends here
        await asyncio.sleep(PARENT_SECONDS)
    stop.set()


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            log.error("a background task failed: %s", type(ended).__name__)


def _stop_signals(loop: asyncio.AbstractEventLoop) -> asyncio.Event:
    stop = asyncio.Event()
    if sys.platform == "win32":
        signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(stop.set))
        signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(stop.set))
    else:
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.add_signal_handler(signal.SIGINT, stop.set)
    return stop


def _chores(services: Services, handler: RotatingFileHandler) -> "Chores":
    from sidecar.jobs import Chores  # noqa: PLC0415  # with the chores

    settings = services.settings
    return Chores(
        intake=services.intake,
        desk=services.desk,
        database=services.database,
        clock=services.clock,
        data_dir=settings.data_dir,
        retention_days=settings.retention_days,
        quota_bytes=settings.quota_bytes,
        log_max_bytes=settings.log_max_bytes,
        log_handler=handler,
    )
