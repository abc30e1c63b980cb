"""JOBS: what the daemon does by itself, and how often.

Job: say what runs when; APScheduler only ticks it.
Must not: wake an idle machine often (all together under 0.1 times a second), or do a job's work here.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sidecar.clock import Clock
from sidecar.home import SPOOL
from sidecar.ingest.intake import Intake
from sidecar.ingest.take_in import take_in
from sidecar.outbox.desk import Desk
from sidecar.store import retention
from sidecar.store.database import Database

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = logging.getLogger(__name__)

DAYS_A_WEEK: Final = 7
QUOTA: Final = "quota"
SHARE: Final = "share"
LARGEST_RECORD_BYTES: Final = 8192  # a wish of 2,000 characters of four bytes, with all that is counted of it
LOOK_RECORDS: Final = 256  # between two looks at a quota that is reached; mostly 25 KiB, 2 MiB at the worst
CLOCK_SECONDS: Final = 600.0  # between two looks at whether the clock was set back


class Chores(Struct, frozen=True, kw_only=True):
    """What the jobs work with."""

    intake: Intake
    desk: Desk
    database: Database
    clock: Clock
    data_dir: Path
    retention_days: int
    quota_bytes: int
    log_max_bytes: int
    log_handler: RotatingFileHandler


class Job(Struct, frozen=True):
    """One row of the table; it is not even planned while it is not `wanted`."""

    name: str
    every: timedelta
    work: Callable[[Chores], Awaitable[object]]
    why: str
    wanted: Callable[[Chores], bool] = lambda _: True


async def expire(chores: Chores) -> int:
    """Delete records past their time, and tombstones past theirs; returns how many records went."""
    week = await chores.intake.writer.submit(retention.look_at_clock)
    before = week - chores.retention_days // DAYS_A_WEEK
    gone = 0
    while found := await chores.intake.writer.submit(
        partial(retention.expire, before=before, reason="expired")
    ):
        gone += found
    await chores.intake.writer.submit(partial(retention.forget_keys, week=week))
    return gone


async def hold_quota(chores: Chores) -> int:
    """At the quota the oldest records go first; returns how many went."""
    gone = 0
    while (excess := await chores.intake.writer.alone(_used_bytes) - chores.quota_bytes) > 0:
        most = await chores.intake.writer.alone(partial(_enough_to_free, excess_bytes=excess))
        found = await chores.intake.writer.submit(
            partial(retention.expire, before=retention.EVER, reason="quota", most=most)
        )
        if not found:
            break  # cells and the ledger alone are over it: nothing left that may go
        gone += found
    await chores.intake.writer.alone(partial(_look_again, quota_bytes=chores.quota_bytes))
    return gone


async def look_at_place(chores: Chores) -> None:
    """Put the database back, should somebody have removed it while nothing was written."""
    await chores.intake.writer.alone(Database.look_at_place)


async def fill_bucket(chores: Chores) -> None:
    """Give the bucket to what came before it, where a full or locked disk hindered that at the start."""
    if chores.intake.bucket is not None:
        await chores.intake.settled()


async def salvage(chores: Chores) -> int:
    """Bring over what can be read of damaged files; returns how many records came."""
    return await chores.intake.salvager.run()


async def erase(chores: Chores) -> None:
    """Empty the WAL of deleted bytes that a reader kept there."""
    if chores.database.erasing:
        await chores.intake.writer.alone(Database.erase)


async def take_in_spool(chores: Chores) -> int:
    """Store what clients spooled."""
    return await take_in(chores.data_dir / SPOOL, chores.intake)


async def share(chores: Chores) -> None:
    """Seal what ended, send what is due, take back what was withdrawn."""
    await chores.intake.settled()
    await chores.desk.round()


async def rotate_log(chores: Chores) -> None:
    """Begin a new log file when the present one is full; one old one is kept."""
    handler = chores.log_handler
    if handler.stream is not None and handler.stream.tell() > chores.log_max_bytes:
        handler.doRollover()


JOBS: Final = (
    Job("expire", timedelta(hours=6), expire, "records live for the retention, cells for ever"),
    Job(
        QUOTA,
        timedelta(minutes=1),
        hold_quota,
        "the store never takes more of the disk than its owner allowed",
    ),
    Job("bucket", timedelta(minutes=1), fill_bucket, "a disk may have been full when the probe answered"),
    Job("place", timedelta(minutes=1), look_at_place, "a removed file takes acknowledged records with it"),
    Job("salvage", timedelta(hours=1), salvage, "what a damaged file still shows was acknowledged once"),
    Job("erase", timedelta(minutes=1), erase, "deleted means gone, also when a reader was open at the time"),
    Job(
        "spool", timedelta(minutes=1), take_in_spool, "a client may have met a daemon that was just starting"
    ),
    Job(
        SHARE,
        timedelta(minutes=1),
        share,
        "what the owner granted leaves when it may, and only then",
        wanted=lambda chores: chores.desk.sharing,
    ),
    Job("log", timedelta(minutes=30), rotate_log, "the log never fills the disk"),
)


def schedule(chores: Chores) -> "AsyncIOScheduler":
    """Start ticking the table, each job once at the start."""
    from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415  # after the first answers

    scheduler = AsyncIOScheduler(timezone="UTC")
    for job in JOBS:
        if job.wanted(chores):
            _plan(scheduler, job, chores, timedelta())
    scheduler.start()
    chores.desk.on_sharing = partial(_begin_sharing, scheduler, chores)
    _look_at_clock(scheduler, chores)
    _watch_growth(scheduler, chores)
    return scheduler


def pull_back(scheduler: "AsyncIOScheduler", now: datetime) -> int:
    """Run now what a clock that was set back has left in the far future; returns how many jobs."""
    latest = now + max(job.every for job in JOBS)
    far = [planned for planned in scheduler.get_jobs() if planned.next_run_time > latest]
    for planned in far:
        planned.modify(next_run_time=now)
    return len(far)


def _plan(scheduler: "AsyncIOScheduler", job: Job, chores: Chores, delay: timedelta) -> None:
    """One tick; the next is planned when it is done.

    An interval trigger would walk through every tick that was missed. On a board without a battery, whose
    clock begins in 1970, these are a hundred million, and nobody is answered meanwhile.
    """
    scheduler.add_job(
        _tick,
        "date",
        args=(scheduler, job, chores),
        id=job.name,
        run_date=chores.clock.now() + delay,
        misfire_grace_time=None,  # a laptop that slept does once what it missed
        replace_existing=True,
    )


def _look_at_clock(scheduler: "AsyncIOScheduler", chores: Chores) -> None:
    """Again and again, by the loop's own clock, which nobody can set."""
    if scheduler.running:
        pull_back(scheduler, chores.clock.now())
        asyncio.get_running_loop().call_later(CLOCK_SECONDS, _look_at_clock, scheduler, chores)


def _watch_growth(scheduler: "AsyncIOScheduler", chores: Chores) -> None:
    """Hold the quota as soon as it may be reached: in a minute a busy disk takes hundreds of MiB."""
    loop = asyncio.get_running_loop()
    chores.database.on_growth = lambda: loop.call_soon_threadsafe(_hasten, scheduler, chores)


def _hasten(scheduler: "AsyncIOScheduler", chores: Chores) -> None:
    """The quota's turn is now; while it runs, it looks by itself how much has come meanwhile."""
    if scheduler.running and scheduler.get_job(QUOTA) is not None:
        scheduler.modify_job(QUOTA, next_run_time=chores.clock.now())


def _begin_sharing(scheduler: "AsyncIOScheduler", chores: Chores) -> None:
    """The first grant begins the ticking; with the last one it ends by itself."""
    if scheduler.running:
        _plan(scheduler, next(job for job in JOBS if job.name == SHARE), chores, timedelta())


async def _tick(scheduler: "AsyncIOScheduler", job: Job, chores: Chores) -> None:
    try:
        done = await job.work(chores)
    except asyncio.CancelledError:
        log.info("job %s was cut short by the stop; it runs again after the next start", job.name)
    except Exception:
        log.exception("job %s failed; it is tried again at its next time", job.name)
    else:
        if done:
            log.info("job %s: %s", job.name, done)
    if scheduler.running and job.wanted(chores):
        _plan(scheduler, job, chores, job.every)


def _look_again(database: Database, *, quota_bytes: int) -> None:
    """Not before so many records came as could reach the quota, were each of them the largest there is."""
    room = quota_bytes - _used_bytes(database)
    database.tell_at_seq = database.last_seq + max(room // LARGEST_RECORD_BYTES, LOOK_RECORDS)


def _enough_to_free(database: Database, *, excess_bytes: int) -> int:
    return retention.enough_to_free(database.connection, excess_bytes)


def _used_bytes(database: Database) -> int:
    return retention.used_bytes(database.connection)
